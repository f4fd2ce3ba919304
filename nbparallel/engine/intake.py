"""Outcomes in: from the ledgers of claims into the records, and what follows from them.

Called with the crew's lock held.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from time import perf_counter

from nbparallel.engine.crew import Crew
from nbparallel.engine.observer import Observer
from nbparallel.engine.open_claims import finished_of, stands_as
from nbparallel.engine.outcome import Outcome, again_in
from nbparallel.engine.phase import Phase
from nbparallel.engine.source import Source
from nbparallel.engine.timer import TIMER
from nbparallel.errors import Abandoned
from nbparallel.records.store import Finished, Records
from nbparallel.records.tries import Try
from nbparallel.types import MISSING, Status
from nbparallel.workers.claim import Claim


class Intake:
    """Takes in what the tasks of one run came to.

    Parameters
    ----------
    crew, phase, records, source
        Of the run.
    outcome
        What a failed attempt means; None: that it was the last one.
    on_failure
        Called with each failure that is final; or None.
    on_decision
        Called when a failure has turned out to be final.

    Attributes
    ----------
    observers
        Who hears of what has been taken in, in this order.
    given_up
        The tasks that are not tried again, whatever the outcome says.
    """

    def __init__(
        self,
        crew: Crew,
        phase: Phase,
        records: Records,
        source: Source,
        *,
        outcome: Outcome | None,
        on_failure: Callable[[BaseException], None] | None,
        on_decision: Callable[[], None],
    ) -> None:
        self._crew, self._phase = crew, phase
        self._records, self._source = records, source
        self._outcome, self._on_failure = outcome, on_failure
        self._on_decision = on_decision
        self._alarm = phase.alarm(self._note_time)
        self.observers: list[Observer] = []
        self.given_up: set[int] = set()

    def take(self, claim: Claim, *, crashed: int = 0) -> None:
        """Take in what *claim* has finished; its worker may go on meanwhile.

        The last *crashed* of that are what its worker held when it died.
        """
        halted = self._phase.halt.is_set()
        finished = finished_of(claim, crashed=crashed, halted=halted)
        if finished is None:
            return
        self._commit(finished)
        for offset, (status, error) in finished.failures.items():
            if status is not Status.CANCELLED:
                self._judge(finished.first + offset, claim.worker, error)
        self.note_ends(finished.tasks)

    def take_all(self, claims: Iterable[Claim]) -> None:
        """Take in what *claims* have finished so far."""
        for claim in list(claims):
            self.take(claim)

    def take_lost(self, claim: Claim, error: BaseException) -> None:
        """Take in a claim whose worker has died: what it held has crashed.

        Of a worker that we have ended, it has been abandoned.
        """
        error = claim.expired or error
        held = len(claim.left) if claim.sealed else int(claim.running is not None)
        for _ in range(held):
            claim.failures[len(claim.ends)] = error
            claim.values.append(MISSING)
            claim.ends.append(perf_counter())
        self.take(claim, crashed=0 if isinstance(error, Abandoned) else held)

    def take_expired(self, claim: Claim, error: BaseException) -> bool:
        """Give up *claim*, whose running task has lasted too long.

        What its worker has put aside, and has not begun, goes to others. Return whether
        the task was still running.
        """
        self.take(claim)
        task = claim.first + claim.harvested
        if task == claim.stop:
            return False
        self.take_rest(claim, task + 1)
        claim.revoked = True
        self.give_up(claim, task, Status.TIMEOUT, error)
        self._judge(task, claim.worker, error)
        self.note_ends(range(task, task + 1))
        return True

    def give_up(
        self, claim: Claim, task: int, status: Status, error: BaseException
    ) -> None:
        """Take in that *task* has ended, which its worker goes on with."""
        self._commit(stands_as(claim, task, status, error))

    def take_rest(self, claim: Claim, task: int) -> None:
        """Take back the tasks of *claim* from *task* on, which nobody has begun.

        What has been taken back stays so: who says so later may have seen a task as
        begun that its process then refused.
        """
        if not claim.revoked and task < claim.stop:
            claim.items.clear()
            tasks, claim.stop = range(task, claim.stop), task
            self.put_back(tasks)

    def put_back(self, tasks: range) -> None:
        """Take back tasks that were handed out and have not ended."""
        if not tasks:
            return
        if self._phase.halt.is_set():
            self.cancel(tasks)
        else:
            self._source.give_back(tasks)
            self._crew.rouse(len(tasks))

    def cancel(self, tasks: range) -> None:
        """Mark tasks that nobody has begun, and nobody holds, as cancelled."""
        self._records.cancel(tasks)
        for observer in self.observers:
            observer.cancelled(tasks)

    def note_ends(self, tasks: range) -> None:
        """Hand out what waited for *tasks* alone, cancel what waits in vain."""
        if self._source.shelf.sorts:
            for lost in self._source.note_end(tasks):
                self.cancel(lost)
            self._crew.rouse(self._source.at_hand)

    def _commit(self, finished: Finished) -> None:
        self._records.commit(finished)
        for observer in self.observers:
            observer.took(finished)

    def _judge(self, task: int, worker: int, error: BaseException) -> None:
        """See whether *task*, which has failed, is to be tried again.

        That is for the user's code to say: it lies on the shelf until the lock is free.
        """
        is_last = self._phase.halt.is_set() or task in self.given_up
        if self._outcome is None or is_last:
            self._is_final(task, worker, error)
            return
        records = self._records
        records.reopen(range(task, task + 1))
        self._source.shelf.hold_until(math.inf, task)
        self._crew.after(partial(self._decide, task, records.tried(task)))

    def _decide(self, task: int, tries: list[Try]) -> None:
        """Decide on *task*, which was tried so often; without the lock."""
        assert self._outcome is not None
        pause, last = again_in(self._outcome, tries), tries[-1]
        with self._crew.lock:
            if not self._source.shelf.remove(task):
                return  # it was cancelled meanwhile
            if pause is None or self._phase.halt.is_set():
                self._records.fail_again(task)
                self._is_final(task, last.worker, last.error)
                self.note_ends(range(task, task + 1))
                self._on_decision()
                self._crew.progressed()
            else:
                instant = TIMER.clock() + pause.seconds
                self._source.shelf.hold_until(instant, task, asked=pause.asked)
                self._alarm.by(instant)
                for observer in self.observers:
                    observer.tries_again(task, last.worker, last.error, pause.seconds)

    def _is_final(self, task: int, worker: int, error: BaseException) -> None:
        for observer in self.observers:
            observer.failed(task, worker, error)
        if self._on_failure is not None:
            self._on_failure(error)

    def _note_time(self) -> None:
        with self._crew.lock:
            self._source.note_time(TIMER.clock())
            self._alarm.by(self._source.shelf.next_due)
            self._crew.rouse(self._source.at_hand)
        self._crew.flush()
