"""A store for runs of any length: it keeps tasks that go on, and the last that ended.

The same questions as `Records`, other answers: what has ended is let go once so many
tasks have ended after it. Counts, times added up and the first failures stay.
"""

from __future__ import annotations

import os
from array import array
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final, NoReturn

from nbparallel.errors import UsageError
from nbparallel.options import Options
from nbparallel.records.columns import Columns
from nbparallel.records.failures import MOST_FRAMES, without_frames
from nbparallel.records.snapshot import Row
from nbparallel.records.store import MOST_LOG, Finished, Records
from nbparallel.records.tries import Try
from nbparallel.types import MISSING, Status

#: How many rows are kept of the first tasks, for the end under the cell.
FIRST: Final = 100


class PassingRecords(Records):
    """The rows of one run that lets go of them.

    Parameters
    ----------
    most
        How many tasks that have ended are kept at least: the last ones.
    journal
        The path of the journal that has the others, if there is one.
    """

    def __init__(
        self, most: int, journal: str | os.PathLike[str] | None = None
    ) -> None:
        super().__init__()
        # Wherever the program goes on.
        self._journal = None if journal is None else Path.cwd() / journal
        self._least = self._most = most
        self._made = 0
        self._going: dict[int, Any] = {}  # task -> item, until it has ended
        self._tried: dict[int, int] = {}  # task -> attempts, while it is tried again
        self._rows: OrderedDict[int, Row] = OrderedDict()  # started as perf_counter
        self._first: dict[int, Row] = {}
        self._log: deque[Row] = deque()
        self._let_go = 0  # how many entries of the log
        self._restored = 0
        self.forgotten = True
        self._busy = 0.0

    def __len__(self) -> int:
        return self._made

    @property
    def restored_count(self) -> int:
        """How many rows came from a journal."""
        return self._restored

    @property
    def busy(self) -> float:
        """Seconds that tasks took, added up."""
        return self._busy

    def make_room(self, workers: int) -> None:
        """Keep what so many workers bring before a loop has had it."""
        self._most = max(self._most, self._least + workers)

    def add(self, items: list[Any]) -> range:
        """Append tasks that are pending; return their numbers."""
        first = self._made
        self._made += len(items)
        self._going.update(zip(range(first, self._made), items, strict=True))
        return range(first, self._made)

    def append(self, item: Any) -> int:
        """Append a task that is pending; return its number."""
        return self.add([item]).start

    def commit(self, batch: Finished) -> None:
        """Count a batch of finished tasks, and keep the last of them.

        Room is made before it: whoever commits may ask for what was in the batch.
        """
        self._trim()
        begun, done = batch.begun, len(batch.ends)
        self._busy += (batch.ends[-1] - begun) if done else 0.0
        self.counts[Status.OK] += done - len(batch.failures)
        for place, ended in enumerate(batch.ends):
            status, error = batch.failures.get(place, (Status.OK, None))
            if error is not None:
                self.counts[status] += 1
            self._end(
                batch.first + place,
                status,
                result=batch.values[place],
                error=None if status is Status.CANCELLED else error,
                times=(begun, ended),
                worker=batch.worker,
                output=batch.texts.get(place, ""),
            )
            begun = ended

    def restore(self, task: int, row: Row, epoch: float) -> None:
        """Let *task* have ended ok, as *row* of an earlier run says."""
        self._trim()
        started, seconds = (row.started or 0.0) - epoch, row.seconds or 0.0
        self._tried[task] = row.attempts - 1
        self._end(
            task,
            Status.OK,
            result=row.result,
            times=(started, started + seconds),
            worker=row.worker or 0,
            output=row.output,
        )
        self.counts[Status.OK] += 1
        self._restored += 1

    def cancel(self, tasks: range) -> None:
        """Mark tasks that never started as cancelled."""
        self._trim()
        self.counts[Status.CANCELLED] += len(tasks)
        for task in tasks:
            self._tried[task] = self._tried.get(task, 0) - 1
            self._end(task, Status.CANCELLED)

    def reopen_failed(self) -> list[range]:
        """Refuse: their items are gone."""
        self._refuse("tried again: nothing is kept of tasks that have ended")

    def reopen(self, tasks: range) -> None:
        """Make tasks that have just ended pending again."""
        for task in tasks:
            row = self._rows.pop(task)
            self._first.pop(task, None)
            self.errors.pop(task, None)
            self.counts[row.status] -= 1
            self._going[task], self._tried[task] = row.item, row.attempts
            if row.error is not None:
                self.tries.setdefault(task, []).append(_try(row, row.error))

    def fail_again(self, task: int) -> None:
        """Make the last try of a pending task its outcome after all."""
        last = self.tries[task][-1]
        self._tried[task] -= 1
        self.counts[last.status] += 1
        self._end(
            task,
            last.status,
            error=last.error,
            times=(last.started, last.ended),
            worker=last.worker,
            output=last.output,
        )

    def tried(self, task: int) -> list[Try]:
        """Return the attempts of *task* so far."""
        return list(self.tries.get(task, ()))

    def forget(self, looks: Mapping[int, object]) -> None:  # noqa: ARG002 # as declared
        """Let go of the last rows, too."""
        self._rows.clear()
        self._first.clear()

    # -- Questions --------------------------------------------------------------------

    def items_of(self, tasks: range) -> list[Any]:
        """Return the items of consecutive tasks, as far as they are kept."""
        going, rows = self._going, self._rows
        return [
            going[n] if n in going else rows[n].item if n in rows else None
            for n in tasks
        ]

    def status_of(self, task: int) -> Status:
        """Return where *task* stands; what was let go has ended."""
        if task in self._rows:
            return self._rows[task].status
        return Status.PENDING if task in self._going else Status.OK

    def attempts_of(self, task: int) -> int:
        """Return how often *task* has been tried."""
        row = self._rows.get(task)
        return row.attempts if row is not None else self._tried.get(task, 0)

    def attempts_in(self, tasks: range) -> array[int]:
        """Return how often each of consecutive tasks has been tried."""
        return array("I", map(self.attempts_of, tasks))

    def has_ended(self, task: int) -> bool:
        """Whether there is such a task, and it has ended."""
        return task < self._made and task not in self._going

    def failed(self, count: int) -> list[int]:
        """Return the first *count* tasks that failed and are kept."""
        return sorted(task for task in self.errors if self._kept(task))[:count]

    def completed(self, position: int, epoch: float) -> tuple[int, Row] | None:
        """Return the first outcome at or after *position* of the log, or None."""
        if position < self._let_go:
            self._refuse("read from here: read the run with a loop from its start")
        for at in range(position, self._let_go + len(self._log)):
            row = self._log[at - self._let_go]
            if self._rows.get(row.task) is row:  # else it was tried again
                return at, _shown(row, epoch)
        return None

    def row(self, task: int, epoch: float) -> Row:
        """Return everything known about one task that is not being carried out."""
        row = self._kept(task)
        if row is not None:
            return _shown(row, epoch)
        if task not in self._going:
            self._refuse(f"shown: task {task} has ended, and was let go")
        return _pending(task, self._going[task], self._tried.get(task, 0))

    def rows(self, tasks: Iterable[int], epoch: float) -> tuple[Row, ...]:
        """Return what is kept of some tasks that are not being carried out."""
        known = [n for n in tasks if n in self._going or self._kept(n)]
        return tuple(self.row(task, epoch) for task in known)

    def latest_output(self) -> tuple[tuple[int, str], ...]:
        """Return what the latest tasks that printed something have printed."""
        printed = ((n, row.output) for n, row in reversed(self._rows.items()))
        latest = list(islice((each for each in printed if each[1]), MOST_LOG))
        return tuple(reversed(latest))

    def latest(self, count: int) -> Sequence[int]:
        """Return up to *count* different tasks that ended last, the latest first."""
        return tuple(islice(reversed(self._rows), count))

    def slowest(self, count: int) -> list[int]:
        """Return up to *count* tasks of those whose rows are kept."""
        rows = [row for row in self._rows.values() if row.seconds is not None]
        rows.sort(key=lambda row: -(row.seconds or 0.0))
        return [row.task for row in rows[:count]]

    def recent_seconds(self, count: int) -> tuple[float, ...]:
        """Return how long tasks took that were tried and ended last, up to *count*."""
        rows = self.rows(self.latest(count), 0.0)
        return tuple(row.seconds for row in rows if row.seconds is not None)

    def columns(self, epoch: float, running: Iterable[int] = ()) -> Columns:  # noqa: ARG002 # as declared
        """Refuse: there are none."""
        self._refuse("shown: the rows of tasks that have ended are let go")

    # -- Inside -----------------------------------------------------------------------

    def _end(
        self,
        task: int,
        status: Status,
        *,
        result: Any = MISSING,
        error: BaseException | None = None,
        times: tuple[float, float] | None = None,
        worker: int = 0,
        output: str = "",
    ) -> None:
        item = self._going.pop(task)
        row = Row(
            task=task,
            item=item,
            status=status,
            result=result,
            error=error,
            seconds=None if times is None else times[1] - times[0],
            started=None if times is None else times[0],
            worker=worker,
            attempts=self._tried.pop(task, 0) + 1,
            output=output,
        )
        self._rows[task] = row
        self._rows.move_to_end(task)
        if task < FIRST:
            self._first[task] = row
        if error is not None:
            if len(self.errors) < MOST_FRAMES:
                self.errors[task] = error
            else:
                without_frames(error)
        self._log.append(row)

    def _trim(self) -> None:
        """Let go of the oldest."""
        while len(self._rows) > self._most:
            task, row = self._rows.popitem(last=False)
            self.tries.pop(task, None)
            if row.error is not None and task in self.errors:
                without_frames(row.error)
        while len(self._log) > self._most:
            self._log.popleft()
            self._let_go += 1

    def _refuse(self, what: str) -> NoReturn:
        place = self._journal
        if place is None:
            cure = (
                'Leave keep_results out, or write journal="run.db" and read that: '
                'nbp.read_journal("run.db")'
            )
        elif place.exists():
            cure = f"Read its journal: nbp.read_journal({str(place)!r})"
        else:
            cure = (
                f"Its journal {str(place)!r} was removed or renamed meanwhile. Read it "
                "by its new name with nbp.read_journal, or call again without "
                "keep_results"
            )
        message = f"with keep_results=False it cannot be {what}. {cure}"
        raise UsageError(message)

    def _kept(self, task: int) -> Row | None:
        return self._rows.get(task) or self._first.get(task)


def _shown(row: Row, epoch: float) -> Row:
    return row if row.started is None else replace(row, started=row.started + epoch)


def _pending(task: int, item: Any, attempts: int) -> Row:
    return Row(
        task=task,
        item=item,
        status=Status.PENDING,
        result=MISSING,
        error=None,
        seconds=None,
        started=None,
        worker=None,
        attempts=attempts,
        output="",
    )


def _try(row: Row, error: BaseException) -> Try:
    started, seconds = row.started or 0.0, row.seconds or 0.0
    return Try(
        number=row.attempts,
        status=row.status,
        error=error,
        started=started,
        ended=started + seconds,
        worker=row.worker or 0,
        output=row.output,
    )


def records_for(options: Options, workers: int) -> Records:
    """Return the store that *options* ask for, of a run with so many workers."""
    if options.keep_results:
        return Records()
    # What a loop has not had yet, and some to look at.
    records = PassingRecords(2000 + (options.buffer or 0), options.journal)
    records.make_room(workers)
    return records
