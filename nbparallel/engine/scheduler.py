"""The one scheduler: who works on what, and how a run ends.

::

    input ──read──▶ Source ──next_claim──▶ Claim ──settle──▶ Records ──▶ snapshot
                      ▲                      │
                      └──── put back ◀───────┘   pause, cancel, an idle or lost worker

Guarantees
----------
- Every task is in exactly one place: at hand in the source, in one open claim, or
  ended in the records. All moves between them happen under the crew's lock.
- A run that is halted or paused hands out no further task.
- The end is announced exactly once per start, by whoever brought the last task.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from time import perf_counter

from nbparallel.engine.expiry import Expiry
from nbparallel.engine.intake import Intake
from nbparallel.engine.limits import Limits
from nbparallel.engine.listener import Listener
from nbparallel.engine.open_claims import OpenClaims
from nbparallel.engine.outcome import outcome_of
from nbparallel.engine.pacing import Pacing
from nbparallel.engine.phase import Phase
from nbparallel.engine.reading import next_visit
from nbparallel.engine.sharing import workers_for
from nbparallel.engine.source import Source
from nbparallel.engine.stopwatch import Stopwatch
from nbparallel.options import Options
from nbparallel.records.passing import records_for
from nbparallel.work.work import Work
from nbparallel.workers.claim import Claim
from nbparallel.workers.scope import context_of_tasks


class Scheduler:
    """Hands out the tasks of one run and takes their outcomes.

    Parameters
    ----------
    work, options
        What to do and how.
    parent
        The run inside whose task this one is made, or None.
    listener
        Who is told of the end.
    """

    def __init__(
        self,
        work: Work,
        options: Options,
        parent: Scheduler | None,
        listener: Listener,
    ) -> None:
        self.work, self.options, self.listener = work, options, listener
        self.parent, self.children = parent, set[Scheduler]()
        self.call, self.context = work.call, context_of_tasks()
        self.keeps_text, self.echo = options.capture, True
        self.epoch = time.time() - perf_counter()
        self.crew, self.backend, workers = workers_for(options, parent)
        self.backend.prepare(self.call)
        self.clock, self.phase = Stopwatch(), Phase()
        self.records, self.open = records_for(options, workers), OpenClaims()
        self.source = Source(self.records, work)
        pacing = Pacing(options.rate, self.crew, self.phase, self.clock)
        self.limits = Limits(options, self.backend, workers, pacing, singly=work.singly)
        self.expiry = Expiry(self)
        self.intake = Intake(
            self.crew,
            self.phase,
            self.records,
            self.source,
            outcome=outcome_of(options),
            on_failure=listener.failed if options.on_error == "raise" else None,
            on_decision=self.end_if_dry,
        )

    def start(self) -> None:
        """Begin, or begin again; workers come with `steering.staff`."""
        if self.parent is not None:
            self.parent.children.add(self)
        with self.crew.lock:
            if not self.crew.members:
                self.backend.close()  # who is on the way home counts for nothing
            self.crew.members.append(self)
            self.clock.start()
            self.end_if_dry()
            self.crew.rouse(self.source.at_hand + 1)  # and one to read
            self.crew.changed()
        self.crew.flush()

    # -- Claims out; the lock is held -------------------------------------------------

    def next_claim(self, worker: int) -> Claim | None:
        """Return work of this run if there is any now."""
        if self._holds_back():
            return None
        self.source.absorb()
        return self.claim_of(self.limits.take(self.source) or self.open.steal(), worker)

    def take_over(self, worker: int) -> Claim | None:
        """Return work that waits for a worker who may be waiting for this one."""
        tasks = None if self.phase.holds_back else self.open.take_over()
        return self.claim_of(tasks, worker)

    def claim_of(self, tasks: range | None, worker: int) -> Claim | None:
        """Return a claim of *tasks*, which nobody else has any more, if there are."""
        if tasks is None:
            return None
        items = self.records.items_of(tasks)
        claim = Claim(self, worker, tasks.start, items, self.phase.halt)
        self.open.add(claim)
        self.expiry.watch()
        return claim

    def next_reading(self) -> Callable[[], None] | None:
        """Return what reads the input, if the caller is to do that now."""
        if self._holds_back():
            return None
        return next_visit(self, self.source.reading, self.limits.most(self.source))

    def has_read(self) -> None:
        """Take in what a visit to the input has brought."""
        if not self._holds_back():
            self.source.absorb()
        self.end_if_dry()
        self.crew.rouse(max(1, self.source.at_hand))  # somebody is to read on

    @property
    def has_work(self) -> bool:
        """Whether a worker that comes now gets something to do."""
        if self._holds_back() or self.limits.most(self.source) <= 0:
            return False
        return self.source.at_hand > 0 or self.source.has_input

    def _holds_back(self) -> bool:
        return self.phase.holds_back or self.limits.are_reached(self.open)

    # -- Outcomes in ------------------------------------------------------------------

    def settle(self, claim: Claim) -> None:
        """Take a claim back; what it has left is handed out again."""
        self._close(claim, self.intake.take)

    def give_back(self, claim: Claim, task: int) -> None:
        """Take back what a worker has and won't begin, from *task* on."""
        with self.crew.lock:
            self.intake.take_rest(claim, task)
        self.crew.flush()

    def lost(self, claim: Claim, error: BaseException) -> None:
        """Hear that the worker of a claim is gone: its running task has crashed."""
        self._close(claim, lambda claim: self.intake.take_lost(claim, error))

    def broken(self, error: BaseException) -> None:
        """Hear that there are no workers any more; the lock is held."""
        if self.phase.breaks_down(error):
            self.listener.failed(error)

    def _close(self, claim: Claim, take: Callable[[Claim], None]) -> None:
        with self.crew.lock:
            if claim.revoked:
                self.open.revoked.discard(claim)  # it came back after all
                return
            if self.limits.are_reached(self.open):
                self.crew.rouse_one()  # who was turned away while it was full
            self.limits.learn(claim)
            self.open.close(claim)
            take(claim)
            self.intake.put_back(claim.left)
            self.end_if_dry()
            self.crew.progressed()

    def end_if_dry(self) -> None:
        """End the run if nothing of it is left to be done; the lock is held."""
        if self.phase.over.is_set() or self.phase.sees_off or self.open:
            return
        if self not in self.crew.members:
            return
        # What is unread of a cancelled run's input is left for a retry.
        goes_on = not (self.source.exhausted or self.phase.halt.is_set())
        if goes_on or self.source.waiting:
            return
        self.phase.end()
        self.clock.stop()
        self.crew.members.remove(self)
        if not self.crew.members:
            self.backend.close()
        if self.parent is not None:
            self.parent.children.discard(self)
        self.crew.changed()
        self.crew.after(self.listener.ended)
