"""Where a run stands: whether it goes on, pauses, is being cancelled, is over."""

from __future__ import annotations

import threading
from collections.abc import Callable

from nbparallel.engine.timer import TIMER, Entry
from nbparallel.types import State


class Phase:
    """Where one run stands; changed with the crew's lock held.

    Attributes
    ----------
    halt
        Set once the run is being cancelled; its tasks can look at it and wait on it.
    over
        Set from the end of the last task to the next start.
    paused
        Nothing is handed out for now.
    grace
        What gives up on the tasks that still go on, or None.
    unhurry
        Gives threads their usual turns back, which are short during a cancel.
    """

    def __init__(self) -> None:
        self.halt = threading.Event()
        self.over = threading.Event()
        self.paused = False
        self.grace: Entry | None = None
        self.unhurry: Callable[[], None] = lambda: None

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
        return self.paused or self.halt.is_set()

    def end(self) -> None:
        """Note that the last task has ended."""
        self.over.set()
        self.paused = False
        if self.grace is not None:
            TIMER.cancel(self.grace)
            self.grace = None

    def renew(self) -> None:
        """Make ready for another start; what is left of the last keeps its events."""
        self.halt, self.over = threading.Event(), threading.Event()
