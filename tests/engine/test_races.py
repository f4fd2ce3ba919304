"""Interleavings that once lost a wake-up, an end or a task, each forced by hand."""

from __future__ import annotations

import signal
import threading
from time import perf_counter

import pytest

import nbparallel as nbp
from nbparallel.edge.signals import Signals
from nbparallel.engine import phase, steering, stopping
from nbparallel.engine.crew import Crew
from nbparallel.engine.outcome import Pause
from nbparallel.engine.timer import TIMER
from nbparallel.options import resolve
from nbparallel.testing import DEADLINE, Recorder
from nbparallel.types import FINAL, State
from nbparallel.work.work import Work
from nbparallel.workers.aio import Asyncio
from nbparallel.workers.carry_out import carry_out
from tests.engine.conftest import PARALLEL, wait_for


def test_an_alarm_that_goes_off_at_the_end_does_not_disturb_it(monkeypatch):
    # Given a run with two alarms
    where, cancelled = phase.Phase(), []
    where.call_after(3600, lambda: None)
    where.call_after(3600, lambda: None)

    def going_off(entry):
        cancelled.append(entry)
        where._alarms.discard(next(each for each in where._alarms if each != entry))

    # When one of them goes off, in the timer's thread, while the other is called off
    with monkeypatch.context() as patch:
        patch.setattr(phase.TIMER, "cancel", going_off)
        alarms = list(where._alarms)
        where.end()

    # Then that was the end
    assert where.over.is_set()
    assert not where._alarms
    for alarm in alarms:
        TIMER.cancel(alarm)


def test_an_idle_worker_helps_a_nested_run_that_starts():
    # Given a run with two workers, one of which is idle
    meeting = threading.Barrier(2)

    def outer(number):
        if number:
            return None
        crew = run._life.scheduler.crew
        wait_for(lambda: crew.idle)
        inner = nbp.pmap(lambda _: meeting.wait(DEADLINE), range(2), workers=2)
        return sorted(inner.results)

    ready = threading.Event()
    run = nbp.pmap(
        lambda number: ready.wait(DEADLINE) and outer(number),
        range(2),
        workers=2,
        block=False,
    )
    ready.set()

    # Then two tasks of a run nested in it that meet do meet: one waits, one was idle
    assert run.results == [[0, 1], None]


class Pile:
    """A member of a crew: tasks that anybody can have."""

    parent = None

    def __init__(self):
        self.tasks = 0

    @property
    def has_work(self):
        return self.tasks > 0

    has_arrivals = has_work

    def next_claim(self, worker):
        if not self.tasks:
            return None
        self.tasks -= 1
        return f"claim of {worker}"

    def next_reading(self):
        return None


def test_tasks_of_two_runs_that_come_at_once_wake_two_workers():
    # Given two idle workers, each of which would be busy for ever with one task
    crew, taken = Crew(), threading.Semaphore(0)
    piles = Pile(), Pile()
    crew.members.extend(piles)

    def worker(number):
        assert crew.claim(number)
        taken.release()

    threads = [threading.Thread(target=worker, args=(n,), daemon=True) for n in (1, 2)]
    for each in threads:
        each.start()
    wait_for(lambda: len(crew.idle) == 2)

    # When each of two runs has a task, and each wakes a worker for it
    with crew.lock:
        for pile in piles:
            pile.tasks = 1
            crew.rouse(1)

    # Then both tasks are taken
    for _ in threads:
        assert taken.acquire(timeout=DEADLINE)


class Meddling(Recorder):
    """Lets another thread bring the end while the start is being told."""

    def run_started(self, run):
        super().run_started(run)
        messenger = threading.Thread(target=run._life.ended, daemon=True)
        messenger.start()
        messenger.join(DEADLINE)
        self.waited = messenger.is_alive()


