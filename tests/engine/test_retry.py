"""Running again what did not go well."""

from __future__ import annotations

import math
import re
import threading

import pytest

import nbparallel as nbp
from nbparallel.engine.lifecycle import Lifecycle
from nbparallel.testing import DEADLINE, Gate, Recorder
from nbparallel.types import State, Status
from nbparallel.views import text
from tests.engine.conftest import PARALLEL, carry_on, tasks_left_in_claim, wait_for

pytestmark = pytest.mark.usefixtures("backend")


class Flaky:
    """A task that fails for the items that are broken, and counts its calls."""

    def __init__(self, broken):
        self.broken = set(broken)
        self.calls = []

    def __call__(self, item):
        self.calls.append(item)
        if item in self.broken:
            raise ValueError(item)
        return item * 10


def test_only_what_is_not_ok_runs_again():
    task = Flaky([1, 3])
    run = nbp.pmap(task, range(5))
    task.broken.clear()
    again = run.retry()

    assert again is run
    assert run.results == [0, 10, 20, 30, 40]
    assert sorted(task.calls) == [0, 1, 1, 2, 3, 3, 4]
    assert run.df["attempts"].tolist() == [1, 2, 1, 2, 1]
    assert run.snapshot().finished == 5


def test_what_fails_again_has_its_new_error_only():
    task = Flaky([1])
    run = nbp.pmap(task, range(2))
    (first,) = run.errors.values()
    run.retry()

    (second,) = run.errors.values()
    assert second is not first
    assert run.snapshot().counts[Status.ERROR] == 1
    assert run.metrics.counts == {
        **dict.fromkeys(run.metrics.counts, 0),
        "ok": 1,
        "error": 1,
    }


def test_cancelled_tasks_run_again(gate, go):
    run = go(gate, range(4), workers=1, grace=0)
    gate.wait_for(0)
    run.cancel()
    wait_for(lambda: run.state.ended)
    gate.open()
    run.retry(block=True)

    assert run.state is State.DONE
    assert run.results == [0, 1, 2, 3]
    assert run.df["attempts"].tolist() == [2, 1, 1, 1]


def test_nothing_to_retry_changes_nothing():
    run = nbp.pmap(str, range(3))
    with Recorder() as recorder:
        run.retry()

    assert run.results == ["0", "1", "2"]
    assert recorder.events == []


def test_while_the_run_goes_on_failed_tasks_are_lined_up_again(gate, go):
    task = Flaky([0])
    run = go(lambda item: task(item) if item == 0 else gate(item), range(2), workers=1)
    gate.wait_for(1)
    task.broken.clear()
    run.retry(block=False)
    gate.open()

    assert run.results == [0, 1]
    assert run.df["attempts"].tolist() == [2, 1]


def test_failures_within_a_claim_that_goes_on_are_lined_up_too(backend, gate, go):
    if backend not in PARALLEL:
        pytest.skip("a claim is a task")
    # Given quick tasks, in claims of many, one of which has just failed
    failed = []

    def task(number):
        if not failed and number > 1000 and tasks_left_in_claim():
            failed.append(number)
            raise ValueError
        return gate(number) if failed == [number - 1] else number

    run = go(task, range(3000), workers=1)
    gate.wait_for_count(1)
    wait_for(lambda: run.errors)

    # When it is retried, while the claim goes on
    run.retry(block=False)
    gate.open()

    # Then that one runs again
    assert run.results == list(range(3000))
    assert run.df["attempts"].sum() == 3001


def test_while_it_is_being_cancelled_it_is_refused(gate, go):
    run = go(gate, range(2), workers=1, grace=DEADLINE)
    gate.wait_for(0)
    run.cancel()

    with pytest.raises(nbp.StillRunning, match=r"run\.wait\(\), then run\.retry\(\)"):
        run.retry()
    with pytest.raises(nbp.StillRunning):
        run.retry(block=False)
    gate.open()
    assert run.wait(DEADLINE)


def test_each_start_and_end_is_announced_in_turn():
    task = Flaky([1])
    with Recorder() as recorder:
        run = nbp.pmap(task, range(2))
        run.retry()

    assert recorder.of(run) == ["run_started", "run_finished", "run_waited"] * 2


