"""Tasks that need others: order, failures, cancel, pause and retry."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbparallel as nbp
from nbparallel.engine.run import Run
from nbparallel.options import resolve
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State, Status
from nbparallel.work.work import Work
from tests.engine.conftest import many, wait_for

pytestmark = pytest.mark.usefixtures("backend")


def run_of(call, count, needs, **options):
    work = Work("graph", call, list(range(count)), None, count, needs=needs)
    return Run(work, resolve(options))


@pytest.fixture
def go(going):
    """Start a run of such tasks and return at once."""
    return lambda call, count, needs, **options: going(
        run_of(call, count, needs, block=False, **options).start()
    )


def statuses(run):
    return run.df["status"].tolist()


@st.composite
def graphs(draw):
    """Draw how many tasks there are, what each needs, and which fail at first."""
    count = draw(st.integers(1, 25))
    needs = {
        task: draw(st.sets(st.integers(0, task - 1), max_size=4))
        for task in range(1, count)
        if draw(st.booleans())
    }
    return count, needs, draw(st.sets(st.integers(0, count - 1), max_size=4))


def lost_to(failing, needs, count):
    """The tasks that need one of *failing*, at any distance."""
    lost = set()
    for task in range(count):
        if needs.get(task, set()) & (failing | lost):
            lost.add(task)
    return lost


class Noting:
    """A task that notes when it ran, and fails where it is told to."""

    def __init__(self, failing):
        self.failing = failing
        self.begun, self.ended = [], []
        self.early = []
        self.needs = {}

    def __call__(self, task):
        self.early += [n for n in self.needs.get(task, ()) if n not in self.ended]
        self.begun.append(task)
        if task in self.failing:
            raise ValueError(task)
        self.ended.append(task)
        return task


@given(graph=graphs(), workers=st.integers(1, 4))
@many
def test_every_task_comes_after_those_it_needs(backend, graph, workers):
    count, needs, failing = graph
    task = Noting(failing)
    task.needs = needs
    options = {"backend": backend, "workers": workers, "progress": False}
    run = run_of(task, count, needs, **options).start()

    # Those that need a failed one are cancelled, all others were carried out, once
    lost = lost_to(failing, needs, count)
    failed = failing - lost
    assert task.early == []
    assert sorted(task.begun) == [n for n in range(count) if n not in lost]
    assert run.state is State.DONE
    counts = run.snapshot().counts
    assert counts[Status.ERROR] == len(failed) == len(run.errors)
    assert counts[Status.CANCELLED] == len(lost)
    assert counts[Status.OK] == count - len(lost) - len(failed)
    assert sorted(outcome[0] for outcome in run) == list(range(count))

    # A retry carries out what failed and what was lost to it, in the right order
    task.failing = set()
    task.begun.clear()
    run.retry()
    assert task.early == []
    assert sorted(task.begun) == sorted(failed | lost)
    assert run.results == list(range(count))


@given(graph=graphs(), moment=st.integers(0, 24), back=st.booleans())
@many
def test_cancelled_or_paused_at_any_moment(backend, graph, moment, back):
    count, needs, failing = graph
    task = Noting(failing)
    task.needs = needs
    reached = threading.Event()

    def call(number):
        if number == moment % count:
            reached.set()
            if not back:
                run.cancel()
            else:
                run.pause()
                run.resume()
        return task(number)

    options = {"backend": backend, "workers": 3, "progress": False}
    run = run_of(call, count, needs, **options)
    run.start()

    counts = run.snapshot().counts
    assert counts[Status.PENDING] == counts[Status.RUNNING] == 0
    assert sum(counts.values()) == count
    assert len(task.begun) == len(set(task.begun))
    assert task.early == []
    if not back and reached.is_set():
        task.failing = set()
        reached.clear()
        run._life.scheduler.call = task
        run.retry()
        assert task.early == []
        assert run.results == list(range(count))


@pytest.mark.parametrize("needs", [{0: [0]}, {0: [1]}, {1: [-1]}, {3: [0]}])
def test_a_task_can_only_need_one_before_it(needs):
    with pytest.raises(nbp.BadValue, match="cannot need"):
        run_of(str, 2, needs)


def test_no_worker_is_held_by_a_task_that_waits(go):
    # Given one task that everything needs but two, and two workers
    gate = Gate()
    needs = {task: [0] for task in range(1, 8)}
    run = go(gate, 10, needs, workers=2)
    gate.wait_for(0)

    # Then the two that need nothing are carried out meanwhile
    gate.open(8, 9)
    if run.options.backend == "threads":
        gate.wait_for(8, 9)
    gate.open()
    assert run.wait(DEADLINE)
    assert statuses(run) == ["ok"] * 10


def test_what_waited_starts_as_soon_as_it_can(go):
    if not _parallel(run_of(str, 1, {})):
        pytest.skip("one task at a time")
    # Given more workers than tasks that can start, and a task that goes on
    gate = Gate()
    run = go(gate, 5, {2: [0], 3: [0], 4: [0]}, workers=4)
    gate.wait_for(0, 1)

    # When what the others need has ended, all of them start at once
    gate.open(0)
    gate.wait_for(1, 2, 3, 4)
    gate.open()
    assert run.wait(DEADLINE)


def test_what_needs_a_failed_task_is_cancelled_at_once(go):
    def then(task):
        if task == 0:
            raise ValueError(task)
        return task

    gate = Gate(then)
    run = go(gate, 4, {1: [0], 2: [1]}, workers=2)
    gate.wait_for(0)
    gate.open(0)
    wait_for(lambda: run.snapshot().counts[Status.ERROR] == 1)

    assert statuses(run)[:3] == ["error", "cancelled", "cancelled"]
    gate.open()
    assert run.wait(DEADLINE)
    assert statuses(run)[3] == "ok"
    assert run.state is State.DONE


def test_a_retry_while_the_run_goes_on(go):
    failing = {0}

    def then(task):
        if task in failing:
            raise ValueError(task)
        return task

    gate = Gate(then)
    run = go(gate, 4, {1: [0], 2: [1]}, workers=1)
    gate.open(0)
    gate.wait_for(3)
    failing.clear()
    run.retry(block=False)
    assert statuses(run)[:3] == ["pending"] * 3

    gate.open()
    assert run.wait(DEADLINE)
    assert gate.started == [0, 3, 0, 1, 2]
    assert run.results == [0, 1, 2, 3]


def test_on_error_raise_cancels_what_waits():
    def fail(task):
        raise ValueError(task)

    with pytest.raises(ValueError, match="0"):
        run_of(fail, 3, {1: [0], 2: [0]}, on_error="raise").start()

    assert statuses(nbp.last) == ["error", "cancelled", "cancelled"]


def test_runs_inside_tasks_can_have_them_too():
    def outer(task):
        return sum(run_of(int, 4, {1: [0], 3: [1, 2]}).start().results) + task

    assert nbp.pmap(outer, range(3), workers=2).results == [6, 7, 8]


def _parallel(run):
    return run.options.backend == "threads"
