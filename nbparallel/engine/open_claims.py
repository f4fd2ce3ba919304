"""The claims that workers hold, and what they have finished so far."""

from __future__ import annotations

import sys
from array import array
from time import perf_counter
from types import CoroutineType
from typing import Any

from nbparallel.coroutines import never_awaited
from nbparallel.edge.signals import has_struck
from nbparallel.errors import Abandoned, TaskCancelled
from nbparallel.records.store import Finished
from nbparallel.types import MISSING, Status
from nbparallel.workers.claim import Claim

#: At how many results of a claim it is looked whether they are coroutines.
MOST_LOOKS = 32
#: How a task ends that heeds a cancel.
_STOPPED = (TaskCancelled, KeyboardInterrupt, Abandoned)


class OpenClaims(set[Claim]):
    """The open claims of one run; used with the crew's lock held.

    Attributes
    ----------
    revoked
        The claims that were given up and whose worker has not come back.
    """

    def __init__(self) -> None:
        super().__init__()
        self.revoked: set[Claim] = set()
        self._long: set[Claim] = set()  # with tasks that may not have been begun

    def add(self, claim: Claim) -> None:
        """Note that a worker has taken *claim*."""
        super().add(claim)
        if len(claim.items) > 1:
            self._long.add(claim)

    def close(self, claim: Claim) -> None:
        """Note that *claim* is not open any more."""
        self.discard(claim)
        self._long.discard(claim)

    def steal(self) -> range | None:
        """Take half of what the fullest claim has not begun, for an idle worker."""
        while self._long:
            victim = max(self._long, key=lambda claim: len(claim.items))
            if not victim.items:
                self._long.clear()  # the fullest is empty: so are all, for ever
            elif tasks := victim.take_back((len(victim.items) + 1) // 2):
                return tasks
        return None

    def take_back(self, beyond: int = 0) -> list[range]:
        """Take back what no worker has begun whose number is *beyond* or greater."""
        those = [claim for claim in self if claim.worker >= beyond]
        taken = [tasks for claim in those if (tasks := claim.take_back())]
        for claim in [claim for claim in self if claim.is_void]:
            self.close(claim)  # it may be long before its worker comes to it
        return taken

    def take_over(self) -> range | None:
        """Take what waits for a worker that may never come, for one that is here."""
        for claim in self:
            if not claim.begun and (tasks := claim.take_back()):
                if claim.is_void:
                    self.close(claim)
                return tasks
        return None

    def going(self) -> list[tuple[float, int, Claim]]:
        """Return since when each task is carried out, and by which claim.

        As of what was taken in last: a task that has ended since still goes on, and the
        next one has not begun. So none is counted twice, and none is left out.
        """
        return [
            (claim.began_at(claim.harvested), task, claim)
            for claim in self
            if claim.begun and (task := claim.first + claim.harvested) < claim.stop
        ]

    def with_task(self, task: int) -> Claim | None:
        """Return the claim that holds *task*, or None."""
        return next((claim for claim in self if task in claim.left), None)


def finished_of(claim: Claim, *, crashed: int, halted: bool) -> Finished | None:
    """Return what *claim* has finished since it was asked last, or None if nothing.

    Parameters
    ----------
    claim
        The claim; its worker may go on meanwhile.
    crashed
        How many of the last failures are the death of its worker.
    halted
        Whether the run is being cancelled: who stops for that reason has not failed.
    """
    start, stop = claim.harvested, len(claim.ends)
    if start == stop:
        return None
    claim.harvested = stop
    failures = {}
    for offset in [n for n in list(claim.failures) if n < stop]:
        error = claim.failures.pop(offset)
        status = Status.ERROR
        if claim.expired and claim.first + offset == claim.stop - 1:
            status, error = Status.TIMEOUT, claim.expired  # whatever it made of the end
        elif offset >= stop - crashed:
            status = Status.CRASHED
        elif halted and _stopped(error):
            status = Status.CANCELLED
        failures[offset - start] = (status, error)
    values = claim.values[start:stop]
    # A look at each of many values would be a tenth of the time of tasks so short.
    if CoroutineType in {*map(type, values[:MOST_LOOKS]), type(values[-1])}:
        failures |= _never_awaited(values)
    texts = {}
    for offset in [n for n in list(claim.texts) if n < stop]:
        texts[offset - start] = str(claim.texts.pop(offset))
    return Finished(
        first=claim.first + start,
        worker=claim.worker,
        values=values,
        begun=claim.began_at(start),
        ends=array("d", claim.ends[start:stop]),
        failures=failures,
        texts=texts,
    )


def _never_awaited(values: list[Any]) -> dict[int, tuple[Status, BaseException]]:
    """Take the coroutines out of *values*; return the failures that they are.

    What returns them is no coroutine function, so that nobody knew beforehand.
    """
    failures: dict[int, tuple[Status, BaseException]] = {}
    for offset, value in enumerate(values):
        if type(value) is CoroutineType:
            values[offset] = MISSING
            failures[offset] = Status.ERROR, never_awaited(value)
    return failures


def stands_as(
    claim: Claim, task: int, status: Status, error: BaseException
) -> Finished:
    """Return a task of *claim* that is carried out, as if it had ended now."""
    text = claim.printed(task - claim.first)
    return Finished(
        first=task,
        worker=claim.worker,
        values=[MISSING],
        begun=claim.began_at(claim.harvested),
        ends=array("d", (perf_counter(),)),
        failures={0: (status, error)},
        texts={0: text} if text else {},
    )


def _stopped(error: BaseException) -> bool:
    """Whether *error* ended a task that would have gone on: that is no failure."""
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is not None and isinstance(error, asyncio.CancelledError):
        return True
    return isinstance(error, _STOPPED) or has_struck(error)
