"""A lazy input: the user's iterator, read as workers want items.

Guarantees
----------
- It is read by one thread at a time, only when a worker wants a task, and never for
  longer than it takes to get one item or `LONG`.
- An item can be claimed as soon as it has been yielded, whatever the input does next:
  the thread that reads keeps nothing to itself.
- Nothing that was read is lost: what comes after a cancel is there for a retry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextvars import Context
from functools import partial
from time import perf_counter
from typing import Any, Protocol

from nbparallel import daemons
from nbparallel.edge.signals import has_struck
from nbparallel.engine.crew import Crew
from nbparallel.engine.listener import Listener
from nbparallel.errors import without_our_frames
from nbparallel.workers.scope import copies_of

#: Seconds after which a visit to a lazy input ends with what there is.
LONG = 0.001


class Reading:
    """What is known of a lazy input.

    Attributes
    ----------
    arrived
        Items that were read and are not tasks yet. The thread that reads appends to it
        without the lock, who makes tasks of them takes from its left.
    busy
        A thread is reading right now.
    exhausted
        There are no further items.
    error
        What the input raised, or None.
    iterator
        The input itself.
    take
        Called with each item that was read, by the thread that reads: appends it to
        *arrived*. Returns True of one that will be no work.
    """

    def __init__(self, iterator: Iterator[Any]) -> None:
        self.arrived: deque[Any] = deque()
        self.busy = False
        self.exhausted = False
        self.error: BaseException | None = None
        self.iterator = iterator
        self.take: Callable[[Any], bool | None] = self.arrived.append

    def take_arrived(self) -> list[Any]:
        """Return the items that have arrived, each once; the lock is held."""
        return [self.arrived.popleft() for _ in range(len(self.arrived))]


class ReadersLimits(Protocol):
    """The limits of a run, as far as its input is concerned."""

    @property
    def have_a_reader(self) -> bool:
        """Whether the input is read by a thread of its own."""


class Reader(Protocol):
    """A run, as far as it reads its input."""

    crew: Crew
    context: Context
    listener: Listener

    @property
    def limits(self) -> ReadersLimits:
        """How it bounds what is read."""

    def has_read(self) -> None:
        """Hear that a visit to the input is over; the lock is held."""


def next_visit(
    run: Reader, reading: Reading | None, most: int
) -> Callable[[], None] | None:
    """Return what reads up to *most* items, if the caller is to; the lock is held."""
    if reading is None or reading.busy or reading.exhausted or most <= 0:
        return None
    reading.busy = True
    call = partial(visit, run, reading, most)
    if run.limits.have_a_reader:
        return partial(daemons.have_done, "nbparallel-reader", call)
    return call


def visit(run: Reader, reading: Reading, most: int) -> None:
    """Read up to *most* items for *run*, in this thread, without the lock."""
    crew = run.crew

    def announce() -> None:
        with crew.lock:
            crew.rouse(len(reading.arrived))

    error, ended = None, True
    try:
        ended = copies_of(run.context)().run(
            read, reading.iterator, most, reading.take, crew, announce
        )
    except BaseException as raised:  # the user's iterator; reported by the run
        error = BaseException.with_traceback(raised, without_our_frames(raised))
    with crew.lock:
        reading.busy = False
        if error is not None and has_struck(error):
            reading.iterator = _cut_off(error)
            crew.after(run.listener.interrupted)
        else:
            reading.exhausted, reading.error = ended, error
        run.has_read()
    crew.flush()


def _cut_off(error: BaseException) -> Iterator[Any]:
    """Stand for an input in which a signal has struck: a generator is dead then."""
    message = "a signal struck while the input was read: it cannot be read on"
    raise RuntimeError(message) from error
    yield


def read(
    iterator: Iterator[Any],
    most: int,
    take: Callable[[Any], bool | None],
    crew: Crew,
    announce: Callable[[], None],
) -> bool:
    """Read up to *most* items; say whether there are no more. It may be interrupted."""
    limit = perf_counter() + LONG
    count = 0
    for item in iterator:
        count += not take(item)
        # Who has just become idle has looked at what arrived after saying so.
        if crew.idle or crew.pushed:
            announce()
        if count >= most or perf_counter() > limit:
            return False
    return True
