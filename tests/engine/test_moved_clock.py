"""Timeouts, retries, rates and killed workers beside all else, on a moved clock."""

from __future__ import annotations

import sys
from time import perf_counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

import nbparallel as nbp
from nbparallel.engine.outcome import MOST_CRASHES
from nbparallel.engine.timer import TIMER
from nbparallel.errors import WorkerDied
from nbparallel.types import MISSING, State, Status
from nbparallel.workers import KINDS
from nbparallel.workers.base import Backend
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.threads import Threads
from tests.engine.conftest import BACKENDS, wait_for
from tests.engine.test_conservation import Interleaving, Script, check_sums
from tests.engine.test_expiry import TIMED
from tests.support.soaking import often

TIMEOUT, WAIT, PAUSE = 5.0, 10.0, 1.0
#: Threads that the test kills, as one kills a process, in the middle of their tasks.
KILLED = "fake-fragile"
#: Worker processes have a clock of their own.
MOVED = [kind for kind in BACKENDS if kind not in ("processes", "inline")] + [KILLED]


class Fragile(Threads):
    """Lose, when told to, the worker of a task; nothing comes back of it, ever."""

    stop = Backend.stop  # a loop of its own is ready for no `Abandoned`

    def __init__(self, desk, workers):
        super().__init__(desk, workers)
        self._held, self._dead = set(), set()
        Fragile.latest = self

    def kill(self, task):
        """Kill the worker of *task* in the middle; return whether its row tells."""
        with self._lock:
            claim = next((each for each in self._held if each.running == task), None)
            if claim is None or claim.replaced:
                return False
            self._held.discard(claim)
            self._dead.add(claim)
            self._team.discard(claim.worker)
        self.start(1)
        counts = not claim.revoked  # else its row has been given up
        self.desk.lost(claim, WorkerDied("killed"))
        claim.items.clear()  # the dead take nothing more
        return counts

    def _work(self, worker, team):
        while self._keeps(worker, team):
            claim = self.desk.claim(worker)
            if claim is None:
                return
            with self._lock:
                self._held.add(claim)
            carry_out(claim, claim.owner.call)
            with self._lock:
                self._held.discard(claim)
                if claim in self._dead:
                    return
            self.desk.settle(claim)
            if claim.replaced:
                return


class Clock:
    """The clock of this process, and how far it has been moved."""

    def __init__(self):
        self.moved = 0.0
        self._patch = pytest.MonkeyPatch()
        self._began = self()

    def __call__(self):
        return perf_counter() + self.moved

    @property
    def passed(self):
        return self() - self._began

    def install(self):
        for name, module in list(sys.modules.items()):
            if name.startswith("nbparallel.") and hasattr(module, "perf_counter"):
                self._patch.setattr(module, "perf_counter", self)
        # Nobody but the test is to look what is due.
        self._patch.setattr("nbparallel.engine.timer.perf_counter", perf_counter)
        self._patch.setattr(TIMER, "clock", self)

    def move(self, seconds):
        self.moved += seconds
        TIMER.run_due()

    def remove(self):
        """Leave nothing that is due at an instant of this clock."""
        wait_for(self._nothing_is_due)
        self._patch.undo()

    def _nothing_is_due(self):
        left = TIMER.run_due()
        self.move(left or 0)
        return left is None