def test_who_brings_the_end_of_a_run_does_not_wait_for_who_tells_of_its_start():
    # Two that start runs and bring the end of each other's would wait for ever.
    with Meddling() as recorder:
        run = nbp.pmap(str, [])

    assert not recorder.waited
    assert recorder.of(run) == ["run_started", "run_finished", "run_waited"]


def idle_run(call, items, **options):
    """Return a run that nobody works on, and its scheduler."""
    run = nbp.pmap(call, items, backend="inline", block=False, **options)
    return run, run._life.scheduler


def claim_of(scheduler):
    with scheduler.crew.lock:
        return scheduler.next_claim(0)


class Retrying(Recorder):
    """Retries a run as soon as it has ended, once, and claims a task of it."""

    claim = None

    def run_finished(self, run):
        super().run_finished(run)
        if self.claim is None:
            run.retry(block=False)
            self.claim = claim_of(run._life.scheduler)


@pytest.mark.parametrize("hard", [False, True])
def test_a_cancel_gives_nothing_up_of_a_run_that_was_retried_meanwhile(hard):
    with Retrying() as recorder:
        run, scheduler = idle_run(str, range(3), grace=3600)
        stopping.cancel(scheduler, hard=hard)

    assert run.state is State.RUNNING
    assert recorder.claim in scheduler.open
    assert not scheduler.phase._alarms
    carry_out(recorder.claim, scheduler.call)
    scheduler.settle(recorder.claim)
    assert run.results == ["0", "1", "2"]


def test_what_a_worker_holds_and_has_not_begun_is_given_up_as_well():
    # Given a worker that has sent off a claim of two tasks, and has begun the first
    run, scheduler = idle_run(str, range(4))
    scheduler.limits._batch = 2
    claim = claim_of(scheduler)
    assert len(claim.items) == 2
    claim.items.clear()
    claim.begun = perf_counter()

    stopping.cancel(scheduler, hard=True)

    assert run.wait(0)
    assert run.df["status"].tolist() == ["cancelled"] * 4
    assert run.df["attempts"].tolist() == [1, 0, 0, 0]
    scheduler.settle(claim)
    assert run.snapshot().abandoned == 0


def test_a_task_that_ends_while_it_is_given_up_has_a_final_state(monkeypatch):
    run, scheduler = idle_run(str, [7])
    claim, take = claim_of(scheduler), scheduler.intake.take
    claim.items.clear()
    claim.begun = perf_counter()

    def take_and_end(claim):
        take(claim)
        if not claim.ends:
            claim.values.append("7")
            claim.ends.append(perf_counter())

    monkeypatch.setattr(scheduler.intake, "take", take_and_end)
    stopping.cancel(scheduler, hard=True)

    assert run.wait(0)
    assert all(status in FINAL for status in run.columns().status)
    scheduler.settle(claim)
    assert run.snapshot().finished == 1


def test_a_fatal_failure_is_known_before_the_end():
    # Given a run whose one task has failed
    run, scheduler = idle_run(int, ["x"], on_error="raise")
    claim = claim_of(scheduler)
    carry_out(claim, scheduler.call)

    # When a thread that is to cancel it for that is late, and another tells of the end
    with scheduler.crew.lock:
        scheduler.settle(claim)
        late = scheduler.crew._due.popleft()
    scheduler.crew.flush()

    # Then who waits hears of the failure, and a retry is not cancelled by the late one
    with pytest.raises(ValueError, match="'x'"):
        run.wait(0)
    run.retry(block=False)
    late()
    assert run.state is State.RUNNING
    run.cancel()


@pytest.mark.parametrize("backend", PARALLEL)
def test_a_claim_of_who_is_on_the_way_home_leaves_its_tasks_to_workers(backend):
    work = Work("again", abs, [-1], None, 1)
    run = nbp.Run(work, resolve({"backend": backend, "block": False}))
    scheduler = run._life.scheduler
    scheduler.start()
    with scheduler.crew.lock:
        claim = scheduler.next_claim(0)

    steering.staff(scheduler)
    scheduler.settle(claim)
    scheduler.crew.flush()

    wait_for(scheduler.phase.over.is_set)
    assert run.columns().results == [1]


