"""Catch what a task prints, and let everything else through.

The ``write`` of the existing ``sys.stdout`` and ``sys.stderr`` is replaced while runs
are under way, on the stream itself: loggers and libraries that took hold of the stream
earlier are caught too. A stream that does not allow that, as a terminal's does not, is
replaced by a proxy. Not caught: what subprocesses and C code write by themselves.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

Catch = Callable[[str], bool]


class _Proxy:
    """Stands in for a stream whose ``write`` cannot be replaced."""

    def __init__(self, stream: Any, write: Callable[[str], int]) -> None:
        self.__dict__.update(_stream=stream, write=write)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._stream, name, value)


_lock = threading.Lock()
_catches: list[Catch] = []
_undo: list[Callable[[], None]] = []


def catch(what: Catch) -> Callable[[], None]:
    """Offer all printed text to *what* first; it returns True for text it has taken.

    Returns
    -------
    callable
        Undoes it; may be called more than once and from any thread.
    """
    with _lock:
        if not _catches:
            _undo.extend(undo for name in ("stdout", "stderr") if (undo := _tap(name)))
        _catches.append(what)

    def stop() -> None:
        with _lock:
            if what not in _catches:
                return
            _catches.remove(what)
            if not _catches:
                while _undo:
                    _undo.pop()()

    return stop


def _tap(name: str) -> Callable[[], None] | None:
    stream = getattr(sys, name)
    if stream is None:  # pythonw has no streams
        return None
    original = stream.write

    def write(text: str) -> int:
        if isinstance(text, str) and any(take(text) for take in _catches.copy()):
            return len(text)
        return int(original(text) or 0)

    try:
        stream.write = write
    except AttributeError:
        return _replace(name, stream, write)
    return lambda: _restore(stream, write)


def _restore(stream: Any, write: Callable[[str], int]) -> None:
    if stream.__dict__.get("write") is write:  # else somebody has tapped it after us
        del stream.write


def _replace(name: str, stream: Any, write: Callable[[str], int]) -> Callable[[], None]:
    proxy = _Proxy(stream, write)
    setattr(sys, name, proxy)

    def restore() -> None:
        if getattr(sys, name) is proxy:
            setattr(sys, name, stream)

    return restore
