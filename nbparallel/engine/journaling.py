"""The journal of a run: what ended in earlier runs comes back, what ends now is kept.

Guarantees
----------
- Whatever speaks against the journal is raised before any task starts. What goes wrong
  later becomes a note of the run, which goes on as long as it keeps results itself.
- A task whose row came back is never in a claim.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from nbparallel import daemons
from nbparallel.engine import stopping
from nbparallel.engine.keeper import Keeper, without
from nbparallel.engine.scheduler import Scheduler
from nbparallel.errors import Abandoned
from nbparallel.journal.drafts import Ended
from nbparallel.journal.identity import Identity, identity_of
from nbparallel.journal.journal import Journal
from nbparallel.journal.matching import Index
from nbparallel.journal.naming import Naming
from nbparallel.journal.pages import Kept
from nbparallel.journal.writer import Writer
from nbparallel.records.snapshot import Row
from nbparallel.records.store import Finished
from nbparallel.short_text import error_line
from nbparallel.types import Status
from nbparallel.workers.packing import by_value
from nbparallel.workers.raising import raise_in


class Journaling(Keeper):
    """Keeps the rows of one run in a journal.

    Parameters
    ----------
    run
        The run.
    path
        Of the journal.
    """

    def __init__(self, run: Scheduler, path: str) -> None:
        self._run, self._path = run, str(Path.cwd() / path)  # wherever it goes on
        self._identity: Identity | None = None  # the function may change what it holds
        self._stopped = False
        self._unwritten: list[Ended] = []  # what an earlier start has left
        self._naming = Naming(run.options.key, run.work)
        self._keys: dict[int, str] = {}  # of tasks that have not ended ok
        self._found: dict[int, Kept] = {}  # of items that were read and are no tasks
        self._index: Index | None = None
        self._journal: Journal | None = None
        self._writer: Writer | None = None
        self._read = 0
        self.notes = ()

    def open(self) -> None:
        """Open the journal, the first time take back what it has."""
        if self._writer is not None:
            return
        run, is_first = self._run, self._index is None
        items = run.work.items or []
        items = items[: len(items) - len(run.work.made)]
        keys = self._naming.of_all(items) if is_first else []
        if self._identity is None:
            assert run.work.fn is not None
            self._identity = identity_of(run.work.fn, run.work.source_text)
        journal = Journal(
            self._path,
            self._identity,
            self._naming.word,
            trust=run.options.trust,
            index=self._index,
        )
        try:
            if is_first:
                self._resume(journal, keys)
        except BaseException:
            journal.close()
            raise
        self._index, self._journal, self.notes = journal.index, journal, ()
        self._writer = Writer(journal, self, run.epoch)
        for ended in self._unwritten:
            self._writer.hand_in(ended)

    def close(self) -> None:
        """Write what is left, and let the file go."""
        writer = self._writer
        if writer is not None:
            writer.close()
            self._note(writer)
            self._unwritten = writer.unwritten
            self._writer = None  # up to here, who looks at the run waits for it

    def took(self, batch: Finished) -> None:
        """Hand in what has ended."""
        writer, records = self._writer, self._run.records
        if batch.first in self._run.work.made:  # a claim never has both
            return
        if writer is not None:
            tasks = batch.tasks
            items = records.items_of(tasks)
            writer.hand_in(Ended(batch, records.attempts_in(tasks), items))
            if not self._run.options.keep_results:
                # Workers that are faster than the disk must not fill the memory.
                self._run.crew.after(writer.make_room)

    def assure(self, task: int | None = None) -> None:
        """Wait for the commit."""
        writer = self._writer
        if writer is not None:
            writer.assure(task)
            self._note(writer)

    def hasten(self) -> None:
        """Wait less for results that take long to be pickled."""
        if self._writer is not None:
            self._writer.hasten()

    def sift(self, tasks: range) -> list[range]:
        """Take back the rows of those that have one."""
        found = [task for task in tasks if task in self._found] if self._found else []
        if not found:
            return [tasks]
        for task in found:
            self._restore(task, self._found.pop(task))
        self._run.crew.progressed()
        return list(without(tasks, set(found)))

    def _resume(self, journal: Journal, keys: list[str]) -> None:
        run, reading = self._run, self._run.source.reading
        known = len(journal.index)
        rows = dict(journal.take_all(keys))
        if keys and known == len(journal.index) and self._naming.word == "item":
            journal.refuse_other_items(len(keys))
        self._keys.update(enumerate(keys))
        with run.crew.lock:
            for task in sorted(rows):
                self._restore(task, rows[task])
            if rows:
                run.source.leave_out(rows)
        if reading is not None:
            reading.take = self._reads(reading.arrived.append)

    def _reads(self, append: Callable[[Any], None]) -> Callable[[Any], bool]:
        """Return what takes an item in, and says whether there is a row of it."""

        def take(item: Any) -> bool:
            task, journal = self._read, self._journal
            key = self._keys[task] = self._naming.of(item, task)
            kept = journal.take(key, task) if journal is not None else None
            if kept is not None:
                del self._keys[task]
                self._found[task] = kept
            self._read += 1
            append(item)
            return kept is not None

        return take

    def _restore(self, task: int, kept: Kept) -> None:
        records = self._run.records
        self._keys.pop(task, None)
        row = Row(
            task=task,
            item=None,
            status=Status.OK,
            result=kept.result,
            error=None,
            seconds=kept.seconds,
            started=kept.started,
            worker=kept.worker,
            attempts=kept.attempts,
            output=kept.output,
        )
        records.restore(task, row, self._run.epoch)
        for observer in self._run.intake.observers:
            observer.restored(task, kept.result)

    # -- What its writer asks and tells -----------------------------------------------

    def keys_of(self, finished: Finished) -> list[str]:
        """Return the keys of tasks."""
        return [self._keys[task] for task in finished.tasks]

    def wrote(self, finished: Finished) -> None:
        """Forget the keys of tasks that are done with."""
        options = self._run.options
        may_run_again = options.keep_results or options.retries
        for place, task in enumerate(finished.tasks):
            if not (may_run_again and place in finished.failures):
                self._keys.pop(task, None)

    def unwritable(self) -> None:
        """End the run if nothing but the journal would have what comes of it."""
        run = self._run
        if not (run.options.keep_results or run.phase.over.is_set()):
            self._stopped = True
            with suppress(RuntimeError):  # at the exit of the interpreter
                # By another thread: the end of the run waits for that of the writer.
                daemons.start("nbparallel-stop", partial(stopping.cancel, run))

    def strike(self, thread: int) -> None:
        """End what is being pickled there."""
        raise_in((thread,), Abandoned, within=by_value.__code__)

    def _note(self, writer: Writer) -> None:
        notes = []
        if writer.failed is not None:
            why = error_line(writer.failed)
            notes.append(f"The journal is not written any more: {why}")
        if self._stopped:
            missing = sum(len(each.finished.ends) for each in writer.unwritten)
            notes.append(
                "The run was cancelled when its journal could not be written, for it "
                f"keeps no results itself: {missing} tasks have ended that are not in "
                "the journal and will run again."
            )
        if writer.unkept is not None:
            count, error = writer.unkept
            one = count == 1
            which = "One result" if one else f"{count} results"
            whose = "its task" if one else "their tasks"
            notes.append(
                f"{which} could not be kept in the journal, {whose} will run again: "
                f"{error_line(error)}"
            )
        self.notes = tuple(notes)
