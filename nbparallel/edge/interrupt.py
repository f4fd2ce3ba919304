"""Turn an interrupt into an event, instead of an exception in the middle of anything.

``KeyboardInterrupt`` can strike between any two instructions, also inside the pure
Python locks of the standard library, and leave them locked for ever. A thread that
waits for a run wants to be told instead, at a place of its own choosing.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final, Self

#: The interrupt that is raised after all: the way out if nobody reacts to the others.
LAST: Final = 3


class Interrupts:
    """Within it, each SIGINT calls *notify* with its number, counted from 1.

    The third one raises ``KeyboardInterrupt`` where it strikes. Signals arrive in the
    main thread only; in any other thread this does nothing.

    Wait for what *notify* passes on with a timeout, in a loop: Python notices a signal
    that arrives in the instant before a wait begins only after that wait.

    Parameters
    ----------
    notify
        Called in the signal handler, hence between any two instructions of the main
        thread. ``queue.SimpleQueue.put`` may be called there; ``Event.set`` and
        ``Queue.put`` may not, they can deadlock.

    Attributes
    ----------
    count
        How many have arrived.
    """

    def __init__(self, notify: Callable[[int], object]) -> None:
        self.count = 0
        self._notify = notify
        self._old: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._old = signal.getsignal(signal.SIGINT)
        if self._old is not None:  # None also if it was set from C: it would be lost
            signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._old is not None:
            signal.signal(signal.SIGINT, self._old)

    def hear(self) -> None:
        """Count an interrupt, as if it had arrived here."""
        self.count += 1
        self._notify(self.count)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.hear()
        if self.count >= LAST:
            signal.default_int_handler(number, frame)
