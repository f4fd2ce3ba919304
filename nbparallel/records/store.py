"""The columnar store: everything known about every task of a run.

Numbers live in compact columns, items and results in lists, and what is rare (errors,
printed text) in dicts by task. About 40 bytes a task, besides the user's own objects.

The store has no lock of its own: every method is called with the run's lock held.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nbparallel.records.columns import Columns
from nbparallel.records.snapshot import Row
from nbparallel.types import FINAL, MISSING, Status


@dataclass(slots=True, kw_only=True)
class Finished:
    """Consecutive tasks that a worker has carried out, on their way into the store.

    Attributes
    ----------
    first, worker
        The first task, and who carried them out.
    values, ends
        Results, and the instants at which tasks ended: one of each per task.
    begun
        When the first of them started.
    failures, texts
        By offset: ``(status, exception)`` of failed tasks, and what tasks printed.
    """

    first: int
    worker: int
    values: list[Any]
    begun: float
    ends: array[float]
    failures: dict[int, tuple[Status, BaseException]]
    texts: dict[int, str]


class Records:
    """The rows of one run, by columns.

    Attributes
    ----------
    log
        Task numbers in the order in which they ended. A retried task appears again.
    counts
        Number of tasks by final status.
    """

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.results: list[Any] = []
        self.started = array("d")
        self.ended = array("d")
        self.status = bytearray()
        self.attempts = bytearray()
        self.workers = array("H")
        self.errors: dict[int, BaseException] = {}
        self.output: dict[int, str] = {}
        self.log = array("I")
        self.counts = dict.fromkeys(FINAL, 0)
        self._reopened: dict[int, int] = {}  # task -> length of the log at that time

    def __len__(self) -> int:
        return len(self.items)

    @property
    def finished(self) -> int:
        """Number of tasks that have ended."""
        return sum(self.counts.values())

    def add(self, items: list[Any]) -> range:
        """Append tasks that are pending; return their numbers.

        The first list becomes the store's own: it is not copied.
        """
        first, count = len(self.items), len(items)
        if first:
            self.items.extend(items)
        else:
            self.items = items
        self.results.extend([MISSING] * count)
        self.started.frombytes(bytes(8 * count))
        self.ended.frombytes(bytes(8 * count))
        self.status.extend(bytes(count))
        self.attempts.extend(bytes(count))
        self.workers.frombytes(bytes(2 * count))
        return range(first, first + count)

    def commit(self, batch: Finished) -> None:
        """Write a batch of finished tasks; one slice per column."""
        count = len(batch.ends)
        if not count:
            return
        first, stop = batch.first, batch.first + count
        tasks = slice(first, stop)
        self.results[tasks] = batch.values
        self.ended[tasks] = batch.ends
        self.started[first] = batch.begun
        self.started[first + 1 : stop] = batch.ends[:-1]
        self.workers[tasks] = array("H", (batch.worker,)) * count
        self._count_attempts(tasks, count)
        self.status[tasks] = bytes((Status.OK,)) * count
        self.counts[Status.OK] += count
        for offset, (status, error) in batch.failures.items():
            self.status[first + offset] = status
            if status is not Status.CANCELLED:
                self.errors[first + offset] = error
            self.counts[Status.OK] -= 1
            self.counts[status] += 1
        for offset, text in batch.texts.items():
            self.output[first + offset] = text
        self.log.extend(array("I", range(first, stop)))

    def cancel(self, tasks: range) -> None:
        """Mark tasks that never started as cancelled."""
        count = len(tasks)
        self.status[tasks.start : tasks.stop] = bytes((Status.CANCELLED,)) * count
        self.counts[Status.CANCELLED] += count
        self.log.extend(array("I", tasks))

    def give_up(self, task: int, worker: int, started: float, ended: float) -> None:
        """Mark a task as cancelled that was being carried out and did not stop."""
        self.started[task] = started
        self.ended[task] = ended
        self.workers[task] = worker
        self._count_attempts(slice(task, task + 1), 1)
        self.cancel(range(task, task + 1))

    def reopen(self) -> list[range]:
        """Make every task pending again that ended other than ok; return them."""
        wanted = bytes.maketrans(
            bytes(Status), bytes(s in FINAL and s is not Status.OK for s in Status)
        )
        chosen = self.status.translate(wanted)
        runs: list[range] = []
        start = chosen.find(1)
        while start >= 0:
            stop = chosen.find(0, start)
            stop = len(chosen) if stop < 0 else stop
            runs.append(range(start, stop))
            start = chosen.find(1, stop)
        for tasks in runs:
            self._reopen(tasks)
        return runs

    def _reopen(self, tasks: range) -> None:
        for task in tasks:
            self.counts[Status(self.status[task])] -= 1
            self.errors.pop(task, None)
            self.output.pop(task, None)
        self.status[tasks.start : tasks.stop] = bytes(len(tasks))
        self._reopened.update(dict.fromkeys(tasks, len(self.log)))

    def is_outdated(self, position: int) -> bool:
        """Whether a retry has made this position of the log out of date."""
        return position < self._reopened.get(self.log[position], 0)

    def row(self, task: int, epoch: float) -> Row:
        """Return everything known about one task that is not being carried out."""
        status = Status(self.status[task])
        tried = self.attempts[task] > 0 and status in FINAL
        return Row(
            task=task,
            item=self.items[task],
            status=status,
            result=self.results[task],
            error=self.errors.get(task),
            seconds=self.ended[task] - self.started[task] if tried else None,
            started=self.started[task] + epoch if tried else None,
            worker=self.workers[task] if tried else None,
            attempts=self.attempts[task],
            output=self.output.get(task, ""),
        )

    def latest(self, count: int) -> Sequence[int]:
        """Return up to *count* different tasks that ended last, the latest first."""
        chosen: dict[int, None] = {}
        for task in islice(reversed(self.log), 2 * count):
            if Status(self.status[task]) in FINAL:
                chosen[task] = None
            if len(chosen) == count:
                break
        return tuple(chosen)

    def columns(self, epoch: float) -> Columns:
        """Return a copy of all columns, frozen."""
        return Columns(
            items=self.items.copy(),
            results=self.results.copy(),
            started=self.started[:],
            ended=self.ended[:],
            status=bytearray(self.status),
            attempts=bytes(self.attempts),
            workers=self.workers[:],
            errors=self.errors.copy(),
            output=self.output.copy(),
            epoch=epoch,
        )

    def _count_attempts(self, tasks: slice, count: int) -> None:
        before = self.attempts[tasks]
        if before.count(0) == count:
            self.attempts[tasks] = b"\x01" * count
        else:
            self.attempts[tasks] = bytes(min(n + 1, 255) for n in before)
