"""Daemon threads: those that must not keep the interpreter from exiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def start(name: str, target: Callable[..., object], *args: Any) -> threading.Thread:
    """Have a thread call ``target(*args)``; don't wait until it has its first turn.

    `Thread.start` does wait. Among tasks that compute, that takes longer each time.
    Until its first turn the thread cannot be joined.

    Raises
    ------
    RuntimeError
        The system gives no thread, as at the exit of the interpreter.
    """
    thread = threading.Thread(target=target, args=args, name=name, daemon=True)
    thread._started.wait = bool  # type: ignore[attr-defined] # noqa: SLF001
    thread.start()
    return thread


def have_done(name: str, what: Callable[[], object]) -> None:
    """Have a thread do it, or do it here where the system gives none."""
    try:
        start(name, what)
    except RuntimeError:  # at the interpreter's exit there are no more threads
        what()
