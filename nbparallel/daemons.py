"""Daemon threads: those that must not keep the interpreter from exiting."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

#: Who has started the threads that have not had their first turn.
_starters: dict[object, int] = {}
#: Seconds to wait at most for such a turn.
_PATIENCE: Final = 0.05


def start(name: str, target: Callable[..., object], *args: Any) -> threading.Thread:
    """Have a thread call ``target(*args)``; don't wait until it has its first turn.

    `Thread.start` does wait. Among tasks that compute, that takes longer each time.
    Until its first turn the thread cannot be joined.

    Raises
    ------
    RuntimeError
        The system gives no thread, as at the exit of the interpreter.
    """
    birth = object()

    def begin() -> None:
        _starters.pop(birth, None)
        target(*args)

    thread = threading.Thread(target=begin, name=name, daemon=True)
    thread._started.wait = bool  # type: ignore[attr-defined] # noqa: SLF001
    _starters[birth] = threading.get_ident()
    try:
        thread.start()
    except BaseException:
        _starters.pop(birth, None)
        raise
    return thread


def wait_for_births(threads: set[int]) -> None:
    """Wait a moment until each thread that *threads* have started has had a turn.

    In CPython 3.11 it has the number of who has started it until then, and gets what
    is raised there.
    """
    limit = time.perf_counter() + _PATIENCE
    while not threads.isdisjoint(_starters.copy().values()):
        if time.perf_counter() > limit:
            return
        time.sleep(0.001)


def have_done(name: str, what: Callable[[], object]) -> None:
    """Have a thread do it, or do it here where the system gives none."""
    try:
        start(name, what)
    except RuntimeError:  # at the interpreter's exit there are no more threads
        what()


def anew_in_a_child(thing: Any) -> None:
    """Have a forked child make *thing* anew: it has none of its parent's threads."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=thing.__init__)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_starters.clear)
