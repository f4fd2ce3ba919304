"""Tasks that start in turn: stages, whatever happens to the tasks in them."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbparallel as nbp
from nbparallel.engine.gates import Gates
from nbparallel.engine.run import Run
from nbparallel.options import resolve
from nbparallel.records.store import Records
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State, Status
from nbparallel.work.order import Stage, stage_of
from nbparallel.work.work import Work
from tests.engine.conftest import many


def run_of(call, count, order, **options):
    work = Work("turns", call, list(range(count)), None, count, order=order)
    return Run(work, resolve(options))


@pytest.fixture
def go(going):
    """Start a run of such tasks and return at once."""
    return lambda call, count, order, **options: going(
        run_of(call, count, order, block=False, **options).start()
    )


shapes = st.recursive(
    st.integers(1, 4),
    lambda inner: st.tuples(st.booleans(), st.lists(inner, min_size=1, max_size=4)),
    max_leaves=8,
)


def built(shape, first=0):
    """Return the stage of a drawn shape, and where its tasks end."""
    if isinstance(shape, int):
        return Stage(range(first, first + shape), in_turn=shape == 3), first + shape
    in_turn, inner = shape
    parts = []
    for each in inner:
        part, first = built(each, first)
        parts.append(part)
    return Stage(tuple(parts), in_turn=in_turn), first


def before(stage, earlier=()):
    """Give each task with all that have to end before it starts."""
    parts = stage.parts
    if isinstance(parts, range):
        parts = [range(task, task + 1) for task in parts]
    for part in parts:
        if isinstance(part, range):
            yield part.start, set(earlier)
            found = {part.start}
        else:
            inner = list(before(part, earlier))
            yield from inner
            found = {task for task, _ in inner}
        if stage.in_turn:
            earlier = {*earlier, *found}


class Noting:
    """A task that notes when it ran, and fails where it is told to."""

    def __init__(self, order, failing):
        self.before = dict(before(order))
        self.failing = failing
        self.begun, self.ended, self.early = [], [], []

    def __call__(self, task):
        self.early += self.before[task].difference(self.ended)
        self.begun.append(task)
        self.ended.append(task)
        if task in self.failing:
            raise ValueError(task)
        return task


@given(shape=shapes, failing=st.sets(st.integers(0, 30)), workers=st.integers(1, 4))
@many
def test_every_task_comes_after_those_before_it(backend, shape, failing, workers):
    order, count = built(shape)
    task = Noting(order, failing)
    options = {"backend": backend, "workers": workers, "progress": False}
    run = run_of(task, count, order, **options).start()

    # A failure is an end as any other
    failed = {n for n in failing if n < count}
    assert task.early == []
    assert sorted(task.begun) == list(range(count))
    assert {*run.errors} == failed

    # What is retried has its turn, too
    task.failing = set()
    task.begun.clear()
    task.ended = [n for n in range(count) if n not in failed]
    run.retry()
    assert task.early == []
    assert sorted(task.begun) == sorted(failed)
    assert run.results == list(range(count))


@given(shape=shapes, moment=st.integers(0, 30), back=st.booleans())
@many
def test_cancelled_or_paused_at_any_moment(backend, shape, moment, back):
    order, count = built(shape)
    task = Noting(order, set())
    reached = threading.Event()

    def call(number):
        if number == moment % count and not reached.is_set():
            reached.set()
            if not back:
                run.cancel()
            else:
                run.pause()
                run.resume()
        return task(number)

    run = run_of(call, count, order, backend=backend, workers=3, progress=False)
    run.start()

    counts = run.snapshot().counts
    assert counts[Status.PENDING] == counts[Status.RUNNING] == 0
    assert sum(counts.values()) == count
    assert len(task.begun) == len(set(task.begun))
    assert task.early == []
    if not back:
        run.retry()
        assert task.early == []
        assert run.results == list(range(count))


@pytest.mark.usefixtures("backend")
def test_a_part_starts_once_the_one_before_has_ended(go):
    # Given two tasks, and two more after them
    gate = Gate()
    run = go(gate, 4, Stage((Stage(range(2)), Stage(range(2, 4))), in_turn=True))
    gate.wait_for(0)
    gate.open(0)
    gate.wait_for(1)
    assert run.snapshot().counts[Status.PENDING] == 2
    assert not {2, 3} & {*gate.started}

    # When both have ended, the others start
    gate.open(1)
    gate.wait_for(2)
    gate.open()
    assert run.wait(DEADLINE)
    assert run.results == [0, 1, 2, 3]


def test_what_is_tried_again_has_not_ended():
    gate = Gate(lambda task: task // (task + len(gate.started) - 1))
    order = Stage(range(2), in_turn=True)
    run = run_of(gate, 2, order, retries=1, backoff=0, block=False).start()
    gate.open()
    assert run.results == [0, 0]
    assert gate.started == [0, 0, 1]


def test_a_timed_out_task_lets_the_next_one_in(go):
    gate = Gate()
    run = go(gate, 2, Stage(range(2), in_turn=True), timeout=0.05, backend="threads")
    gate.open(1)
    assert run.wait(DEADLINE)
    assert run.df["status"].tolist() == ["timeout", "ok"]
    gate.open()


def test_a_retry_while_the_run_goes_on(go):
    failing = {0}

    def then(task):
        if task in failing:
            raise ValueError(task)
        return task

    gate = Gate(then)
    order = Stage(range(4), in_turn=True)
    run = go(gate, 4, order, workers=1, backend="threads")
    gate.open(0)
    gate.wait_for(1)
    failing.clear()
    run.retry(block=False)
    gate.open()
    assert run.wait(DEADLINE)
    assert gate.started == [0, 1, 0, 2, 3]
    assert run.state is State.DONE


def test_what_is_made_of_others_is_made_again_with_them(backend):
    # Given leaves 0 1 | 2 3, what is made of each two, and of both
    halves = [
        Stage((Stage(leaves), Stage(range(made, made + 1))), in_turn=True)
        for leaves, made in ((range(2), 4), (range(2, 4), 5))
    ]
    order = Stage((Stage(tuple(halves)), Stage(range(6, 7))), in_turn=True)
    failing, begun = {2}, []

    def call(task):
        begun.append(task)
        if task in failing:
            raise ValueError(task)
        return task

    work = Work("m", call, [*range(7)], None, 7, order=order, made=range(4, 7))
    run = Run(work, resolve({"backend": backend})).start()
    assert sorted(begun) == list(range(7))
    assert begun[-1] == 6

    # When the failed leaf is retried, so is what was made of it, and nothing else
    failing.clear()
    begun.clear()
    run.retry()
    assert begun == [2, 5, 6]
    assert run.results == list(range(7))


@pytest.mark.parametrize("in_turn", [True, False])
def test_every_end_lets_in_only_what_waited_for_it(in_turn):
    # Given many stages in turn, whose tasks go in turn or not
    side = 300
    parts = [
        Stage(range(n * side, (n + 1) * side), in_turn=in_turn) for n in range(side)
    ]
    records = Records()
    records.add([None] * side**2)
    gates = Gates(records, Stage(tuple(parts), in_turn=True))
    ready = gates.hold(range(side**2))
    steps = 0
    while ready:
        steps += len(ready)
        ended, ready = ready, []
        for task in (task for some in ended for task in some):
            records.cancel(range(task, task + 1))
            ready += gates.release(task)
    assert len(gates) == 0
    assert records.finished == side**2
    assert steps == (side**2 if in_turn else side)


def test_a_stage_is_as_simple_as_can_be():
    two = [Stage(range(1), in_turn=True), Stage(range(1, 2), in_turn=True)]
    assert stage_of(two, in_turn=False) == Stage(range(2))
    assert stage_of(two, in_turn=True) == Stage(range(2), in_turn=True)
    apart = [Stage(range(2), in_turn=True), Stage(range(2, 4), in_turn=True)]
    assert stage_of(apart, in_turn=False) == Stage(tuple(apart))


def test_nested_runs_have_them_too():
    order = Stage(range(4), in_turn=True)

    def outer(task):
        return sum(run_of(int, 4, order).start().results) + task

    assert nbp.pmap(outer, range(3), workers=2).results == [6, 7, 8]