def test_a_listener_may_retry_as_soon_as_it_hears_of_the_end():
    task = Flaky([1])

    class Persistent(Recorder):
        def run_finished(self, run):
            super().run_finished(run)
            if len(task.calls) == 4:
                task.broken.clear()
            if run.errors:
                run.retry(block=False)
                carry_on(run)

    with Persistent() as recorder:
        run = nbp.pmap(task, [0, 1])

    assert run.wait(DEADLINE)
    assert run.results == [0, 10]
    assert task.calls.count(1) == 4
    events = [event for event in recorder.of(run) if event != "run_waited"]
    assert events == ["run_started", "run_finished"] * 4


def test_an_end_that_is_announced_late_does_not_end_the_retry(backend, go, monkeypatch):
    if backend not in PARALLEL:
        pytest.skip("the thread that brings the last task announces the end")
    # Given a run that has ended in a worker, which has not told anybody yet
    gate, ended, go_on = Gate(then=Flaky([])), threading.Event(), threading.Event()
    tell, here = Lifecycle.ended, threading.current_thread()

    def late(run):
        if threading.current_thread() is not here and not ended.is_set():
            ended.set()
            go_on.wait(DEADLINE)
        tell(run)

    monkeypatch.setattr(Lifecycle, "ended", late)
    gate._then.broken.add(1)
    gate.open(1)
    with Recorder() as recorder:
        run = go(gate, [1])
        assert ended.wait(DEADLINE)

        # When it is retried, and that goes on
        gate.close()
        gate._then.broken.clear()
        run.retry(block=False)
        gate.wait_for_count(2)

        # Then the late announcement is none of its end
        go_on.set()
        assert run.wait(0.05) is False
        gate.open()
        assert run.wait(DEADLINE)

    assert recorder.of(run) == [*["run_started", "run_finished"] * 2, "run_waited"]
    assert run.results == [10]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"backoff": lambda _: None},
            r"backoff=<function .* raised BadType: None: must",
        ),
        ({"backoff": lambda _: "0.01"}, r"raised BadType: '0.01': must be a number"),
        ({"backoff": lambda _: True}, r"raised BadType: True: must be a number"),
        ({"backoff": lambda _: math.nan}, r"raised BadValue: nan: must be a finite"),
        ({"backoff": lambda _: math.inf}, r"raised BadValue: inf: must be a finite"),
        ({"backoff": lambda _: -5}, r"raised BadValue: -5: must be a finite"),
        ({"retry_on": lambda error: error.code}, r"retry_on=<function .* raised Attri"),
    ],
)
def test_an_option_that_raises_is_named_with_each_failure_and_logged_once(
    options, said, caplog
):
    run = nbp.pmap(Flaky(range(20)), range(20), retries=2, **options)

    for error in run.errors.values():
        (note,) = [each for each in error.__notes__ if "not tried again" in each]
        assert re.search(said, note)
    logged = [each for each in caplog.records if "not tried again" in each.message]
    assert len(logged) == 1


def test_some_of_what_failed_can_be_retried():
    bad = {3, 7, 9}

    def work(item):
        if item in bad:
            raise ValueError(item)
        return item

    run = nbp.pmap(work, range(12), progress=False)
    bad.clear()
    run.retry([3, 9, 2])
    assert list(run.errors) == [7]
    assert text.tally(run.snapshot()) == "11 ok (+2 by retry), 1 failed"
    assert run.df["attempts"].tolist() == [1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1]
    assert run.retry().results == list(range(12))


@pytest.mark.parametrize(
    ("tasks", "error", "words"),
    [
        ([12], nbp.errors.BadValue, "no task 12: the run knows of 2"),
        ([-1], nbp.errors.BadValue, "no task -1"),
        (["a"], nbp.errors.BadType, "must be numbers of tasks"),
        (3, nbp.errors.BadType, "tasks=3 must be numbers"),
    ],
)
def test_no_task_is_retried_that_is_not_there(tasks, error, words):
    run = nbp.pmap(int, ["7", "x"], progress=False)
    with pytest.raises(error, match=words):
        run.retry(tasks)
    assert str(run) == "<Run int: done, 1 ok, 1 error>"
