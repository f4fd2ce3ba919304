"""Outcomes in: from the ledgers of claims into the records, and what follows from them.

Called with the crew's lock held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter

from nbparallel.engine.crew import Crew
from nbparallel.engine.open_claims import finished_of
from nbparallel.engine.outcome import Outcome
from nbparallel.engine.phase import Phase
from nbparallel.engine.source import Source
from nbparallel.engine.timer import TIMER
from nbparallel.errors import Abandoned
from nbparallel.records.store import Records
from nbparallel.types import MISSING, Status
from nbparallel.workers.claim import Claim


class Intake:
    """Takes in what the tasks of one run came to.

    Parameters
    ----------
    crew, phase, records, source
        Of the run.
    outcome
        What a failed attempt means.
    on_failure
        Called with each failure that is final; or None.
    """

    def __init__(
        self,
        crew: Crew,
        phase: Phase,
        records: Records,
        source: Source,
        *,
        outcome: Outcome,
        on_failure: Callable[[BaseException], None] | None,
    ) -> None:
        self._crew, self._phase = crew, phase
        self._records, self._source = records, source
        self._outcome, self._on_failure = outcome, on_failure

    def take(self, claim: Claim, *, crashed: int = 0) -> None:
        """Take in what *claim* has finished; its worker may go on meanwhile.

        The last *crashed* of that are what its worker held when it died.
        """
        halted = self._phase.halt.is_set()
        finished = finished_of(claim, crashed=crashed, halted=halted)
        if finished is None:
            return
        self._records.commit(finished)
        for offset, (status, error) in finished.failures.items():
            if status is not Status.CANCELLED:
                self._judge(finished.first + offset, status, error)
        if self._source.shelf.sorts:
            stop = finished.first + len(finished.ends)
            self._source.note_end(range(finished.first, stop))
            self._crew.rouse(self._source.at_hand)

    def take_all(self, claims: Iterable[Claim]) -> None:
        """Take in what *claims* have finished so far."""
        for claim in list(claims):
            self.take(claim)

    def take_lost(self, claim: Claim, error: BaseException) -> None:
        """Take in a claim whose worker has died: what it held has crashed.

        Of a worker that we have ended, it has been abandoned.
        """
        held = len(claim.left) if claim.sealed else int(claim.running is not None)
        for _ in range(held):
            claim.failures[len(claim.ends)] = error
            claim.values.append(MISSING)
            claim.ends.append(perf_counter())
        self.take(claim, crashed=0 if isinstance(error, Abandoned) else held)

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
            self._records.cancel(tasks)
        else:
            self._source.give_back(tasks)
            self._crew.rouse(len(tasks))

    def _judge(self, task: int, status: Status, error: BaseException) -> None:
        pause = None
        if not self._phase.halt.is_set():
            tried = self._records.attempts_of(task)
            pause = self._outcome.again(status, error, tried)
        if pause is None:
            if self._on_failure is not None:
                self._on_failure(error)
        else:
            self._records.reopen(range(task, task + 1))
            self._source.shelf.hold_until(TIMER.clock() + pause, task)
            self._phase.call_after(pause, self._note_time)

    def _note_time(self) -> None:
        with self._crew.lock:
            self._source.note_time(TIMER.clock())
            self._crew.rouse(self._source.at_hand)
        self._crew.flush()
