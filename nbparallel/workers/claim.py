"""A claim: a few consecutive tasks that one worker has taken to carry out.

What a claim promises
---------------------
- **No task is run twice or lost.** The worker takes items from the left of a deque,
  whoever takes tasks back (cancel, pause, an idle worker) takes from the right. Both
  are single atomic operations, so each item goes to exactly one of them.
- **Cancel is felt between tasks.** Taking everything back empties the deque, and the
  worker's next look finds the end: no flag is read per task.
- **What is finished can be read while the claim is open.** The worker only appends;
  the end stamp is appended last, so ``len(ends)`` is the number of finished tasks, and
  a reader may harvest that many while the worker goes on. Lists alone allow that: an
  array that one thread appends to is not safe for another to read without the GIL.

A claim is a ledger and nothing else: `carry_out` is the loop that fills it.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context
from itertools import repeat, starmap
from threading import Event
from typing import Any, Protocol

from nbparallel.workers.printed import Printed


class Owner(Protocol):
    """The run that a claim is of, as far as a worker needs to know it.

    Attributes
    ----------
    call
        Takes an item, returns its result.
    context
        What each task gets a copy of.
    keeps_text, echo
        Whether what tasks print is kept with their rows; whether it is let through.
    """

    call: Callable[[Any], Any]
    context: Context
    keeps_text: bool
    echo: bool

    def settle(self, claim: Claim) -> None:
        """Take a claim back; what it has left goes back to the source."""

    def give_back(self, claim: Claim, task: int) -> None:
        """Take back the tasks of a claim from *task* on."""

    def lost(self, claim: Claim, error: BaseException) -> None:
        """Hear that the worker of a claim is gone."""


class Claim:
    """Consecutive tasks ``first .. stop - 1``, carried out by one worker.

    Attributes
    ----------
    owner
        The run that the tasks are of.
    worker
        The number of the worker that holds the claim.
    first, stop
        The tasks. *stop* shrinks when tasks are taken back.
    items
        The items of the tasks that have not been begun.
    halt
        Set once the run is being cancelled; tasks can look at it and wait on it.
    begun
        When the first task was begun, by `time.perf_counter`; 0.0 before that.
    values, ends
        What the finished tasks returned, and when each ended, by `perf_counter`.
    failures
        What tasks raised, by offset from *first*.
    texts
        What tasks printed, by offset from *first*.
    harvested
        How many finished tasks have been read into the records.
    thread
        The thread that carries it out, while it does; else 0.
    revoked
        The run gave up on this claim: whatever still comes of it is discarded.
    expired
        What the row of its last task is to say, which is being ended because it lasts
        too long; else None.
    replaced
        Another worker has taken the place of the one that holds it.
    sealed
        Its tasks are out of reach: nobody can tell which of them have been begun, until
        all have ended.
    """

    __slots__ = (
        "begun",
        "ends",
        "expired",
        "failures",
        "first",
        "halt",
        "harvested",
        "items",
        "owner",
        "replaced",
        "revoked",
        "sealed",
        "stop",
        "texts",
        "thread",
        "values",
        "worker",
    )

    def __init__(
        self, owner: Owner, worker: int, first: int, items: Sequence[Any], halt: Event
    ) -> None:
        self.owner = owner
        self.worker = worker
        self.first = first
        self.stop = first + len(items)
        self.items = deque(items)
        self.halt = halt
        self.begun = 0.0
        self.values: list[Any] = []
        self.ends: list[float] = []
        self.failures: dict[int, BaseException] = {}
        self.texts: dict[int, Printed] = {}
        self.harvested = 0
        self.thread = 0
        self.revoked = False
        self.expired: BaseException | None = None
        self.replaced = False
        self.sealed = False

    @property
    def left(self) -> range:
        """The tasks of it that have not ended, the one being carried out included."""
        return range(self.first + len(self.ends), self.stop)

    @property
    def is_void(self) -> bool:
        """Whether every task of it has been taken back: nothing will come of it."""
        return self.first == self.stop

    @property
    def running(self) -> int | None:
        """The task being carried out, or None between tasks."""
        left = self.left
        return left.start if self.begun and left else None

    @property
    def since(self) -> float:
        """When the running task started, by `perf_counter`."""
        return self.began_at(len(self.ends))

    def began_at(self, offset: int) -> float:
        """Return when the task at *offset*, which has been begun, was begun."""
        return self.ends[offset - 1] if offset else self.begun

    def take(self, most: int = sys.maxsize) -> list[Any]:
        """Take items that nobody has taken back, *most* at most, as the worker."""
        found: list[Any] = []
        with suppress(IndexError):  # there are no more; what it has got, it keeps
            found.extend(starmap(self.items.popleft, repeat((), most)))
        return found

    def take_back(self, most: int | None = None) -> range:
        """Take tasks that have not started from the end of the claim.

        Parameters
        ----------
        most
            How many tasks at most; None takes all.

        Returns
        -------
        range
            The tasks taken back; nobody else will run them.
        """
        pop, taken = self.items.pop, 0
        try:
            while most is None or taken < most:
                pop()
                taken += 1
        except IndexError:
            pass
        stop, self.stop = self.stop, self.stop - taken
        return range(self.stop, stop)

    def printed(self, offset: int) -> str:
        """Return what the task at *offset* from the first has printed so far."""
        # In CPython 3.13 without the GIL another thread's first look into a dict takes
        # 0.1 s among busy threads, and a cancel would look into one for each claim.
        return str(self.texts.get(offset, "")) if self.texts else ""
