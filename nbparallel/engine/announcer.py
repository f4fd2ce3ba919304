"""Who listens to the runs of this process, and how they are told.

A listener that raises is logged and dropped from that run; it never disturbs the run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger("nbparallel")

#: A late listener that is being made may add others, or start a run.
_lock = threading.RLock()
_listeners: list[Any] = []
_late: list[Callable[[], Any]] = []


def add(listener: Any) -> None:
    """Let *listener*, a `Hook`, hear of every run from now on."""
    with _lock:
        _listeners.append(listener)


def remove(listener: Any) -> None:
    """Stop telling *listener*; it is no error if it does not listen."""
    with _lock:
        if listener in _listeners:
            _listeners.remove(listener)


def add_late(make: Callable[[], Any]) -> None:
    """Let ``make()`` build a listener when the first run starts, and not before."""
    with _lock:
        _late.append(make)


def listening() -> tuple[Any, ...]:
    """Return the listeners, oldest first."""
    with _lock:
        while _late:
            _listeners.append(_late.pop(0)())
        return tuple(_listeners)


class Announcer:
    """Tells those who listened when the run was made, each until it raises."""

    def __init__(self) -> None:
        self._told = list(listening())

    def add(self, listener: Any) -> None:
        """Tell *listener*, too, after all others."""
        self._told.append(listener)

    def tell(self, event: str, run: object) -> None:
        """Call the method named *event* of every listener."""
        self._ask(event, run)

    def shows_output(self, run: object) -> bool:
        """Whether a listener shows what the tasks of *run* print."""
        return any(self._ask("shows_output", run))

    def html(self, run: object) -> str | None:
        """Return what the first listener that can makes of *run* in HTML."""
        return next(filter(None, self._ask("html", run)), None)

    def pumps(self) -> tuple[Callable[[], None], ...]:
        """Return what a waiting main thread must call every 50 ms."""
        return tuple(filter(None, self._ask("pump")))

    def _ask(self, question: str, *about: object) -> list[Any]:
        answers = []
        for listener in self._told.copy():
            try:
                answers.append(getattr(listener, question)(*about))
            except Exception:  # a broken view must not break the run; the log has it
                name = type(listener).__name__
                log.exception("%s.%s failed and was dropped", name, question)
                self._told = [each for each in self._told if each is not listener]
        return answers
