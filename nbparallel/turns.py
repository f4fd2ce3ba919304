"""How long a thread may keep the interpreter while others want it.

Python lets another thread in every 5 ms. Among 64 tasks that compute, a thread that
wants to hear of a cancel, or to draw, waits a third of a second for each of its turns.
Whoever needs short turns asks for them here; the shortest wish is in force.

A thread that wants a turn wakes up after each, to ask for one. Where a thousand do, the
system does nothing else: in such a crowd turns are longer.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

#: Seconds of a turn while something is drawn.
DRAWING: Final = 0.0005
#: Seconds of a turn while a run is being cancelled. Turns much shorter than that make
#: matters worse: threads then do nothing but take turns.
CANCELLING: Final = 0.0003
#: From so many workers on, turns are made longer, not shorter.
CROWD: Final = 256
#: Seconds of a turn for each of them.
EACH: Final = 0.000_025
#: Seconds of a turn that is enough to end all tasks of a run that compute.
LONG: Final = 0.0008
#: Seconds a thread may wake up late without asking for shorter turns.
LATE: Final = 0.03

#: So many threads come or leave before turns follow.
_STEP = 64

_lock = threading.Lock()
_wishes: dict[object, float] = {}
_workers: set[int] = set()
_usual = 0.0  # the user's own
_ours = 0.0  # what was set in its place, as Python gives it back; 0.0: nothing
_before = 0.0  # what was in force before turns were made `LONG`; 0.0: they are not


def shorten(seconds: float) -> Callable[[], None]:
    """Have turns last no longer than *seconds*, until what is returned is called.

    It may be called from any thread, and more than once. After the last wish, turns are
    as long as they were before the first, or as long as the user made them meanwhile.
    """
    wish = object()
    with _lock:
        _wishes[wish] = seconds
        _settle()

    def undo() -> None:
        with _lock:
            if _wishes.pop(wish, None) is not None:
                _settle()

    return undo


@contextmanager
def shorter(seconds: float) -> Iterator[None]:
    """Have turns last no longer than *seconds* within the ``with`` block."""
    undo = shorten(seconds)
    try:
        yield
    finally:
        undo()


def fresh() -> None:
    """Give up this turn for a new one, where turns are short.

    Others count from their last look how long a turn has lasted. Who makes turns longer
    has a long one itself only if it does so at the beginning of its own.
    """
    if _wishes:
        time.sleep(CANCELLING)


def lengthen() -> None:
    """Have no turn be shorter than `LONG`, until somebody calls `settle`."""
    global _before  # noqa: PLW0603 # as above
    with _lock:
        now = sys.getswitchinterval()
        if not _before and now < LONG:
            _before = now
            sys.setswitchinterval(LONG)


def settle() -> None:
    """Have turns be as long as they were before they were made `LONG`."""
    global _before  # as above
    with _lock:
        before, _before = _before, 0.0
        _settle(before)


def enter() -> None:
    """Note that this thread carries out tasks from now on."""
    _workers.add(threading.get_ident())
    _follow()


def leave() -> None:
    """Note that it does no longer."""
    _workers.discard(threading.get_ident())
    _follow()


def _follow() -> None:
    """Settle now and then, without a lock that each of them would wait for."""
    if len(_workers) % _STEP == 0:  # whoever leaves last sees none
        with _lock:
            _settle()


def _settle(before: float = 0.0) -> None:
    """Set what is wanted, or what the user has set; the lock is held."""
    global _usual, _ours  # noqa: PLW0603 # as above
    if _before:
        return  # `settle` will come
    now = sys.getswitchinterval()
    known = before or now
    if known != _ours:  # the user's
        _usual = known
    crowd = len(_workers)
    crowded = crowd >= CROWD
    shortest = min([_usual, *_wishes.values()])
    wanted = max(_usual, EACH * crowd) if crowded else shortest
    if wanted != now:  # each time, Python may take a microsecond off
        sys.setswitchinterval(wanted)
    _ours = sys.getswitchinterval() if crowded or _wishes else 0.0


class Punctual:
    """Asks for short turns once a thread that sleeps wakes up late."""

    def __init__(self) -> None:
        self._undo: Callable[[], None] | None = None

    def woke(self, late: float) -> None:
        """Hear that the thread woke up *late* seconds after the end of its sleep."""
        if late > LATE and self._undo is None:
            self._undo = shorten(CANCELLING)

    @property
    def is_late(self) -> bool:
        """Whether it has asked for them."""
        return self._undo is not None

    def withdraw(self) -> None:
        """Ask for them no longer."""
        if self._undo is not None:
            self._undo()
