"""Looks at the runs that are under way, some times a second.

It is one entry in the timer, for all runs. A run that begins and ends between two looks
costs no more than being noted; the entry stays for a moment when there is no run, so
that one run after the other doesn't start a thread each time.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol

from nbparallel.daemons import anew_in_a_child
from nbparallel.engine.timer import TIMER, Timer
from nbparallel.workers.clocks import queued

#: Seconds between two looks. They take some 0.4 % of one CPU in all.
PERIOD: Final = 0.05
#: Looks at nothing before the entry goes.
LINGER: Final = 5


class Looker(Protocol):
    """Who is called."""

    def look(self, late: float) -> None:
        """Look; it comes so many seconds later than it was to.

        Seconds that this thread waited for a CPU are left out, where that is known.
        """


class Sampler:
    """Has all of its lookers look, from the timer's thread."""

    def __init__(self, timer: Timer = TIMER) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._lookers: set[Looker] = set()
        self._idle = 0
        self._due = 0.0
        self._ticks = False
        self._queued = 0.0

    def add(self, looker: Looker) -> None:
        """Have *looker* look from now on."""
        with self._lock:
            self._lookers.add(looker)
            if self._ticks:
                # What was due before it began is not late for this one.
                self._due = max(self._due, self._timer.clock())
                self._timer.go_on()
            else:
                self._ticks = True
                self._go_on()

    def remove(self, looker: Looker) -> None:
        """Have it look no more."""
        with self._lock:
            self._lookers.discard(looker)

    def _tick(self) -> None:
        late = self._timer.clock() - self._due
        late -= max(0.0, queued() - self._queued)
        with self._lock:
            lookers = list(self._lookers)
            self._idle = 0 if lookers else self._idle + 1
            self._ticks = self._idle < LINGER
        try:
            _look(lookers, late)
        finally:
            if self._ticks:
                self._go_on()

    def _go_on(self) -> None:
        self._queued = queued()
        self._due = self._timer.clock() + PERIOD
        self._timer.after(PERIOD, self._tick)


def _look(lookers: list[Looker], late: float) -> None:
    for looker in lookers:
        looker.look(late)


#: The sampler of this process.
SAMPLER = Sampler()
anew_in_a_child(SAMPLER)
