"""Stand before the ``write`` of ``sys.stdout`` and ``sys.stderr`` for a while.

The streams stay the objects that they are: loggers and libraries that took hold of one
earlier meet the tap too. There are three ways to put one in, and each stream gets the
first that it allows:

- The stream gets a class of ours, which keeps the tap in front whatever else is
  assigned to ``write``. That is needed: around each cell IPython puts a ``write`` of
  its own in place and afterwards what it had found, however old that is by then.
- A stream made in C, as a terminal's is, has ``write`` assigned.
- What allows neither, or has had its ``write`` replaced by somebody who is going to put
  it back, is replaced in `sys` by a proxy.

Whatever a foreign stream does, tapping it and giving it back never raises: it is logged
once, and what cannot be tapped is left alone.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

_log = logging.getLogger("nbparallel")

Write = Callable[[str], int]
#: Makes a function that stands before a ``write``.
Wrap = Callable[[Write], Write]
Undo = Callable[[], None]

#: What each function that we have put before a ``write`` stands before.
_behind: WeakKeyDictionary[FunctionType, Write] = WeakKeyDictionary()
#: The taps of streams that have a class of ours, by the identity of the stream.
_taps: dict[int, _Tap] = {}
_reported: set[str] = set()


def tap(wrap: Wrap) -> Undo:
    """Let ``wrap(write)`` stand before the ``write`` of both streams.

    Parameters
    ----------
    wrap
        Called for each stream, and when somebody else assigns to ``write`` meanwhile.

    Returns
    -------
    callable
        Gives both streams back; may be called from any thread.
    """
    undo = [_put(name, wrap) for name in ("stdout", "stderr")]

    def give_back() -> None:
        for each in reversed(undo):
            each()

    return give_back


class _Tap:
    """What stands before the ``write`` of one stream, now and after each assignment."""

    def __init__(self, stream: Any, wrap: Wrap) -> None:
        self._wrap = wrap
        self.write = self._before(bare(stream.write))

    def assign(self, write: Any) -> None:
        """Keep what somebody has assigned behind ours, unless it is one of ours."""
        self.write = write if _is_ours(write) else self._before(write)

    def _before(self, write: Write) -> Write:
        made = self._wrap(write)
        assert isinstance(made, FunctionType)
        _behind[made] = write
        return made


class _Proxy:
    """Stands in for a stream whose ``write`` cannot be replaced."""

    def __init__(self, stream: Any, made: _Tap) -> None:
        self.__dict__.update(_stream=stream, _tap=made, write=made.write)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "write":
            self._tap.assign(value)
            self.__dict__["write"] = self._tap.write
        else:
            setattr(self._stream, name, value)


def bare(write: Any) -> Any:
    """Return what is behind everything of ours."""
    while _is_ours(write):
        write = _behind[write]
    return write


def _is_ours(write: Any) -> bool:
    return isinstance(write, FunctionType) and write in _behind


def _put(name: str, wrap: Wrap) -> Undo:
    stream = getattr(sys, name, None)
    if stream is None or id(stream) in _taps:  # pythonw has none; both may be the same
        return _nothing
    ways = (
        partial(_by_class, stream, wrap),
        partial(_by_assignment, stream, wrap),
        partial(_by_proxy, name, stream, wrap),
    )
    for way in ways:
        with suppress(Exception):  # the next way may do
            return _reporting(name, way())
    _report(name, "cannot catch what is printed on")
    return _nothing


def _by_class(stream: Any, wrap: Wrap) -> Undo:
    own: Any = type(stream)
    tapped = _class_with_tap(own)
    made = _taps[id(stream)] = _Tap(stream, wrap)
    try:
        # Not by assignment: a stream that wraps another may pass that on.
        object.__setattr__(stream, "__class__", tapped)
    except TypeError:  # made in C
        del _taps[id(stream)]
        raise

    def undo() -> None:
        object.__setattr__(stream, "__class__", own)
        del _taps[id(stream)]
        write, attributes = bare(made.write), getattr(stream, "__dict__", {})
        attributes.pop("write", None)
        if write != stream.write:  # IPython's, while a cell is being run
            attributes["write"] = write

    return undo


@lru_cache(maxsize=16)
def _class_with_tap(own: Any) -> type:
    write = property(
        lambda stream: _taps[id(stream)].write,
        lambda stream, write: _taps[id(stream)].assign(write),
        lambda stream: _taps[id(stream)].assign(own.write.__get__(stream)),
    )
    names = {"__slots__": (), "__module__": own.__module__, "write": write}
    return type(own.__name__, (own,), names)


def _by_assignment(stream: Any, wrap: Wrap) -> Undo:
    if "write" in vars(stream) and not _is_ours(stream.write):
        message = "somebody is going to put back what was there before"
        raise TypeError(message)
    made = _Tap(stream, wrap)
    stream.write = made.write

    def undo() -> None:
        if vars(stream).get("write") is made.write:  # else somebody came after us
            del stream.write

    return undo


def _by_proxy(name: str, stream: Any, wrap: Wrap) -> Undo:
    proxy = _Proxy(stream, _Tap(stream, wrap))
    setattr(sys, name, proxy)

    def undo() -> None:
        if getattr(sys, name) is proxy:
            setattr(sys, name, stream)

    return undo


def _reporting(name: str, undo: Undo) -> Undo:
    def call() -> None:
        try:
            undo()
        except Exception:  # the run goes on; the log has it
            _report(name, "cannot give back")

    return call


def _report(name: str, what: str) -> None:
    if what not in _reported:
        _reported.add(what)
        _log.warning("nbparallel %s sys.%s", what, name, exc_info=True)


def _nothing() -> None:
    pass
