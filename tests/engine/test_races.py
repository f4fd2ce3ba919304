"""Interleavings that once lost a wake-up, an end or a task, each forced by hand."""

from __future__ import annotations

import threading

import nbparallel as nbp
from nbparallel.engine import phase
from nbparallel.engine.crew import Crew
from nbparallel.engine.timer import TIMER
from nbparallel.testing import DEADLINE, Recorder
from tests.engine.conftest import wait_for


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
