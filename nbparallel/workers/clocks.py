"""How much CPU time threads have used, and how long they waited for a CPU."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import cache
from threading import get_ident
from typing import Any, Final

#: CPU time, time of waiting for a CPU, and number of turns; Linux has it.
_SCHEDULED: Final = "/proc/thread-self/schedstat"
#: Missing on macOS and Windows.
_clock_of: Any = getattr(time, "pthread_getcpuclockid", None)


class ThreadClocks:
    """The clocks of threads that come and go.

    Only the thread itself asks for its clock: of one that has ended, to ask is fatal.
    To read the clock of one that has ended is an `OSError`.
    """

    def __init__(self) -> None:
        self._clocks: dict[int, int] = {}

    def enter(self) -> None:
        """Note this thread."""
        if _clock_of is not None:
            self._clocks[get_ident()] = _clock_of(get_ident())

    def leave(self) -> None:
        """Note that this thread is about to end."""
        self._clocks.pop(get_ident(), None)

    def __len__(self) -> int:
        return len(self._clocks)

    def seconds(self) -> Mapping[int, float]:
        """Return the CPU seconds of each thread since its start, by its number."""
        found = {}
        for thread, clock in self._clocks.copy().items():
            try:
                found[thread] = time.clock_gettime(clock)
            except OSError:  # it has ended meanwhile
                continue
        return found


def queued() -> float:
    """Return the seconds for which this thread was ready and waited for a CPU.

    0.0 where the system does not tell.
    """
    try:
        with open(_SCHEDULED, "rb", buffering=0) as file:  # noqa: PTH123 # a third of the time
            return int(file.read(100).split()[1]) * 1e-9
    except (OSError, IndexError, ValueError):
        return 0.0


@cache
def tells_queued() -> bool:
    """Whether the system tells that."""
    return os.access(_SCHEDULED, os.R_OK)
