"""What every backend does with the outcomes of tasks."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

import nbparallel as nbp
from nbparallel.engine import snapshotting
from nbparallel.testing import DEADLINE, Recorder
from nbparallel.types import State, Status
from tests.engine.conftest import wait_for

pytestmark = pytest.mark.usefixtures("backend")


class Odd(BaseException):
    """Not an ``Exception``."""


class Mute(Exception):
    """Cannot be printed in any way."""

    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


class Stubborn(Exception):
    """Does not let anybody touch its traceback."""

    def with_traceback(self, _):
        raise RuntimeError


def raising(error):
    def task(_):
        raise error

    return task


def even_or_raise(number):
    if number % 2:
        raise ValueError(number)
    return number * 10


def test_results_are_in_input_order():
    assert nbp.pmap(str, range(3000)).results == [str(n) for n in range(3000)]


def test_iterables_are_taken_in_step_up_to_the_shortest():
    assert nbp.pmap(pow, [2, 3, 4], [5, 2]).results == [32, 9]


def test_no_items_are_a_finished_run():
    run = nbp.pmap(str, [])

    assert run.state is State.DONE
    assert run.results == []
    assert list(run) == []


def test_a_run_is_true_also_without_tasks():
    assert nbp.pmap(str, [])
    assert nbp.last


def test_failures_are_rows_and_the_rest_goes_on():
    run = nbp.pmap(even_or_raise, range(6))

    assert {task: error.args for task, error in run.errors.items()} == {
        1: (1,),
        3: (3,),
        5: (5,),
    }
    assert [result for _, result, _ in sorted(run, key=lambda outcome: outcome[0])] == [
        0,
        None,
        20,
        None,
        40,
        None,
    ]


@pytest.mark.parametrize(
    "error",
    [
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        StopIteration(),
        IndexError(),
        Odd(),
        Mute(),
        Stubborn(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_task_raises_is_its_row(backend, error):
    if backend == "fake-coroutine" and isinstance(error, StopIteration):
        pytest.skip("Python makes a RuntimeError of it in a coroutine")
    run = nbp.pmap(raising(error), [1, 2])

    assert run.state is State.DONE
    assert [*run.errors.values()] == [error, error]
    assert run.df["status"].tolist() == ["error", "error"]


def test_a_traceback_starts_in_the_users_function():
    run = nbp.pmap(even_or_raise, [1])

    trace = run.errors[0].__traceback__
    names = []
    while trace is not None:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert names[-1] == "even_or_raise"
    assert len(names) <= 2


def test_results_raise_the_first_failure_in_input_order():
    with pytest.raises(ValueError, match="1") as caught:
        _ = nbp.pmap(even_or_raise, range(6)).results

    assert "task 1" in caught.value.__notes__[0]


def test_asking_again_for_results_does_not_lengthen_the_traceback():
    run = nbp.pmap(even_or_raise, [1])
    lengths = []
    for _ in range(3):
        with pytest.raises(ValueError, match="1"):
            _ = run.results
        lengths.append(traceback_length(run.errors[0]))

    assert lengths[1] == lengths[2]
    assert len(run.errors[0].__notes__) == 1


def traceback_length(error):
    length, trace = 0, error.__traceback__
    while trace is not None:
        length, trace = length + 1, trace.tb_next
    return length


def test_results_tell_of_a_cancelled_task(gate, go):
    run = go(gate, range(3), workers=1, grace=0)
    gate.wait_for(0)
    run.cancel()

    with pytest.raises(nbp.TaskCancelled, match="task 0 was cancelled"):
        _ = run.results


def test_on_error_raise_cancels_the_rest_and_raises_it():
    ran = []

    def task(number):
        ran.append(number)
        return even_or_raise(number)

    with pytest.raises(ValueError, match="1") as caught:
        nbp.pmap(task, range(100_000), workers=1, on_error="raise")

    assert "task 1" in caught.value.__notes__[0]
    assert nbp.last.state is State.CANCELLED
    assert len(ran) < 100_000
    assert nbp.last.columns().status.count(Status.CANCELLED) == 100_000 - len(ran)


def test_on_error_raise_is_heard_by_every_wait(go):
    run = go(even_or_raise, [1], on_error="raise")

    for _ in range(2):
        with pytest.raises(ValueError, match="1"):
            run.wait()
    with pytest.raises(ValueError, match="1"):
        list(run)


def test_waiting_no_longer_than_told(gate, go):
    run = go(gate, [1])

    assert run.wait(timeout=0) is False
    assert run.wait(timeout=0.01) is False
    gate.open()
    assert run.wait(timeout=DEADLINE) is True


def test_waiting_for_ever_may_be_written_as_infinity(go):
    assert go(str, [1]).wait(timeout=float("inf"))


def test_waiting_from_several_threads(gate, go):
    run = go(gate, range(4))
    heard = []
    threads = [
        threading.Thread(target=lambda: heard.append(run.wait())) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    gate.open()
    for thread in threads:
        thread.join(DEADLINE)

    assert heard == [True] * 5


def test_counts_add_up_at_any_moment(gate, go):
    run = go(gate, range(10), workers=1)
    gate.wait_for(0)
    gate.open(0)
    gate.wait_for(1)

    shot = run.snapshot()
    assert shot.known == shot.total == 10
    assert shot.counts[Status.OK] == shot.counts[Status.RUNNING] == 1
    assert shot.counts[Status.PENDING] == 8
    assert [row.task for row in shot.running] == [1]
    assert [row.task for row in shot.latest] == [0]
    assert run.df["status"].tolist() == ["ok", "running", *["pending"] * 8]


def test_a_snapshot_shows_what_ran_though_it_ends_meanwhile(gate, go, monkeypatch):
    # Given a snapshot that is about to describe the last task
    run = go(gate, ["item"])
    gate.wait_for("item")
    (claim,), describe = run._life.scheduler.open, snapshotting.running_row

    def late(*what):
        gate.open()
        wait_for(lambda: claim.ends)
        return describe(*what)

    # When that task ends
    monkeypatch.setattr(snapshotting, "running_row", late)
    (row,) = run.snapshot().running

    # Then it is the one that is described, as it was
    assert (row.task, row.item, row.status) == (0, "item", Status.RUNNING)


def test_a_task_that_ends_while_a_snapshot_is_made_is_not_pending(
    gate, go, monkeypatch
):
    # Given a snapshot that is about to look at what goes on
    run = go(gate, ["item"])
    gate.wait_for("item")
    (claim,) = open_claims = run._life.scheduler.open
    look = open_claims.going

    def late():
        gate.open()
        wait_for(lambda: claim.ends)
        return look()

    # When a task ends that has not been counted
    monkeypatch.setattr(open_claims, "going", late)
    counts = run.snapshot().counts

    # Then it still goes on
    assert (counts[Status.RUNNING], counts[Status.PENDING]) == (1, 0)


def test_metrics_add_up():
    run = nbp.pmap(even_or_raise, range(10), workers=2)

    metrics = run.metrics
    assert metrics.tasks == sum(metrics.counts.values()) == 10
    assert (metrics.counts["ok"], metrics.counts["error"]) == (5, 5)
    assert metrics.busy == pytest.approx(run.df["seconds"].sum(), abs=1e-6)
    assert metrics.wall >= metrics.busy / 2
    assert metrics.estimated_speedup == pytest.approx(
        metrics.busy / metrics.wall, rel=0.1
    )
    assert run.advice == ""


@pytest.mark.parametrize("keep", [True, False])
def test_metrics_count_every_attempt(keep):
    tried = Counter()

    def flaky(item):
        nbp.sleep(0.01)
        tried[item] += 1
        if item == 0 or tried[item] < 3:
            raise OSError(item)

    options = {"retries": 2, "backoff": 0, "workers": 2, "keep_results": keep}
    run = nbp.pmap(flaky, range(4), **options)
    assert run.metrics.busy >= 4 * 3 * 0.01
    if keep:
        seconds = run.attempts["seconds"].sum()
        assert run.metrics.busy == pytest.approx(seconds, abs=1e-6)


def test_a_run_in_one_line():
    assert repr(nbp.pmap(even_or_raise, range(3))) == (
        "<Run even_or_raise: done, 2 ok, 1 error>"
    )


def test_the_latest_run_is_remembered():
    run = nbp.pmap(str, [1])

    assert nbp.last is run
    assert run in nbp.runs()


def test_hooks_hear_of_a_run_in_this_order():
    with Recorder() as recorder:
        run = nbp.pmap(str, [1, 2])

    assert recorder.of(run) == ["run_started", "run_finished", "run_waited"]
