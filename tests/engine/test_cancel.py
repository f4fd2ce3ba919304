"""Stopping: cancel, the grace, abandoned threads, pause and resume."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

import nbparallel as nbp
from nbparallel.edge.arrivals import asked_at
from nbparallel.engine import feed, phase, stopping
from nbparallel.engine.scheduler import Scheduler
from nbparallel.testing import DEADLINE, Gate, Recorder
from nbparallel.types import State, Status
from tests.engine.conftest import PARALLEL, carry_on, wait_for

pytestmark = pytest.mark.usefixtures("backend")

#: What waking up may take on a busy machine; on an idle one it is 0.25 at most.
SLACK = 3

say = print  # what tasks print is part of what is tested


def statuses(run):
    return run.df["status"].tolist()


class TestCancel:
    def test_what_has_not_started_is_cancelled(self, gate, go):
        run = go(gate, range(100), workers=1)
        gate.wait_for(0)
        run.cancel()
        gate.open()

        assert run.wait(DEADLINE)
        assert run.state is State.CANCELLED
        assert gate.started == [0]
        assert statuses(run) == ["ok", *["cancelled"] * 99]

    def test_no_task_starts_once_cancel_has_returned(self, go):
        # Given a run of quick tasks, in claims of many
        started, enough = [], threading.Event()

        def task(number):
            started.append(number)
            if number == 5000:
                enough.set()
            elif enough.is_set():  # the run must not be over before it is cancelled
                time.sleep(0.001)

        run = go(task, range(100_000))
        assert enough.wait(DEADLINE)

        # When it is cancelled
        run.cancel()
        going = run.snapshot().counts[Status.RUNNING]
        count = len(started)

        # Then at most those that had been taken already start
        assert run.wait(DEADLINE)
        assert len(started) <= count + going
        assert run.columns().status.count(Status.OK) == len(started) < 100_000

    def test_none_starts_because_one_that_slept_was_woken(self, go, monkeypatch):
        # Given a claim of many tasks, one of which sleeps
        asleep, another = threading.Event(), threading.Event()

        class Halt(threading.Event):
            def set(self):
                super().set()
                another.wait(0.2)  # who is woken has time to begin another task

        def task(number):
            if number > 300:
                another.set()
            if number == 300:
                asleep.set()
                nbp.sleep(600)

        monkeypatch.setattr(phase, "threading", SimpleNamespace(Event=Halt))
        run = go(task, range(2000), workers=1)
        assert asleep.wait(DEADLINE)
        [claim] = run._life.scheduler.open

        run.cancel()

        assert run.wait(DEADLINE)
        assert claim.sealed or not another.is_set()

    def test_tasks_that_go_on_are_left_behind_after_the_grace(self, gate, go):
        run = go(gate, range(10), grace=0.1)
        gate.wait_for(0)

        before = time.perf_counter()
        run.cancel()
        assert run.wait(DEADLINE) or run.options.backend not in PARALLEL
        assert time.perf_counter() - before < 0.1 + SLACK

        shot = run.snapshot()
        assert shot.counts[Status.CANCELLED] == 10
        killed = run._life.scheduler.backend.kills  # then nobody is left behind
        assert shot.abandoned == (0 if killed else len(gate.started))
        assert run.df["attempts"].sum() == len(gate.started)

    def test_what_comes_after_the_grace_is_discarded(self, gate, go):
        run = go(gate, range(3), workers=1, grace=0)
        gate.wait_for(0)
        run.cancel()
        wait_for(lambda: run.state.ended)

        gate.open()
        wait_for(lambda: run.snapshot().abandoned == 0)

        assert statuses(run) == ["cancelled"] * 3
        assert run.df["result"].isna().all()

    def test_the_next_run_works(self, gate, go):
        run = go(gate, range(3), grace=0)
        gate.wait_for(0)
        run.cancel()
        wait_for(lambda: run.state.ended)

        assert nbp.pmap(str, range(3)).results == ["0", "1", "2"]

    def test_tasks_can_look_and_end_early(self, go):
        started = threading.Event()

        def task(_):
            started.set()
            limit = time.perf_counter() + DEADLINE
            while not nbp.cancelled() and time.perf_counter() < limit:
                time.sleep(0.001)
            return nbp.cancelled()

        run = go(task, [1], grace=DEADLINE)
        assert started.wait(DEADLINE)
        run.cancel()

        assert run.results == [True]

    def test_a_sleeping_task_wakes(self, go):
        gate = Gate(then=lambda _: nbp.sleep(60))
        run = go(gate, [1], grace=DEADLINE)
        gate.open()
        gate.wait_for(1)
        run.cancel()

        assert run.wait(DEADLINE)
        assert statuses(run) == ["ok"]
        assert run.df["seconds"][0] < DEADLINE

    def test_an_interrupt_raised_by_the_task_is_a_cancelled_task(self, go):
        def stop(_):
            raise KeyboardInterrupt

        gate = Gate(then=stop)
        run = go(gate, [1])
        gate.wait_for(1)
        run.cancel()
        gate.open()

        assert run.wait(DEADLINE)
        assert statuses(run) == ["cancelled"]
        assert run.errors == {}

    def test_from_inside_a_task(self, go):
        runs, ready = [], threading.Event()

        def task(number):
            ready.wait(DEADLINE)
            if number == 2:
                runs[0].cancel()

        runs.append(go(task, range(10), workers=1))
        ready.set()

        assert runs[0].wait(DEADLINE)
        assert statuses(runs[0]) == ["ok"] * 3 + ["cancelled"] * 7

    def test_again_and_after_the_end_changes_nothing(self, gate, go):
        run = go(gate, range(3), workers=1)
        gate.wait_for(0)
        with Recorder() as recorder:
            run.cancel()
            run.cancel()
            gate.open()
            assert run.wait(DEADLINE)
            run.cancel()

        assert run.state is State.CANCELLED
        assert recorder.of(run) == []  # it listened only after the run was made

    def test_a_finished_run_stays_done(self):
        run = nbp.pmap(str, [1])
        run.cancel()

        assert run.state is State.DONE

    def test_a_hard_cancel_gives_no_grace(self, gate, go):
        run = go(gate, range(3), workers=1, grace=60)
        gate.wait_for(0)
        stopping.cancel(run._life.scheduler, hard=True)

        wait_for(lambda: run.state.ended)
        assert statuses(run) == ["cancelled"] * 3

    def test_the_grace_counts_from_when_a_click_arrived(self, gate, go):
        run = go(gate, range(3), workers=1, grace=60)
        gate.wait_for(0)
        with asked_at(time.perf_counter() - 60):  # so long it took to be heard
            run.cancel()

        assert run.wait(DEADLINE)
        assert statuses(run) == ["cancelled"] * 3
        gate.open()

    def test_an_endless_grace_may_be_written_as_infinity(self, gate, go):
        run = go(gate, [1], grace=float("inf"))
        gate.wait_for(1)
        run.cancel()
        gate.open()

        assert run.wait(DEADLINE)
        assert statuses(run) == ["ok"]

    def test_what_an_abandoned_task_printed_is_kept(self, go):
        gate, printed = Gate(), threading.Event()

        def task(item):
            say("before")
            printed.set()
            gate(item)
            say("after")

        run = go(task, [1], grace=0)
        assert printed.wait(DEADLINE)
        run.cancel()
        wait_for(lambda: run.state.ended)
        gate.open()
        wait_for(lambda: run.snapshot().abandoned == 0)

        assert run.df["output"].tolist() == ["before\n"]


class TestPause:
    def test_nothing_starts_until_it_goes_on(self, gate, go):
        run = go(gate, range(4), workers=1)
        gate.wait_for(0)
        run.pause()
        gate.open(0)
        wait_for(lambda: run.snapshot().finished == 1)

        assert run.state is State.PAUSED
        assert gate.started == [0]

        gate.open()
        run.resume()
        assert run.results == [0, 1, 2, 3]

    def test_a_quick_run_pauses_within_a_claim(self, go):
        started, enough = [], threading.Event()

        def task(number):
            started.append(number)
            if number == 5000:
                enough.set()

        run = go(task, range(30_000))
        assert enough.wait(DEADLINE)
        run.pause()
        wait_for(lambda: not run.snapshot().running)
        count = len(started)
        shot = run.snapshot()
        assert shot.finished == count
        assert shot.counts[Status.PENDING] == 30_000 - count

        run.resume()
        assert run.wait(DEADLINE)
        assert sorted(started) == list(range(30_000))

    def test_a_paused_run_can_be_cancelled(self, gate, go):
        run = go(gate, range(4), workers=1)
        gate.wait_for(0)
        run.pause()
        run.cancel()
        gate.open()

        assert run.wait(DEADLINE)
        assert run.state is State.CANCELLED

    def test_paused_seconds_do_not_count_as_active(self, gate, go):
        run = go(gate, range(2), workers=1)
        gate.wait_for(0)
        run.pause()
        active = run.snapshot().active
        wait_for(lambda: run.snapshot().elapsed > active + 0.01)

        assert run.snapshot().active == active

    def test_a_run_that_ends_while_paused_is_done_and_can_be_retried(self, go):
        fixed = []

        def fail_first(item):
            if not fixed:
                raise ValueError
            return item

        gate = Gate(then=fail_first)
        run = go(gate, [7])
        gate.wait_for(7)
        run.pause()
        gate.open()
        assert run.wait(DEADLINE)
        assert run.state is State.DONE

        fixed.append(True)
        assert run.retry(block=True).results == [7]

    def test_after_the_end_it_changes_nothing(self):
        run = nbp.pmap(str, [1])
        run.pause()
        run.resume()

        assert run.state is State.DONE


def test_a_claim_that_is_done_but_not_settled_is_not_abandoned(go, monkeypatch):
    # Given a worker that has carried out its claim and is about to hand it back
    settle, held, released = Scheduler.settle, threading.Event(), threading.Event()

    def late(scheduler, claim):
        held.set()
        released.wait(DEADLINE)
        settle(scheduler, claim)

    monkeypatch.setattr(Scheduler, "settle", late)
    run = go(str, [1, 2], workers=1)
    assert held.wait(DEADLINE)

    # When the run gives up on what is still being carried out
    stopping.cancel(run._life.scheduler, hard=True)
    assert run.state is State.CANCELLED
    released.set()

    # Then that task is ok, and nobody was left behind
    assert run.wait(DEADLINE)
    assert statuses(run) == ["ok", "cancelled"]
    assert run.snapshot().abandoned == 0


def test_an_abandoned_worker_of_an_inline_run_does_not_disturb_the_retry(gate, go):
    run = go(gate, range(3), workers=1, grace=0)
    gate.wait_for(0)
    run.cancel()
    wait_for(lambda: run.state.ended)

    run.retry(block=False)
    carry_on(run)
    gate.open()

    assert run.wait(DEADLINE)
    assert run.results == [0, 1, 2]
    assert sorted(gate.started) == [0, 0, 1, 2]


def test_who_is_interrupted_between_two_waits_has_left_the_wait(gate, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    run = nbp.pmap(gate, range(3), block=False)
    monkeypatch.setattr(feed, "completed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(iter(run))
    gate.open()
    assert run.wait(DEADLINE)
    assert run.state is State.CANCELLED
