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
  a reader may harvest that many while the worker goes on.

One clock read per task: a task starts when the one before it has ended.
"""

from __future__ import annotations

import os
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, ContextVar
from threading import Event, get_ident
from time import perf_counter
from typing import Any

from nbparallel.errors import without_the_call
from nbparallel.types import MISSING
from nbparallel.workers.printed import Printed, printing


class Claim:
    """Consecutive tasks ``first .. stop - 1``, carried out by one worker.

    Attributes
    ----------
    first, stop
        The tasks. *stop* shrinks when tasks are taken back.
    worker
        The number of the worker that holds the claim.
    values, ends
        What the finished tasks returned, and when each ended, by `perf_counter`.
    failures
        What tasks raised, by offset from *first*.
    texts
        What tasks printed, by offset from *first*.
    harvested
        How many finished tasks have been read into the records.
    revoked
        The run gave up on this claim: whatever still comes of it is discarded.
    halt
        Set once the run is being cancelled; tasks can look at it and wait on it.
    run
        Whatever the scheduler wants to find again from inside a task.
    thread
        The thread that carries the claim out, while it does; else 0.
    """

    __slots__ = (
        "begun",
        "call",
        "context",
        "ends",
        "failures",
        "first",
        "halt",
        "harvested",
        "items",
        "revoked",
        "run",
        "stop",
        "texts",
        "thread",
        "values",
        "worker",
    )

    def __init__(
        self, run: Any, worker: int, first: int, items: Sequence[Any], halt: Event
    ) -> None:
        self.run = run
        self.worker = worker
        self.first = first
        self.stop = first + len(items)
        self.items = deque(items)
        self.halt = halt
        self.call: Callable[[Any], Any] = run.call
        self.context: Context = run.context
        self.values: list[Any] = []
        self.ends = array("d")
        self.failures: dict[int, BaseException] = {}
        self.texts: dict[int, Printed] = {}
        self.harvested = 0
        self.begun = 0.0
        self.thread = 0
        self.revoked = False

    def work(self) -> None:
        """Carry the tasks out in this thread, each in its own copy of the context."""
        self.thread = get_ident()
        context = self.context.copy()
        context.run(current.set, self)
        context.run(printing.set, None)
        copy, call, failures = context.copy, self.call, self.failures
        take, keep, stamp = self.items.popleft, self.values.append, self.ends.append
        self.begun = perf_counter()
        try:
            while True:
                item = take()
                try:
                    keep(copy().run(call, item))
                except BaseException as error:  # whatever it is, it becomes a row
                    failures[len(self.ends)] = without_the_call(error)
                    keep(MISSING)
                stamp(perf_counter())
        except IndexError:
            pass  # the deque is empty
        finally:
            # A kept traceback keeps this frame: let it keep nothing of the claim.
            del take, keep, stamp, copy, call, failures, context
            item = None
            self.thread = 0

    @property
    def running(self) -> int | None:
        """The task being carried out, or None between tasks."""
        task = self.first + len(self.ends)
        return task if self.begun and task < self.stop else None

    @property
    def since(self) -> float:
        """When the running task started, by `perf_counter`."""
        return self.ends[-1] if self.ends else self.begun

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

    def print(self, text: str) -> None:
        """Keep *text* as printed by the running task."""
        task = len(self.ends)
        self.texts.setdefault(task, Printed(task, self.ends)).write(text)

    def printed(self, offset: int) -> str:
        """Return what the task at *offset* from the first has printed so far."""
        return str(self.texts.get(offset, ""))


def _leave_behind() -> None:
    """Forget the run in a forked child: its workers are threads of the parent."""
    current.set(None)


#: The claim that the code now running belongs to, seen by everything a task calls.
current: ContextVar[Claim | None] = ContextVar("nbparallel_claim", default=None)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_behind)
