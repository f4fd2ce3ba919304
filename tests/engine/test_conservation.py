"""Every item ends in exactly one state, once, whatever happens in whatever order."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import nbparallel as nbp
from nbparallel.engine import feed
from nbparallel.testing import DEADLINE
from nbparallel.types import FINAL, MISSING, State, Status
from nbparallel.workers.bounds import has_one_lock
from tests.engine.conftest import carry_on, wait_for
from tests.support.soaking import often
from tests.support.threads import whereabouts


class Odd(BaseException):
    """Not an ``Exception``."""


class Mute(Exception):
    """Cannot be printed."""

    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


FAILURES = (ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, Odd, Mute)


class Script:
    """A task whose every attempt waits to be told how to end."""

    def __init__(self):
        self.change = threading.Condition()
        self.attempts = Counter()
        self.waiting = []
        self.told = {}
        self.raised = {}
        self.over = False

    def __call__(self, item):
        with self.change:
            self.attempts[item] += 1
            me = item, self.attempts[item]
            self.waiting.append(me)
            self.change.notify_all()
            self.change.wait_for(lambda: me in self.told or self.over, DEADLINE)
            self.waiting.remove(me)
            how = self.told.setdefault(me, None)
            self.change.notify_all()
            if how is None:
                return me
            self.raised[me] = how()
        raise self.raised[me]

    def tell(self, who, how):
        with self.change:
            self.told[who] = how
            self.change.notify_all()
            assert self.change.wait_for(lambda: who not in self.waiting, DEADLINE)

    def finish(self):
        with self.change:
            self.over = True
            self.change.notify_all()


def check_rows(run, script):
    """Hold the records of an ended run against what its tasks really did."""
    columns = run.columns()
    assert all(status in FINAL for status in columns.status)
    assert list(columns.attempts) == [script.attempts[item] for item in columns.items]
    for task, item in enumerate(columns.items):
        last = item, script.attempts[item]
        if columns.status[task] == Status.OK:
            assert columns.results[task] == last
            assert script.told[last] is None
        else:
            assert columns.results[task] is MISSING
        if columns.status[task] == Status.ERROR:
            assert columns.errors[task] is script.raised[last]
        else:
            assert task not in columns.errors
    check_sums(run)


def check_sums(run):
    """Hold counts, log and columns of an ended run against each other."""
    columns, shot = run.columns(), run.snapshot()
    assert shot.known == shot.finished == len(columns)
    found = Counter(Status(status) for status in columns.status)
    assert {status: n for status, n in shot.counts.items() if n} == found
    read = []
    with suppress(nbp.TaskCancelled, nbp.InputError):
        read.extend(item for item, _, _ in run)
    assert sorted(read) == sorted(columns.items)


class Interleaving(RuleBasedStateMachine):
    """One run, whose tasks end when and how the machine says so."""

    kind = ""

    @initialize(
        count=st.integers(0, 7),
        workers=st.integers(1, 3),
        lazy=st.booleans(),
        ordered=st.booleans(),
    )
    def begin(self, count, workers, lazy, ordered):
        self.script = Script()
        self.count = count
        self.retries = 0
        self.run = nbp.pmap(
            self.script,
            iter(range(count)) if lazy else range(count),
            backend=self.kind,
            workers=workers,
            ordered=ordered,
            block=False,
            progress=False,
            grace=DEADLINE,
        )
        carry_on(self.run)

    @rule(which=st.integers(0, 6), how=st.sampled_from([None, None, *FAILURES]))
    def end_a_task(self, which, how):
        self.let_tasks_start()
        with self.script.change:
            waiting = sorted(self.script.waiting)
        if waiting:
            self.script.tell(waiting[which % len(waiting)], how)

    @rule()
    def let_tasks_start(self):
        wait_for(lambda: self.script.waiting or self.is_at_rest(), self.whereabouts)

    def whereabouts(self):
        run = self.run._life.scheduler
        crew, source = vars(run.crew), (run.source.at_hand, vars(run.source.shelf))
        return f"{self.run.snapshot()}\n{crew}\n{run.open}\n{source}\n{whereabouts()}"

    def is_at_rest(self):
        shot = self.run.snapshot()
        return shot.state is not State.RUNNING or shot.finished == self.count

    @rule()
    def cancel(self):
        self.run.cancel()
        attempts = self.script.attempts.total()
        going = self.run.snapshot().counts[Status.RUNNING]
        assert self.script.attempts.total() <= attempts + going

    @rule()
    def pause(self):
        self.run.pause()

    @rule()
    def resume(self):
        self.run.resume()

    @rule()
    def retry(self):
        try:
            self.run.retry(block=False)
        except nbp.StillRunning:
            return
        self.retries += 1
        carry_on(self.run)

    @rule(position=st.integers(0, 10))
    def read(self, position):
        found = feed.completed(self.run._life.scheduler, position)
        if found is not None:
            assert found[1].status in FINAL

    @invariant()
    def counts_add_up(self):
        before = len(self.run)
        shot = self.run.snapshot()
        assert before <= shot.known <= len(self.run)  # more is read meanwhile
        assert min(shot.counts.values()) >= 0
        assert shot.counts[Status.RUNNING] <= shot.workers
        assert all(row.status is Status.RUNNING for row in shot.running)

    def teardown(self):
        if not hasattr(self, "run"):
            return
        self.run.resume()
        self.script.finish()
        assert self.run.wait(DEADLINE)
        assert max(self.script.attempts.values(), default=0) <= 1 + self.retries
        if self.run.state is not State.CANCELLED and not self.retries:
            assert len(self.run) == self.count
        check_rows(self.run, self.script)


@pytest.mark.soak
def test_any_interleaving_of_what_tasks_and_users_do(backend):
    machine = type("Machine", (Interleaving,), {"kind": backend})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=often(40, 120),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def _eager_switching():
    """Change threads as often as Python can, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


ACTIONS = ("pause", "resume", "cancel", "retry", "snapshot", "columns", "read")


def act(run, action):
    match action:
        case "retry":
            with suppress(nbp.StillRunning):
                run.retry(block=False)
            carry_on(run)
        case "read":
            feed.completed(run._life.scheduler, len(run) // 2)
        case "snapshot":
            shot = run.snapshot()
            assert min(shot.counts.values()) >= 0
            assert shot.known >= shot.finished
        case _:
            getattr(run, action)()


#: The most tasks of a run that reads its input: it may take a worker for each. Without
#: the GIL each hand-over may cost a thread many turns, on a machine that is busy.
MOST_READ = 1000 if has_one_lock() else 200


@pytest.mark.soak
@pytest.mark.usefixtures("_eager_switching")
@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.timeout(300)
def test_quick_tasks_under_fire(backend, lazy):
    chance = random.Random(7)
    for _ in range(often(10, 40)):
        calls = Counter()

        def task(number, calls=calls):
            calls[number] += 1
            if number % 7 == 0:
                raise ValueError
            return number

        items = range(chance.choice([1, 10, MOST_READ if lazy else 1000]))
        run = nbp.pmap(
            task,
            iter(items) if lazy else items,
            workers=chance.randint(1, 4),
            backend=backend,
            block=False,
            grace=DEADLINE,
        )
        carry_on(run)
        for _ in range(chance.randint(0, 12)):
            act(run, chance.choice(ACTIONS))
        run.resume()
        assert run.wait(6 * DEADLINE)

        columns = run.columns()
        assert list(columns.attempts) == [calls[n] for n in columns.items]
        assert all(
            result == item
            for item, result, status in zip(
                columns.items, columns.results, columns.status, strict=True
            )
            if status == Status.OK
        )
        check_sums(run)
