"""The columnar store: everything known about every task of a run.

Numbers live in compact columns, items and results in lists, and what is rare (errors,
printed text) in dicts by task. About 40 bytes a task, besides the user's own objects.

The store has no lock of its own: every method is called with the run's lock held.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nbparallel.records.columns import Columns
from nbparallel.records.failures import MOST_FRAMES, without_frames
from nbparallel.records.slowest import slowest
from nbparallel.records.snapshot import Row
from nbparallel.records.tries import Try
from nbparallel.types import FINAL, MISSING, Status

#: The most pieces of captured output in a snapshot.
MOST_LOG = 200


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

    @property
    def tasks(self) -> range:
        """Their numbers."""
        return range(self.first, self.first + len(self.ends))


class Records:
    """The rows of one run, by columns.

    Attributes
    ----------
    log
        Task numbers in the order in which they ended. A retried task appears again.
    counts
        Number of tasks by final status.
    tries
        By task, its attempts but for the latest.
    forgotten
        Results have been let go.
    restored
        The tasks whose row came from a journal.
    """

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.results: list[Any] = []
        self.started = array("d")
        self.ended = array("d")
        self.status = bytearray()
        self.attempts = array("I")
        self.workers = array("H")
        self.errors: dict[int, BaseException] = {}
        self.output: dict[int, str] = {}
        self.log = array("I")
        self.counts = dict.fromkeys(FINAL, 0)
        self.forgotten = False
        self.restored = array("Q")
        self.tries: dict[int, list[Try]] = {}
        self._asked_again: dict[int, int] = {}  # task -> attempts before `retry`
        self._reopened: dict[int, int] = {}  # task -> length of the log at that time

    def __len__(self) -> int:
        return len(self.items)

    @property
    def busy(self) -> float:
        """Seconds that tasks took, added up, as far as the store counts them itself."""
        return 0.0

    @property
    def restored_count(self) -> int:
        """How many rows came from a journal."""
        return len(self.restored)

    @property
    def recovered(self) -> int:
        """How many tasks are ok that somebody has asked for again."""
        return sum(self.status[task] == Status.OK for task in self._asked_again)

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
        self.attempts.frombytes(bytes(self.attempts.itemsize * count))
        self.workers.frombytes(bytes(2 * count))
        return range(first, first + count)

    def append(self, item: Any) -> int:
        """Append a task that is pending, in a tenth of the time; return its number."""
        task = len(self.items)
        self.items.append(item)
        self.results.append(MISSING)
        self.started.append(0.0)
        self.ended.append(0.0)
        self.status.append(0)
        self.attempts.append(0)
        self.workers.append(0)
        return task

    def make_room(self, workers: int) -> None:
        """Note that there are so many workers now: here, all is kept anyway."""

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
                if len(self.errors) >= MOST_FRAMES:
                    without_frames(error)
                self.errors[first + offset] = error
            self.counts[Status.OK] -= 1
            self.counts[status] += 1
        for offset, text in batch.texts.items():
            self.output[first + offset] = text
        self.log.extend(array("I", range(first, stop)))

    def restore(self, task: int, row: Row, epoch: float) -> None:
        """Let *task* have ended ok, as *row* of an earlier run says."""
        started, seconds = row.started or 0.0, row.seconds or 0.0
        self.results[task] = row.result
        self.started[task] = started - epoch
        self.ended[task] = started - epoch + seconds
        self.workers[task] = row.worker or 0
        self.attempts[task] = row.attempts
        self.status[task] = Status.OK
        self.counts[Status.OK] += 1
        if row.output:
            self.output[task] = row.output
        self.log.append(task)
        self.restored.append(task)

    def cancel(self, tasks: range) -> None:
        """Mark tasks that never started as cancelled."""
        count = len(tasks)
        self.status[tasks.start : tasks.stop] = bytes((Status.CANCELLED,)) * count
        self.counts[Status.CANCELLED] += count
        self.log.extend(array("I", tasks))

    def reopen_failed(self) -> list[range]:
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
            self._ask_again(tasks)
        return runs

    def reopen_ended(self, tasks: Iterable[int]) -> list[range]:
        """Make *tasks*, which have ended, pending again; return them."""
        runs = [range(task, task + 1) for task in tasks]
        for some in runs:
            self._ask_again(some)
        return runs

    def _ask_again(self, tasks: range) -> None:
        self.reopen(tasks)
        self._asked_again.update((task, self.attempts[task]) for task in tasks)

    def reopen(self, tasks: range) -> None:
        """Make tasks that have ended pending again."""
        for task in tasks:
            status = Status(self.status[task])
            self.counts[status] -= 1
            output, error = self.output.pop(task, ""), self.errors.pop(task, None)
            if error is not None:
                self._keep_try(task, status, error, output)
        self.status[tasks.start : tasks.stop] = bytes(len(tasks))
        self._reopened.update(dict.fromkeys(tasks, len(self.log)))

    def fail_again(self, task: int) -> None:
        """Make the last try of a pending task its outcome after all."""
        last = self.tries[task].pop()
        if not self.tries[task]:
            del self.tries[task]
        self.errors[task] = last.error
        if last.output:
            self.output[task] = last.output
        self.status[task] = last.status
        self.counts[last.status] += 1
        self.log.append(task)

    def tried(self, task: int) -> list[Try]:
        """Return the attempts of *task* since it was last asked for, but the latest."""
        before = self._asked_again.get(task, 0)
        return [each for each in self.tries.get(task, ()) if each.number > before]

    def forget(self, looks: Mapping[int, object]) -> None:
        """Let go of results and of the frames of errors.

        Parameters
        ----------
        looks
            By task, what stands for its result in the rows that are shown.
        """
        self.forgotten = True
        self.results = [MISSING] * len(self.results)
        for task, look in looks.items():
            self.results[task] = look
        for error in self.errors.values():
            without_frames(error, keep_text=False)

    # -- Questions --------------------------------------------------------------------

    def items_of(self, tasks: range) -> list[Any]:
        """Return the items of consecutive tasks."""
        return self.items[tasks.start : tasks.stop]

    def status_of(self, task: int) -> Status:
        """Return where *task* stands; one that is being carried out is pending."""
        return Status(self.status[task])

    def attempts_in(self, tasks: range) -> array[int]:
        """Return how often each of consecutive tasks has been tried."""
        return self.attempts[tasks.start : tasks.stop]

    def has_ended(self, task: int) -> bool:
        """Whether there is such a task, and it has ended."""
        return task < len(self) and self.status_of(task) in FINAL

    def failed(self, count: int) -> list[int]:
        """Return the first *count* tasks that failed."""
        return sorted(self.errors)[:count]

    def completed(self, position: int, epoch: float) -> tuple[int, Row] | None:
        """Return the first outcome at or after *position* of the log, or None.

        Returns
        -------
        tuple or None
            Its position, and the row of its task.
        """
        while position < len(self.log) and self._is_outdated(position):
            position += 1
        if position >= len(self.log):
            return None
        return position, self.row(self.log[position], epoch)

    def _is_outdated(self, position: int) -> bool:
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

    def rows(self, tasks: Iterable[int], epoch: float) -> tuple[Row, ...]:
        """Return everything known about some tasks that are not being carried out."""
        return tuple(self.row(task, epoch) for task in tasks)

    def running_row(
        self, task: int, worker: int, seconds: float, started: float, output: str
    ) -> Row:
        """Return everything known about a task that is being carried out."""
        this = range(task, task + 1)
        return Row(
            task=task,
            item=self.items_of(this)[0],
            status=Status.RUNNING,
            result=MISSING,
            error=None,
            seconds=seconds,
            started=started,
            worker=worker,
            attempts=self.attempts_in(this)[0] + 1,
            output=output,
        )

    def latest_output(self) -> tuple[tuple[int, str], ...]:
        """Return what the latest tasks that printed something have printed."""
        latest = list(islice(reversed(self.output), MOST_LOG))
        return tuple((task, self.output[task]) for task in reversed(latest))

    def latest(self, count: int) -> Sequence[int]:
        """Return up to *count* different tasks that ended last, the latest first."""
        chosen: dict[int, None] = {}
        for task in islice(reversed(self.log), 2 * count):
            if Status(self.status[task]) in FINAL:
                chosen[task] = None
            if len(chosen) == count:
                break
        return tuple(chosen)

    def slowest(self, count: int) -> list[int]:
        """Return up to *count* tasks that were tried and ended, the slowest first."""
        return slowest(self.status, self.attempts, self.started, self.ended, count)

    def recent_seconds(self, count: int) -> tuple[float, ...]:
        """Return how long tasks took that were tried and ended last, up to *count*."""
        tried = (task for task in self.latest(count) if self.attempts[task])
        return tuple(self.ended[task] - self.started[task] for task in tried)

    def columns(self, epoch: float, running: Iterable[int] = ()) -> Columns:
        """Return a copy of all columns, frozen; *running* are being carried out."""
        status = bytearray(self.status)
        for task in running:
            status[task] = Status.RUNNING
        return Columns(
            items=self.items.copy(),
            results=self.results.copy(),
            started=self.started[:],
            ended=self.ended[:],
            status=status,
            attempts=self.attempts[:],
            workers=self.workers[:],
            errors=self.errors.copy(),
            output=self.output.copy(),
            epoch=epoch,
            tries={task: tuple(tries) for task, tries in self.tries.items()},
            forgotten=self.forgotten,
            restored=self.restored[:],
        )

    def _keep_try(
        self, task: int, status: Status, error: BaseException, output: str
    ) -> None:
        if len(self.tries) >= MOST_FRAMES:
            without_frames(error)
        made = Try(
            number=self.attempts[task],
            status=status,
            error=error,
            started=self.started[task],
            ended=self.ended[task],
            worker=self.workers[task],
            output=output,
        )
        self.tries.setdefault(task, []).append(made)

    def _count_attempts(self, tasks: slice, count: int) -> None:
        before = self.attempts[tasks]
        if before.count(0) == count:
            self.attempts[tasks] = array("I", (1,)) * count
        else:
            self.attempts[tasks] = array("I", (n + 1 for n in before))
