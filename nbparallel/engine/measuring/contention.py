"""Whether tasks take turns at the interpreter lock.

Four things come together when they do: whoever wakes up, and has a CPU, waits for the
lock all the same; the process has no more than one CPU's time; the workers, not others,
have it; and several of them have a share. Tasks that wait, that compute in C without
the lock, or one of which computes while the others wait, each lack one.

The time of it is the CPU time that the workers had meanwhile: on a machine that is busy
with something else it may be too little, never too much.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from nbparallel.workers.bounds import has_one_lock
from nbparallel.workers.clocks import tells_queued

#: Seconds that a look must be late. Where the lock is free, timers are late by half of
#: that at most; where it is not, most wait a turn, of which the shortest are 0.0003 s.
LATE: Final = 0.0002
#: The share of the looks that must be late. Some come just as a turn ends, and of some
#: too much is taken off for a CPU that was waited for.
OFTEN: Final = 0.6
#: CPUs in use that are no more than one, as exactly as that can be measured.
ONE: Final = 1.3
#: The share of the process's time that the workers must have.
THEIRS: Final = 0.8
#: How many threads must share it. One that computes besides some that wait makes 1.05.
SEVERAL: Final = 1.2


def is_possible() -> bool:
    """Whether there is such a lock, and the system tells enough to see who has it."""
    return tells_queued() and has_one_lock()


class Contention:
    """What looks at the lock have found.

    Attributes
    ----------
    looked
        Seconds that were looked at.
    """

    def __init__(self) -> None:
        self.looked = 0.0
        self._shared = 0.0  # seconds of workers that shared one CPU among themselves
        self._looks = self._late = 0  # looks at those; the late ones of them
        self._threads: Mapping[int, float] = {}
        self._process = 0.0

    @property
    def contended(self) -> float:
        """The seconds of `looked` in which tasks took turns at the lock."""
        if self._late < OFTEN * self._looks:
            return 0.0
        return min(self._shared, self.looked)

    def begin(self, threads: Mapping[int, float]) -> None:
        """Look from here on; *threads* as in `look`."""
        self._threads, self._process = threads, time.process_time()

    def look(self, span: float, late: float, threads: Mapping[int, float]) -> None:
        """Look at the last *span* seconds.

        Parameters
        ----------
        span
            How long ago the last look was.
        late
            How many seconds after its instant this one came, waiting for a CPU left
            out.
        threads
            The CPU seconds of each worker, by thread.
        """
        process = time.process_time()
        used, self._process = process - self._process, process
        spent = [now - self._threads.get(each, 0.0) for each, now in threads.items()]
        self._threads = threads
        self.looked += span
        if _is_shared(spent, used, span):
            self._shared += sum(spent)
            self._looks += 1
            self._late += late >= LATE


def _is_shared(spent: list[float], used: float, span: float) -> bool:
    """Whether several workers have *used* no more than one CPU, among themselves."""
    theirs = sum(spent)
    if theirs <= 0 or used > ONE * span or theirs < THEIRS * used:
        return False
    return theirs**2 / sum(each**2 for each in spent) >= SEVERAL
