"""Workers that die, claims that come back unfinished, attempts that are made again."""

from __future__ import annotations

import threading

import pytest

import nbparallel as nbp
from nbparallel.engine import scheduler
from nbparallel.engine.outcome import Pause
from nbparallel.engine.timer import TIMER
from nbparallel.kinds import KINDS
from nbparallel.options import resolve
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State, Status
from nbparallel.work.work import Work
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.threads import Threads
from tests.engine.conftest import wait_for


class Died(Exception):
    """What a worker is lost to."""


class Fragile(Threads):
    """A worker that carries a task out that raises `Died` dies of it."""

    def _work(self, worker, team):
        while self._keeps(worker, team):
            claim = self.desk.claim(worker)
            if claim is None:
                return
            if self._dies(claim):
                with self._lock:
                    team.discard(worker)
                self.start(1)
                self.desk.lost(claim, Died(f"worker {worker}"))
                return
            self.desk.settle(claim)
            if claim.replaced:
                return

    def _dies(self, claim):
        last = []

        def call(item):
            try:
                return claim.owner.call(item)
            except Died:
                last.append(item)
                claim.items.clear()  # this worker will begin no other
                raise

        carry_out(claim, call)
        if last:  # as if the last task had never come to its end
            claim.ends.pop()
            claim.values.pop()
            claim.failures.pop(len(claim.ends))
        return bool(last)


class Killing(Threads):
    """Says that it can stop claims, and notes which it was told to stop."""

    kills = True
    stopped = ()

    def stop(self, claims):
        Killing.stopped = (*Killing.stopped, *(claim.left for claim in claims))


@pytest.fixture(autouse=True)
def _kinds(monkeypatch):
    monkeypatch.setitem(KINDS, "fragile", f"{__name__}:Fragile")
    monkeypatch.setitem(KINDS, "killing", f"{__name__}:Killing")
    Killing.stopped = ()


def test_what_a_settled_claim_has_left_is_handed_out_again():
    run = nbp.pmap(str, range(2000), backend="fake-halving", workers=2)

    assert run.state is State.DONE
    assert run.results == [str(n) for n in range(2000)]
    assert set(run.df["attempts"]) == {1}


def test_a_lost_worker_has_crashed_its_running_task_and_no_other():
    def task(number):
        if number == 700:
            raise Died
        return number

    run = nbp.pmap(task, range(2000), backend="fragile", workers=2)

    statuses = run.columns().status
    assert run.state is State.DONE
    assert statuses.count(Status.OK) == 1999
    assert statuses[700] == Status.CRASHED
    assert isinstance(run.errors[700], Died)
    assert run.df["status"][700] == "crashed"
    assert set(run.df["attempts"]) == {1}


def test_a_crashed_task_can_be_retried():
    fragile = [1]

    def task(number):
        if number == 1 and fragile.pop():
            fragile.append(0)
            raise Died
        return number

    run = nbp.pmap(task, range(3), backend="fragile", workers=1)
    assert run.snapshot().counts[Status.CRASHED] == 1

    assert run.retry().results == [0, 1, 2]


def test_what_is_given_up_is_stopped_by_backends_that_can(gate):
    run = nbp.pmap(gate, range(5), backend="killing", workers=2, grace=0, block=False)
    gate.wait_for(0, 1)
    run.cancel()
    assert run.wait(DEADLINE)

    wait_for(lambda: len(Killing.stopped) == 2)
    assert sorted(left.start for left in Killing.stopped) == [0, 1]


class Stubborn:
    """The policy that tries again, so many times, after so many seconds."""

    def __init__(self, times, pause):
        self.times, self.pause = times, pause
        self.asked = []

    def again(self, tries):
        last = tries[-1]
        self.asked.append((last.status, type(last.error), last.number))
        return Pause(self.pause, asked=False) if len(tries) <= self.times else None


def run_with(outcome, call, items, monkeypatch, **options):
    """Return the handle of a run with a policy of its own, which has begun."""
    monkeypatch.setattr(scheduler, "outcome_of", lambda _: outcome)
    work = Work("again", call, list(items), None, len(items))
    return nbp.Run(work, resolve(options))


@pytest.mark.parametrize("pause", [0.0, 0.01])
def test_an_attempt_can_be_made_again(pause, monkeypatch):
    tries = []

    def task(number):
        tries.append(number)
        if number == 1 and tries.count(1) <= 2:
            raise ValueError(number)
        return number

    outcome = Stubborn(5, pause)
    run = run_with(outcome, task, range(4), monkeypatch, workers=2).start()

    assert run.results == [0, 1, 2, 3]
    assert run.df["attempts"].tolist() == [1, 3, 1, 1]
    assert outcome.asked == [
        (Status.ERROR, ValueError, 1),
        (Status.ERROR, ValueError, 2),
    ]


def test_an_attempt_is_not_made_again_for_ever(monkeypatch):
    def task(number):
        raise ValueError(number)

    run = run_with(Stubborn(2, 0), task, [7], monkeypatch).start()

    assert run.snapshot().counts[Status.ERROR] == 1
    assert run.df["attempts"].tolist() == [3]
    assert [item for item, _, _ in run] == [7]


def test_what_waits_for_its_instant_holds_no_worker_and_is_cancelled(monkeypatch):
    # Given a task that failed and is due in an hour, and one worker
    gate = Gate()

    def task(item):
        if item == "late":
            raise ValueError
        return gate(item)

    run = run_with(
        Stubborn(9, 3600), task, ["late", "other"], monkeypatch, workers=1, block=False
    )
    run.start()

    # Then the worker goes on with another, and a cancel does not wait for that hour
    gate.wait_for("other")
    assert run.snapshot().counts[Status.PENDING] == 1
    gate.open()
    wait_for(lambda: run.snapshot().counts[Status.OK] == 1)
    run.cancel()
    assert run.wait(DEADLINE)
    assert run.df["status"].tolist() == ["cancelled", "ok"]


def test_a_grace_leaves_nothing_in_the_timer(gate):
    run = nbp.pmap(gate, [1], grace=3600, block=False)
    gate.wait_for(1)
    run.cancel()
    gate.open()
    assert run.wait(DEADLINE)

    wait_for(lambda: TIMER.run_due() is None)
    wait_for(
        lambda: all(each.name != "nbparallel-timer" for each in threading.enumerate())
    )


def test_what_has_been_given_back_stays_so():
    # Given a claim of which a task goes on
    gate, called = Gate(), []

    def task(number):
        called.append(number)
        if number == 50:
            gate(number)
        return number

    run = nbp.pmap(task, range(100), workers=1, block=False)
    gate.wait_for(50)
    scheduler = run._life.scheduler
    (claim,) = scheduler.open
    assert claim.stop > 52

    # When all behind it are given back, and then again, as if one had been begun
    scheduler.give_back(claim, 51)
    scheduler.give_back(claim, 52)

    # Then none of them is in two places
    assert claim.stop == 51
    gate.open()
    assert run.results == list(range(100))
    assert sorted(called) == list(range(100))
