"""The one timer: calls that are due at an instant, in a heap, by one thread.

Graces, deadlines and tasks that are to be tried again later are entries in it, never a
thread each. The thread is there only while there are entries.
"""

from __future__ import annotations

import heapq
import logging
import math
import os
import threading
from collections.abc import Callable
from itertools import count
from time import perf_counter

from nbparallel import daemons

_log = logging.getLogger("nbparallel")


class Entry:
    """A call that is due at an instant."""

    __slots__ = ("call", "instant")

    def __init__(self, instant: float, call: Callable[[], None]) -> None:
        self.instant = instant
        self.call: Callable[[], None] | None = call


class Timer:
    """Calls things when they are due.

    Guarantees
    ----------
    - Nothing is called before its instant, nothing twice, nothing once `cancel` has
      returned that had not been begun before.
    - A call that raises is logged; the others are made all the same.

    Parameters
    ----------
    clock
        Returns the current instant, in seconds; tests bring their own and call
        `run_due` themselves.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.clock = clock
        self._change = threading.Condition(threading.Lock())
        self._heap: list[tuple[float, int, Entry]] = []
        self._numbers = count()
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, call: Callable[[], None]) -> Entry:
        """Have *call* called in so many seconds; infinitely many mean never."""
        entry = Entry(self.clock() + seconds, call)
        self.add(entry)
        return entry

    def add(self, entry: Entry) -> None:
        """Have the call of *entry* made at its instant."""
        if math.isfinite(entry.instant):
            with self._change:
                heapq.heappush(self._heap, (entry.instant, next(self._numbers), entry))
                self._have_a_thread()
                self._change.notify()

    def go_on(self) -> None:
        """Have a thread again, where the system gave none for what is to be called."""
        if self._thread is None:
            with self._change:
                if self._heap:
                    self._have_a_thread()

    def cancel(self, entry: Entry) -> None:
        """Don't make that call; it is no error if it has been made."""
        with self._change:
            entry.call = None
            self._drop_cancelled()
            self._change.notify()

    def run_due(self) -> float | None:
        """Make the calls that are due; return in how many seconds the next one is."""
        while True:
            with self._change:
                self._drop_cancelled()
                if not self._heap:
                    return None
                left = self._heap[0][0] - self.clock()
                if left > 0:
                    return left
                entry = heapq.heappop(self._heap)[2]
                call, entry.call = entry.call, None
            if call is not None:
                _call(call)

    def _drop_cancelled(self) -> None:
        while self._heap and self._heap[0][2].call is None:
            heapq.heappop(self._heap)

    def _have_a_thread(self) -> None:
        if self._thread is not None or self.clock is not perf_counter:
            return
        try:
            self._thread = daemons.start("nbparallel-timer", self._work)
        except RuntimeError:  # at the interpreter's exit nothing is due any more
            _log.debug("no thread for the timer", exc_info=True)

    def _work(self) -> None:
        while True:
            left = self.run_due()
            with self._change:
                if left is None and not self._heap:
                    self._thread = None
                    return
                self._change.wait(0 if left is None else min(left, 60.0))


def _call(call: Callable[[], None]) -> None:
    try:
        call()
    except Exception:
        _log.exception("what was due has failed")


#: The timer of this process.
TIMER = Timer()


def _in_a_child() -> None:
    """Begin anew in a forked child: it has none of its parent's threads."""
    TIMER.__init__()  # type: ignore[misc] # everything that is kept of it is stale


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_child)
