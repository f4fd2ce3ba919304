"""What a run gets done with one number of workers, measured while it goes on.

Tasks last, and a short look catches whole ones by chance: among workers that keep in
step it sees none of them end, or all. So a task counts for the part of it that lies
within the look, and one that goes on as if it were to last as long as the others.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from nbparallel.engine.observer import Observer
from nbparallel.records.store import Finished
from nbparallel.types import Status

#: The most errors that are kept for a look; the share of all follows from theirs.
MOST_ERRORS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a run did in one stretch of time, with one number of workers.

    Attributes
    ----------
    seconds
        How long the stretch was.
    ended
        How many attempts ended in it.
    done
        How many attempts it amounts to, parts of them included.
    latency
        Seconds that an attempt took, on average.
    strain
        The share of attempts whose error says that there are too many at a time.
    cpu
        Seconds of processor time that this process has spent per second.
    busy
        The share of workers that had something to do.
    """

    seconds: float
    ended: int
    done: float
    latency: float
    strain: float = 0.0
    cpu: float = 0.0
    busy: float = 1.0

    @property
    def rate(self) -> float:
        """Attempts per second that were of use."""
        return self.done * (1 - self.strain) / self.seconds if self.seconds else 0.0

    def plus(self, other: Seen) -> Seen:
        """Return both stretches as one."""
        ended = self.ended + other.ended
        seconds = self.seconds + other.seconds
        mine, its = self.ended / ended, other.ended / ended
        return Seen(
            seconds=seconds,
            ended=ended,
            done=self.done + other.done,
            latency=mine * self.latency + its * other.latency,
            strain=mine * self.strain + its * other.strain,
            cpu=(self.cpu * self.seconds + other.cpu * other.seconds) / seconds,
            busy=(self.busy * self.seconds + other.busy * other.seconds) / seconds,
        )


class Gauge(Observer):
    """Measures one stretch after the other; used with the crew's lock held.

    Parameters
    ----------
    now, cpu
        The instant, by `time.perf_counter`, and the processor time so far.
    skip
        So many attempts have to end first: they were begun before anything changed.
    """

    def __init__(self, now: float, cpu: float, skip: int) -> None:
        self._since, self._cpu, self._skip = now, cpu, skip
        self._measures = False
        self._ended = self._failed = self._looks = 0
        self._done = self._took = self._busy = 0.0
        self._errors: list[BaseException] = []

    def took(self, batch: Finished) -> None:
        """Hear of attempts that have ended."""
        self.note(batch.begun, batch.ends[-1], len(batch.ends))
        for status, error in batch.failures.values():
            if status is not Status.CANCELLED:
                self.note_failure(error)

    def note(self, begun: float, ended: float, count: int) -> None:
        """Note that *count* attempts were made, one after the other, in that time."""
        if not self._measures:
            self._skip -= count
            return
        took = max(ended - begun, 1e-9)
        inside = max(0.0, ended - max(begun, self._since))
        self._ended += count
        self._took += took
        self._done += count * min(1.0, inside / took)

    def note_failure(self, error: BaseException) -> None:
        """Note of an attempt that it has failed."""
        if self._measures:
            self._failed += 1
            if len(self._errors) < MOST_ERRORS:
                self._errors.append(error)

    @property
    def errors(self) -> list[BaseException]:
        """Some of the errors of the stretch so far."""
        return [*self._errors]

    def look(self, now: float, cpu: float, going: Collection[float], most: int) -> Seen:
        """Return what was done so far.

        Parameters
        ----------
        now, cpu
            The instant, and the processor time.
        going
            When the attempts were begun that go on.
        most
            How many there may be at a time.
        """
        if not self._measures:
            self._since, self._cpu = now, cpu
            self._measures = self._skip <= 0
            return Seen(seconds=0.0, ended=0, done=0.0, latency=0.0)
        self._looks += 1
        self._busy += min(1.0, len(going) / most)
        seconds = max(now - self._since, 1e-9)
        latency = self._took / self._ended if self._ended else 0.0
        parts = sum(
            max(0.0, now - max(begun, self._since)) / max(latency, now - begun, 1e-9)
            for begun in going
        )
        return Seen(
            seconds=seconds,
            ended=self._ended,
            done=self._done + parts,
            latency=latency,
            cpu=(cpu - self._cpu) / seconds,
            busy=self._busy / self._looks,
        )

    def share_of(self, strained: int, errors: int) -> float:
        """Return the share of attempts, where *strained* of so many errors are so."""
        if not errors or not self._ended:
            return 0.0
        return min(1.0, self._failed * strained / (errors * self._ended))
