"""How many tasks may be claimed now.

- *Width*: no more claims at a time than there are workers.
- *Batch*: a claim of quick tasks should last some time; it grows until it does.
  What it has not begun can be taken back at any time, so it may last longer than the
  time in which a cancel must be felt.
- *Share*: towards the end claims get smaller, so that all workers end together.
- *Rate*: no task starts before its instant, and so none lies in a claim until then.
- *Buffer*: a run goes only so far ahead of the loop that reads it.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Final

from nbparallel.engine.pacing import Pacing
from nbparallel.engine.source import Source
from nbparallel.options import AUTO, Options
from nbparallel.workers.base import Backend
from nbparallel.workers.claim import Claim

#: Seconds that a claim of quick tasks should last. Whatever ends within one is seen by
#: who looks, but nobody hears of it: so it is short where something hangs on failures.
CLAIM_SECONDS: Final = 0.1
SHORT_CLAIM_SECONDS: Final = 0.001
#: How far a run may be ahead of the loop that reads it, where that has to be bounded.
READ_AHEAD: Final = 1000
#: The most tasks in one claim.
MOST_TASKS: Final = 8192
#: The most changes of the number of workers that are remembered.
MOST_WIDTHS: Final = 512


class Limits:
    """The limits of one run; called with the crew's lock held.

    Parameters
    ----------
    options
        Of the run. Where something hangs on failures, claims are to be short.
    backend
        What carries its tasks out.
    workers
        How many claims there may be at a time.
    pacing
        What holds its starts back.
    singly
        Whether a claim has but one task.

    Attributes
    ----------
    workers
        How many claims there may be at a time.
    follows
        Whether that number follows what the work rewards.
    widths
        Since when there were how many, in seconds of the run; not all, if many.
    bound
        How many tasks may be ahead of the reader; None: any number.
    """

    def __init__(
        self,
        options: Options,
        backend: Backend,
        workers: int,
        pacing: Pacing,
        *,
        singly: bool = False,
    ) -> None:
        self.workers = workers
        self.follows = options.workers == AUTO
        self.widths = [(0.0, workers)]
        self.pacing = pacing
        self.bound = options.buffer
        if self.bound is None and not options.keep_results:
            self.bound = READ_AHEAD  # what the reader has not had is not to be let go
        self.read = 0  # tasks that a reader has done with
        self.given = 0  # tasks that a reader has been given
        self.awaiters = 0  # who wait for the end: then there is no bound
        self._backend = backend
        urgent = options.on_error == "raise" or options.retries
        self._seconds = SHORT_CLAIM_SECONDS if urgent else CLAIM_SECONDS
        # Who carries out what it waits for looks for an interrupt after each claim.
        if backend.waits_itself or singly:
            self._seconds = 0.0
        self._batch = 1

    def resize(self, workers: int, elapsed: float) -> None:
        """Have that many from now on."""
        if workers != self.workers:
            self.workers = workers
            self.widths.append((elapsed, workers))
            if len(self.widths) > MOST_WIDTHS:
                del self.widths[1:-1:2]

    @property
    def have_a_reader(self) -> bool:
        """Whether the input is read by a thread of its own.

        A lone worker that reads carries nothing out meanwhile, and an input may wait
        for what comes of the item before.
        """
        return self.workers == 1 and not self._backend.waits_itself

    def are_reached(self, claims: Sized) -> bool:
        """Whether there are as many open *claims* as there may be."""
        return len(claims) >= self.workers + self._backend.spare

    def take(self, source: Source) -> range | None:
        """Take tasks from *source*, as many as may be claimed now."""
        pacing = self.pacing
        if not pacing.holds_back:
            most = self.most(source)
            if most <= 0 or not source.at_hand:
                return None
            if pacing.start():
                tasks = source.take(most)
                if source.at_hand:
                    pacing.wake_next()
                return tasks
        if source.at_hand or source.has_input:
            pacing.wake_in_time()
        return None

    def held_by(self, source: Source, claims: Sized) -> str:
        """Return the rate if that, not the workers, is what holds the run back."""
        rate = self.pacing.rate
        has_more = source.at_hand or source.has_input
        if rate is None or not has_more or self.are_reached(claims):
            return ""
        return rate.text if rate.left() > 0 else ""

    def most(self, source: Source) -> int:
        """Return how many tasks the next claim may have, 0 or less for none."""
        if self.pacing.rate is not None:
            most = 0 if self.pacing.holds_back else 1
        else:
            most = self._batch
        if source.at_hand:
            most = min(most, max(1, source.at_hand // (2 * self.workers)))
        if self.bound is None or self.awaiters or not source.next_is_fresh:
            return most
        return min(most, self.read + self.bound + self.workers - source.handed_out)

    def learn(self, claim: Claim) -> None:
        """Adapt the size of claims to how long that one took."""
        count = len(claim.ends)
        if not count:
            return
        lasted = claim.ends[-1] - claim.begun
        if lasted > 4 * self._seconds:
            self._batch = max(1, int(count * self._seconds / lasted))
        elif lasted < self._seconds and count >= self._batch:
            self._batch = min(2 * count, MOST_TASKS)
