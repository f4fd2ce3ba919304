"""Between which numbers of workers ``workers="auto"`` chooses."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Final

#: The share of the processors from which on they count as used up; and what tasks that
#: compute one at a time seem to use, beside other programs and the engine itself.
FULL: Final = 0.85
ONE: Final = (0.7, 1.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is known of the workers of a kind beforehand.

    Attributes
    ----------
    first, most
        The number to begin with, and the greatest.
    processors
        How many processors there are.
    one_lock
        Their tasks compute in Python one at a time.
    """

    first: int
    most: int
    processors: int = 1
    one_lock: bool = False

    def are_reached(self, cpu: float) -> bool:
        """Whether the processors allow for no more, as far as that can be told.

        Parameters
        ----------
        cpu
            Seconds of processor time that this process spends per second.
        """
        if cpu >= FULL * self.processors:
            return True
        return self.one_lock and ONE[0] <= cpu <= ONE[1]


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_one_lock() -> bool:
    """Whether the threads of this interpreter compute in Python one at a time."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()
