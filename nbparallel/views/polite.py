"""Draw without standing in the way of the tasks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Seconds after which Python lets another thread in while something is drawn.
TURN: Final = 0.0005

_lock = threading.Lock()
_drawing = 0
_usual = 0.0


@contextmanager
def polite() -> Iterator[None]:
    """Let the workers in every half millisecond, not every five, while it lasts.

    A task that has been waiting goes on only when it is let in. Building the panel
    takes some 15 ms: a run of tasks of 1 ms each would feel that.
    """
    global _drawing, _usual  # noqa: PLW0603 # so is the interval that they stand for
    with _lock:
        if not _drawing:
            _usual = sys.getswitchinterval()
            sys.setswitchinterval(min(TURN, _usual))
        _drawing += 1
    try:
        yield
    finally:
        with _lock:
            _drawing -= 1
            if not _drawing:
                sys.setswitchinterval(_usual)
