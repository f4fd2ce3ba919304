"""The event loop of this process: one for all runs, in a daemon thread that stays.

A loop is as free as the coroutines in it are quick to await. Another thread looks
whether it turns, and says which task keeps it.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextvars import Context
from time import perf_counter
from typing import Any, Final, Protocol

from nbparallel import daemons

#: A loop that has not turned for so many seconds, or nearly so, lags.
LAG: Final = 0.5
#: Seconds between two looks whether it turns.
LOOK: Final = 0.1
#: Bytes, more than asyncio makes room for whenever it reads.
ROOM: Final = 4 << 20


class Guest(Protocol):
    """What has something carried out in a loop."""

    def holds(self, task: asyncio.Task[Any]) -> bool:
        """Whether that is what it has carried out, or belongs to it."""

    def lagging(self) -> Callable[[float], None]:
        """Return what is to hear for how many seconds it has kept the loop."""


class Loop:
    """An event loop and the threads that run it and look after it.

    Attributes
    ----------
    events
        The loop itself.
    guests
        Who has something carried out in it; changed in its own thread.
    left_behind
        Those of *guests* that were told to end and have not ended yet.
    thread
        The number of its thread; 0 before that has begun.
    """

    def __init__(self) -> None:
        self.events = asyncio.new_event_loop()
        self.guests: set[Guest] = set()
        self.left_behind: set[Guest] = set()
        self.thread = 0
        # Callbacks have a context of their own: that of who wakes the loop is not for
        # everything that follows.
        self._context = Context()
        self._has_guests = threading.Event()
        daemons.start("nbparallel-loop", self._run)
        daemons.start("nbparallel-loop-watch", self._watch)

    def soon(self, call: Callable[..., object], *args: Any) -> None:
        """Have the loop call ``call(*args)``; any thread may say so, at any moment."""
        self.events.call_soon_threadsafe(call, *args, context=self._context)

    def turns(self, seconds: float) -> bool:
        """Wait until the loop has turned; say whether it has within *seconds*."""
        turned = threading.Event()
        self.soon(turned.set)
        return turned.wait(seconds)

    def welcome(self, guest: Guest) -> None:
        """Look after *guest* from now on."""
        self.guests.add(guest)
        self._has_guests.set()

    def part_from(self, guest: Guest) -> None:
        """Forget *guest*, which has ended."""
        self.guests.discard(guest)
        self.left_behind.discard(guest)

    def _run(self) -> None:
        self.thread = threading.get_ident()
        # glibc asks the system for room for each read, a quarter of what a request
        # costs, until so large a block has been freed once.
        bytes(ROOM)
        while True:
            try:
                self.events.run_forever()
            except BaseException:  # noqa: S112 # it is in the task that raised it, too
                continue

    def _watch(self) -> None:
        pause = threading.Event()
        while True:
            self._has_guests.wait()
            pause.wait(LOOK)
            if not self.guests:
                self._has_guests.clear()
                if self.guests:  # who came meanwhile
                    self._has_guests.set()
                continue
            self._look()

    def _look(self) -> None:
        """Tell who keeps the loop, and for how long at least, if somebody does."""
        turned = threading.Event()
        self.soon(turned.set)
        tell = seen = None
        since = perf_counter()
        while not turned.wait(LAG / 10):
            now, task = perf_counter(), asyncio.current_task(self.events)
            if task is not seen:
                seen, since, tell = task, now, None
            elif task is not None and now - since >= LAG * 0.8:
                host = self._host_of(task)
                tell = tell or (host and host.lagging())
            if tell:
                tell(now - since)

    def _host_of(self, task: asyncio.Task[Any]) -> Guest | None:
        """Return whose *task* is, as far as that can be told."""
        return next((guest for guest in list(self.guests) if guest.holds(task)), None)


_making = threading.Lock()
_loop: Loop | None = None


def the_loop() -> Loop:
    """Return the loop of this process.

    A new one takes its place where a task that was given up keeps it from turning: what
    it still has goes on in it, if ever.
    """
    global _loop  # noqa: PLW0603 # one for the process
    found = _loop
    is_stuck = found is not None and _is_stuck(found)
    with _making:
        if _loop is None or (is_stuck and _loop is found):
            _loop = Loop()
        return _loop


def loop_at_hand() -> Loop | None:
    """Return the loop of this process if there is one."""
    return _loop


def _is_stuck(loop: Loop) -> bool:
    is_ours = loop.thread == threading.get_ident()
    return bool(loop.left_behind) and not is_ours and not loop.turns(LAG)


def _in_a_child() -> None:
    """Begin anew in a forked child: it has none of its parent's threads."""
    global _making, _loop  # as above
    _making, _loop = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_child)
