"""Runs inside the tasks of other runs: no deadlock, one budget, one fate."""

from __future__ import annotations

import threading

import pytest

import nbparallel as nbp
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State
from nbparallel.workers import load
from tests.engine.conftest import APART, PARALLEL, wait_for
from tests.support.threads import ours

pytestmark = pytest.mark.usefixtures("backend")


def tree(depth, width=3):
    """A task that is itself a run, to the given depth; it adds up its leaves."""

    def task(_):
        if depth == 0:
            return 1
        inner = nbp.pmap(tree(depth - 1, width), range(width))
        return sum(inner.results)

    return task


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_three_deep_it_neither_hangs_nor_multiplies_threads(backend, workers):
    before, most = ours(), []

    def task(item):
        names = [each.name for each in ours() - before]
        most.append(len(names) - names.count("nbparallel-timer"))  # it is no worker
        return tree(2)(item)

    run = nbp.pmap(task, range(6), workers=workers)

    assert run.results == [9] * 6
    if backend in ("threads", "inline"):  # others start threads as they like
        assert max(most) <= workers


def test_the_inner_run_uses_the_workers_that_the_outer_one_leaves(backend):
    if backend not in PARALLEL or backend in APART:
        pytest.skip("there is only one worker")
    meeting = threading.Barrier(4)

    def outer(_):
        return nbp.pmap(lambda _: meeting.wait(DEADLINE), range(4)).results

    run = nbp.pmap(outer, [1], workers=4)

    assert sorted(run.results[0]) == [0, 1, 2, 3]


def test_the_inner_run_keeps_to_its_own_workers():
    going, most, lock = [0], [0], threading.Lock()

    def task(_):
        with lock:
            going[0] += 1
            most[0] = max(most[0], going[0])
        nbp.sleep(0.001)
        with lock:
            going[0] -= 1

    nbp.pmap(lambda _: nbp.pmap(task, range(20), workers=2), [1], workers=8)

    assert 1 <= most[0] <= 2


@pytest.mark.parametrize("other", ["threads", "inline"])
def test_backends_can_be_mixed(other):
    def outer(number):
        return nbp.pmap(lambda x: x * number, range(3), backend=other).results

    assert nbp.pmap(outer, range(3)).results == [[0, 0, 0], [0, 1, 2], [0, 2, 4]]


def test_a_failing_inner_run_is_the_outer_tasks_business():
    def inner(number):
        return 1 / number

    def outer(number):
        return nbp.pmap(inner, [1, number]).results

    run = nbp.pmap(outer, [0, 1])

    assert isinstance(run.errors[0], ZeroDivisionError)
    assert run.df["status"].tolist() == ["error", "ok"]


def test_cancelling_the_outer_run_cancels_the_inner_one(gate, go):
    inner = []

    def outer(_):
        inner.append(nbp.pmap(gate, range(5), workers=1, block=False))
        inner[0].wait()

    run = go(outer, [1, 2], workers=1, grace=DEADLINE)
    gate.wait_for(0)
    run.cancel()
    gate.open()

    assert run.wait(DEADLINE)
    assert run.df["status"].tolist() == ["cancelled", "cancelled"]
    assert inner[0].state is State.CANCELLED
    assert inner[0].df["status"].tolist() == ["ok", *["cancelled"] * 4]


def test_a_task_of_a_cancelled_run_can_start_no_run(gate, go):
    def outer(_):
        return nbp.pmap(str, [1]).results

    gate = Gate(then=outer)
    run = go(gate, [1], grace=DEADLINE)
    gate.wait_for(1)
    run.cancel()
    gate.open()

    assert run.wait(DEADLINE)
    assert run.df["status"].tolist() == ["cancelled"]


def test_cancelling_the_inner_run_leaves_the_outer_one_alone():
    def outer(_):
        inner = nbp.pmap(nbp.sleep, iter([DEADLINE] * 3), block=False)
        inner.cancel()
        inner.wait()
        return inner.state

    assert nbp.pmap(outer, [1]).results == [State.CANCELLED]


def test_nested_runs_are_not_the_latest_run(backend):
    if backend in APART:
        pytest.skip("an inner run is known only where its task is")
    inner = []
    run = nbp.pmap(lambda _: inner.append(nbp.pmap(str, [1])), [1])

    assert nbp.last is run
    assert inner[0] not in nbp.runs()
    assert inner[0].nested


def test_an_inner_run_can_be_retried_after_the_outer_one_has_ended():
    broken = [True]

    def task(item):
        if broken:
            raise ValueError
        return item

    (inner,) = nbp.pmap(lambda _: nbp.pmap(task, range(3)), [1]).results
    broken.clear()

    assert inner.retry(block=True).results == [0, 1, 2]
    assert nbp.last is inner


def test_an_inner_run_of_a_cancelled_one_can_be_retried(gate, go):
    inner = []

    def outer(_):
        inner.append(nbp.pmap(gate, range(3), workers=1, block=False))
        inner[0].wait()

    run = go(outer, [1], grace=DEADLINE)
    gate.wait_for(0)
    run.cancel()
    gate.open()
    assert run.wait(DEADLINE)

    assert inner[0].retry(block=True).results == [0, 1, 2]


def test_an_inner_run_may_outlive_the_task_that_started_it(backend, gate, go):
    if not load(backend).nests:
        pytest.skip("nobody is left to carry it out")
    inner = []
    run = go(
        lambda _: inner.append(nbp.pmap(gate, range(2), block=False)), [1], workers=2
    )
    assert run.wait(DEADLINE)
    gate.open()

    assert inner[0].results == [0, 1]


def test_workers_stuck_in_a_cancelled_inner_run_come_back_to_the_outer_one(
    backend, gate, go
):
    if not load(backend).nests:
        pytest.skip("an inner run has threads of its own")
    # Given an outer run whose only worker hangs in a task of an inner run
    inner = []

    def outer(number):
        if number == 0:
            inner.append(nbp.pmap(gate, ["hung"], block=False, grace=0))
        return number

    run = go(outer, range(50), workers=1)
    gate.wait_for("hung")

    # When the inner run gives it up and it returns after all
    inner[0].cancel()
    assert inner[0].wait(DEADLINE)
    gate.open()

    # Then the outer run goes on
    assert run.wait(DEADLINE)
    assert run.results == list(range(50))


def test_the_end_of_an_inner_lazy_run_is_told_to_other_threads(backend, gate, go):
    if backend not in PARALLEL or backend in APART:
        pytest.skip("there is only one worker")
    # Given an inner run whose end an idle worker finds, in the input
    last, inner = threading.Event(), []

    def source():
        yield 1
        last.wait(DEADLINE)

    def outer(_):
        inner.append(nbp.pmap(str, source(), block=False))
        gate("outer")

    run = go(outer, [1], workers=2)
    gate.wait_for("outer")
    wait_for(lambda: inner[0].snapshot().finished == 1)

    # When it has ended
    ended = threading.Event()
    threading.Thread(target=lambda: ended.set() if inner[0].wait() else None).start()
    last.set()

    # Then who waits for it elsewhere hears of it, though the tree is at rest
    assert ended.wait(DEADLINE / 2)
    gate.open()
    assert run.wait(DEADLINE)


def test_threads_end_with_the_run():
    before = ours()
    nbp.pmap(tree(2), range(4), workers=4)

    wait_for(lambda: ours() <= before)