class Timed(Interleaving):
    """A run whose tasks have a time, and are tried again, at a rate."""

    @initialize(
        count=st.integers(0, 7),
        workers=st.integers(1, 3),
        lazy=st.booleans(),
        retries=st.integers(0, 3),
        limited=st.booleans(),
        timed=st.booleans(),
        patient=st.booleans(),
    )
    def begin(self, *, count, workers, lazy, retries, limited, timed, patient):
        self.script, self.count, self.retries = Script(), count, 0
        self.killed = 0
        self.again = retries
        self.clock = clock = Clock()
        clock.install()
        self.timeout = TIMEOUT if timed and self.kind in (*TIMED, KILLED) else None
        self.rate = nbp.Rate(f"1/{PAUSE:g}s", clock=clock) if limited else None
        self.run = nbp.pmap(
            self.script,
            iter(range(count)) if lazy else range(count),
            backend=self.kind,
            workers=workers,
            block=False,
            progress=False,
            grace=WAIT,
            timeout=self.timeout,
            deadline=None if patient else 20 * WAIT,
            retries=retries,
            backoff=lambda _: WAIT,
            rate=self.rate,
        )

    @rule(seconds=st.sampled_from([0.3, 1.1, 4.0, 6.0, 11.0]))
    def time_goes_on(self, seconds):
        wait_for(self.what_runs_has_been_called)
        self.clock.move(seconds)
        shot = self.run.snapshot()
        if self.timeout and shot.state in (State.RUNNING, State.PAUSED):
            assert all(row.seconds < TIMEOUT + 1 for row in shot.running)

    @precondition(lambda self: self.kind == KILLED)
    @rule(which=st.integers(0, 6))
    def kill_a_worker(self, which):
        self.let_tasks_start()
        with self.script.change:
            tasks = sorted({task for task, _ in self.script.waiting})
        if tasks and Fragile.latest.kill(tasks[which % len(tasks)]):
            self.killed += 1

    def what_runs_has_been_called(self):
        going = self.run.snapshot().counts[Status.RUNNING]
        return going <= len(self.script.waiting)

    def is_at_rest(self):
        TIMER.run_due()  # time passes by itself as well
        shot = self.run.snapshot()
        return super().is_at_rest() or shot.waiting or shot.held_by

    def counts_add_up(self):
        super().counts_add_up()
        if self.rate is not None:
            most = 2 + self.clock.passed / PAUSE
            assert self.script.attempts.total() <= most

    def teardown(self):
        if not hasattr(self, "run"):
            return
        self.run.resume()
        self.script.finish()
        wait_for(self.is_over)
        self.clock.remove()
        tries = (1 + self.again) * (1 + self.retries)
        assert max(self.script.attempts.values(), default=0) <= tries
        check_rows(self.run, self.script, self.timeout)
        most = MOST_CRASHES * (1 + self.retries)
        assert check_crashes(self.run, most) == self.killed or self.retries
        if not self.retries:
            check_waits(self.run)

    def is_over(self):
        self.clock.move(1.1)
        return self.run.wait(0)


def check_rows(run, script, timeout):
    """Hold the records against what tasks did and how long they were let."""
    columns = run.columns()
    for task, item in enumerate(columns.items):
        # An attempt may have been given up before it came to its call.
        given_up = [each.status for each in columns.tries.get(task, ())]
        late = [*given_up, Status(columns.status[task])].count(Status.TIMEOUT)
        assert 0 <= columns.attempts[task] - script.attempts[item] <= late
        made = [(item, number) for number in range(1, script.attempts[item] + 1)]
        status, error = Status(columns.status[task]), columns.errors.get(task)
        result = columns.results[task]
        assert result in made if status is Status.OK else result is MISSING
        if status is Status.ERROR:
            assert any(error is script.raised.get(each) for each in made)
        elif status is Status.CRASHED:
            assert type(error) is WorkerDied
        elif status is Status.TIMEOUT:
            assert type(error) is nbp.TaskTimeout
            assert columns.ended[task] - columns.started[task] >= timeout
        else:
            assert error is None
    check_sums(run)


def check_crashes(run, most):
    """Return how often workers died; no task has met that more than *most* times."""
    columns, died = run.columns(), 0
    for task, status in enumerate(columns.status):
        given_up = [each.status for each in columns.tries.get(task, ())]
        crashes = [*given_up, Status(status)].count(Status.CRASHED)
        assert crashes <= most
        died += crashes
    return died


def check_waits(run):
    """Hold the attempts of each task against the wait that was asked for."""
    columns = run.columns()
    for task, tries in columns.tries.items():
        starts = [each.started for each in tries[1:]]
        if columns.attempts[task] > len(tries):
            starts.append(columns.started[task])
        for before, started in zip(tries, starts, strict=False):
            assert started >= before.ended + WAIT


@pytest.mark.soak
@pytest.mark.parametrize("kind", MOVED)
def test_any_interleaving_of_tasks_users_and_time(kind, monkeypatch):
    monkeypatch.setitem(KINDS, KILLED, f"{__name__}:{Fragile.__name__}")
    machine = type("Machine", (Timed,), {"kind": kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=often(50, 300),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_who_is_on_the_way_home_leaves_no_run_to_itself():
    machine = type("Machine", (Timed,), {"kind": "threads"})
    few = {"count": 2, "workers": 2, "lazy": True, "retries": 0}
    for _ in range(20):
        timed = machine()
        timed.begin(**few, limited=True, timed=False, patient=True)
        timed.end_a_task(0, ValueError)
        timed.time_goes_on(6.0)
        timed.end_a_task(0, ValueError)

        # Two wait for the instant at which they may read on: at the end they are sent
        # home, but the run goes on at once, and may meet one of them.
        crew = timed.run._life.scheduler.crew
        wait_for(lambda crew=crew: len(crew.idle) == 2)
        timed.cancel()
        timed.retry()
        timed.teardown()