class Gap:
    """A lock that does something else once, when it has been let go."""

    def __init__(self, lock):
        self.lock, self.what = lock, None
        self._is_owned = lock._is_owned

    def __enter__(self):
        self.lock.acquire()

    def __exit__(self, *_):
        self.lock.release()
        if self.what is not None and not self._is_owned():
            what, self.what = self.what, None
            what()


def test_the_end_of_a_grace_spares_the_next_start(monkeypatch):
    work = Work("again", abs, [-1, -2], None, 2)
    run = nbp.Run(work, resolve({"backend": "processes", "block": False}))
    scheduler, later = run._life.scheduler, []
    scheduler.start()
    claim = scheduler.next_claim(0)
    claim.begun = perf_counter()
    claim.items.clear()
    claim.values.append(1)
    claim.ends.append(perf_counter())

    def end_and_start_again():
        scheduler.settle(claim)
        assert scheduler.phase.over.is_set()
        assert steering.reopen(scheduler)
        scheduler.start()
        later.append(scheduler.next_claim(0))

    def stop(_):
        lock.what = end_and_start_again
        return False

    lock = scheduler.crew.lock = Gap(scheduler.crew.lock)
    monkeypatch.setattr(scheduler.backend, "stop", stop)
    stopping.cancel(scheduler, hard=True)

    assert [each.revoked for each in later] == [False]
    monkeypatch.undo()
    stopping.cancel(scheduler, hard=True)
    scheduler.phase.unhurry()  # as who tells of the end would


class Once:
    """Tries every task a second time."""

    def again(self, tries):
        return Pause(0.0, asked=False) if len(tries) < 2 else None


def test_what_needs_a_task_that_is_tried_again_waits_for_it():
    fails = [True]

    def task(number):
        if not number and fails and fails.pop():
            raise ValueError
        return number

    work = Work("again", task, [0, 1], None, 2, needs={1: [0]})
    run = nbp.Run(work, resolve({"backend": "threads", "block": False}))
    run._life.scheduler.intake._outcome = Once()
    run.start()

    assert run.results == [0, 1]


@pytest.fixture
def _interruptible():
    """Whoever starts the tests in the background has interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_a_signal_while_a_nested_wait_begins_is_kept_by_the_outer_one():
    outer, reached = Signals(lambda: None, lambda _: False), []

    # When a signal arrives, then it is put off, and raised on leaving the outer one
    with pytest.raises(KeyboardInterrupt):
        strike_a_beginning(outer, reached)

    assert reached == ["the end"]
    assert len(outer.raised) == 1


def strike_a_beginning(outer, reached):
    """Have a signal arrive as soon as a wait inside *outer* has taken the handler."""
    with outer:
        inner = Signals(lambda: None, lambda _: False)
        inner._old[signal.SIGINT] = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, inner._on_signal)
        signal.raise_signal(signal.SIGINT)
        reached.append("the end")
        signal.signal(signal.SIGINT, outer._on_signal)


def test_a_worker_from_before_a_retry_that_takes_a_task_of_it_holds_up_no_other(
    monkeypatch,
):
    # Given a worker that has ended its first task and is about to look for another
    takes, calls = Asyncio._takes, []
    looks, may_look = threading.Event(), threading.Event()

    def look(*args):
        calls.append(args)
        if len(calls) == 2:
            looks.set()
            assert may_look.wait(DEADLINE)
        return takes(*args)

    monkeypatch.setattr(Asyncio, "_takes", look)
    run = nbp.pmap(str, range(3), workers=1, backend="asyncio", block=False)
    assert looks.wait(DEADLINE)

    # When its run is cancelled and started again before it does
    run.cancel()
    assert run.state is State.CANCELLED
    run.retry(block=False)
    may_look.set()

    # Then the tasks that it does not take are carried out all the same
    assert run.wait(DEADLINE)
    assert run.results == ["0", "1", "2"]
