"""Where a run stands: whether it goes on, pauses, is being cancelled, is over."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from nbparallel import turns
from nbparallel.engine.heralds import Heralds
from nbparallel.engine.timer import TIMER, Entry
from nbparallel.types import State


class Phase:
    """Where one run stands; changed with the crew's lock held.

    Attributes
    ----------
    halt
        Set once the run is being cancelled; its tasks can look at it and wait on it.
    halt_afar
        Set once the run in another process is being cancelled whose task has started
        this one; None where there is none.
    over
        Set from the end of the last task to the next start.
    paused
        Nothing is handed out for now.
    sees_off
        Workers whose tasks were ended have a moment to leave before the run is over.
    fatal
        The failure that has ended the run, or None.
    broken_by
        Why there are no workers any more, or None.
    deadline
        The seconds after which the run was cancelled, or None.
    grace_ends
        When tasks that go on are given up, by `perf_counter`.
    """

    def __init__(self) -> None:
        self.halt = threading.Event()
        self.halt_afar: threading.Event | None = None
        self.over = threading.Event()
        self.paused = False
        self.sees_off = False
        self.fatal: BaseException | None = None
        self.broken_by: BaseException | None = None
        self.deadline: float | None = None
        self.grace_ends = math.inf
        self._alarms: set[Entry] = set()
        self._heralds: Heralds | None = None
        self._usual_turns: Callable[[], None] | None = None

    @property
    def state(self) -> State:
        """The word for it."""
        if self.over.is_set():
            return State.CANCELLED if self.halt.is_set() else State.DONE
        if self.halt.is_set():
            return State.CANCELLING
        return State.PAUSED if self.paused else State.RUNNING

    @property
    def holds_back(self) -> bool:
        """Whether nothing is to be handed out."""
        return self.paused or self.halt.is_set() or self.is_halted_afar

    @property
    def is_halted_afar(self) -> bool:
        """Whether the run in another process that it belongs to is cancelled."""
        return self.halt_afar is not None and self.halt_afar.is_set()

    def breaks_down(self, error: BaseException) -> bool:
        """Note that there are no workers any more; whether that ends the run."""
        if self.broken_by is not None or self.halt.is_set():
            return False
        self.broken_by = error
        return True

    def call_after(self, seconds: float, call: Callable[[], None]) -> None:
        """Have *call* called in so many seconds, unless the run is over by then."""
        self.call_at(TIMER.clock() + seconds, call)

    def call_at(self, instant: float, call: Callable[[], None]) -> None:
        """Have *call* called at *instant*, unless the run is over by then."""

        def due() -> None:
            self._alarms.discard(entry)
            call()

        entry = Entry(instant, due)
        self._alarms.add(entry)
        TIMER.add(entry)

    def send_heralds(self, call: Callable[[], None]) -> None:
        """Have *call* called when the grace ends, unless the run is over by then."""
        self._heralds = Heralds(self.grace_ends, call)

    def alarm(self, call: Callable[[], None]) -> Alarm:
        """Return what has *call* called by an instant, once for all who ask."""
        return Alarm(self, call)

    def hurry(self) -> None:
        """Have short turns: tasks that compute must hold up nobody."""
        if self._usual_turns is None:
            self._usual_turns = turns.shorten(turns.CANCELLING)

    def unhurry(self) -> None:
        """Give threads their usual turns back, once the end has been told."""
        if self._usual_turns is not None:
            self._usual_turns()
            self._usual_turns = None

    def end(self) -> None:
        """Note that the last task has ended."""
        self.over.set()
        self.paused = False
        self.grace_ends = math.inf
        for entry in self._alarms.copy():  # one that is due leaves by itself
            TIMER.cancel(entry)
        self._alarms.clear()
        if self._heralds is not None:
            self._heralds.dismiss()

    def renew(self) -> None:
        """Make ready for another start; what is left of the last keeps its events."""
        self.halt, self.over = threading.Event(), threading.Event()
        self.broken_by = self.deadline = None


class Alarm:
    """Has one thing called by an instant, whoever asks for that; the lock is held."""

    def __init__(self, phase: Phase, call: Callable[[], None]) -> None:
        self._phase, self._call = phase, call
        self._instant = math.inf
        self._start: threading.Event | None = None  # the one for which it is set

    def by(self, instant: float) -> None:
        """Have it called at *instant* at the latest, unless the run is over by then."""
        is_set = self._start is self._phase.over
        if instant == math.inf or (is_set and self._instant <= instant):
            return
        self._start, self._instant = self._phase.over, instant
        self._phase.call_at(instant, self._ring)

    def _ring(self) -> None:
        self._start = None
        self._call()
