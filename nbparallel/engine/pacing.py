"""Holds the starts of a run back to its rate."""

from __future__ import annotations

from nbparallel.engine.crew import Crew
from nbparallel.engine.phase import Phase
from nbparallel.engine.stopwatch import Stopwatch
from nbparallel.engine.timer import TIMER
from nbparallel.rates import Rate


class Pacing:
    """The rate of one run; used with the crew's lock held.

    Attributes
    ----------
    rate
        The rate, or None.
    waits
        How many tasks have been put off.
    """

    def __init__(
        self, rate: str | Rate | None, crew: Crew, phase: Phase, clock: Stopwatch
    ) -> None:
        self.rate = Rate(rate) if isinstance(rate, str) else rate
        self._crew = crew
        self._alarm = phase.alarm(self._wake_one)
        self._clock = clock
        self.waits = 0
        self._waited = 0.0
        self._since: float | None = None  # when a task was put off, by the clock

    @property
    def holds_back(self) -> bool:
        """Whether no task may start now."""
        return self.rate is not None and self.rate.left() > 0

    def start(self) -> bool:
        """Return whether a task may start now; it is counted as started."""
        if self.rate is None:
            return True
        if not self.rate.take():
            return False
        if self._since is not None:
            self.waits += 1
            self._waited, self._since = self.waited, None
        return True

    @property
    def waited(self) -> float:
        """Seconds, pauses left out, for which a task was put off."""
        since = self._since
        return self._waited + (0.0 if since is None else self._clock.active - since)

    def wake_next(self) -> None:
        """Have an idle worker woken once the next task may start: nobody asks for it.

        Who has just taken one may be at it for long.
        """
        if self._crew.idle:
            self.wake_in_time()

    def wake_in_time(self) -> None:
        """Have a worker woken once a task may start: the next one is put off."""
        if self.rate is not None:
            if self._since is None:
                self._since = self._clock.active
            self._alarm.by(TIMER.clock() + max(0.0, self.rate.left()))

    def _wake_one(self) -> None:
        with self._crew.lock:
            self._crew.rouse(1)
        self._crew.flush()
