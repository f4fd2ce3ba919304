"""How many tasks may be claimed now.

- *Width*: no more claims at a time than there are workers.
- *Batch*: a claim of quick tasks should last some time; it grows until it does.
  What it has not begun can be taken back at any time, so it may last longer than the
  time in which a cancel must be felt.
- *Share*: towards the end claims get smaller, so that all workers end together.
- *Buffer*: a run goes only so far ahead of the loop that reads it.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Final

from nbparallel.engine.source import Source
from nbparallel.workers.base import Backend
from nbparallel.workers.claim import Claim

#: Seconds that a claim of quick tasks should last. Whatever ends within one is seen by
#: who looks, but nobody hears of it: so it is short where something hangs on failures.
CLAIM_SECONDS: Final = 0.1
SHORT_CLAIM_SECONDS: Final = 0.001
#: The most tasks in one claim.
MOST_TASKS: Final = 8192


class Limits:
    """The limits of one run; called with the crew's lock held.

    Parameters
    ----------
    backend
        What carries its tasks out.
    workers
        How many claims there may be at a time.
    bound
        How many tasks may be ahead of the reader; None: any number.
    urgent
        Whether something hangs on failures, so that claims are to be short.
    """

    def __init__(
        self, backend: Backend, workers: int, bound: int | None, *, urgent: bool
    ) -> None:
        self.workers = workers
        self.bound = bound
        self.read = 0  # tasks that a reader has had
        self.awaiters = 0  # who wait for the end: then there is no bound
        self._backend = backend
        self._seconds = SHORT_CLAIM_SECONDS if urgent else CLAIM_SECONDS
        if backend.waits_itself:  # and looks for an interrupt after each claim
            self._seconds = 0.0
        self._batch = 1

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

    def most(self, source: Source) -> int:
        """Return how many tasks the next claim may have, 0 or less for none."""
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
