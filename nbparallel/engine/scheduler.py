"""The one scheduler: who works on what, and how a run ends.

::

    input ──pull──▶ Source ──next_claim──▶ Claim ──settle──▶ Records ──▶ snapshot
                      ▲                      │
                      └──── take back ◀──────┘   pause, cancel, an idle worker

Guarantees
----------
- Every task is in exactly one place: at hand in the source, in one open claim, or
  ended in the records. All moves between them happen under the tree's lock.
- A cancelled run hands out no further task; tasks that were being carried out have the
  grace to end, then their rows say cancelled and whatever still comes is discarded.
- `_end` runs exactly once per start, in the thread that brought the last task.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from time import perf_counter
from typing import TYPE_CHECKING

from nbparallel.edge.signals import has_struck
from nbparallel.engine.look import Stopwatch, snapshot
from nbparallel.engine.source import Source
from nbparallel.engine.tree import Tree
from nbparallel.errors import StillRunning, TaskCancelled
from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.records.store import Finished, Records
from nbparallel.types import FINAL, State, Status
from nbparallel.workers import load
from nbparallel.workers.base import Backend
from nbparallel.workers.claim import Claim

if TYPE_CHECKING:
    from nbparallel.engine.work import Work
    from nbparallel.options import Options
    from nbparallel.records.columns import Columns

#: Seconds that a claim of quick tasks should last.
CLAIM_SECONDS = 0.001
#: The most tasks in one claim.
MOST_TASKS = 8192


class Scheduler:
    """Hands out the tasks of one run and takes their outcomes.

    Parameters
    ----------
    work, options
        What to do and how.
    parent
        The run inside whose task this one is made, or None.
    on_end
        Called once per start when the last task has ended, without the lock.
    """

    def __init__(
        self,
        work: Work,
        options: Options,
        parent: Scheduler | None,
        on_end: Callable[[], None],
    ) -> None:
        kind = load(options.backend)
        self.work = work
        self.call = work.call
        self.context = copy_context()
        self.options = options
        self.workers = options.workers or kind.default_workers()
        self.parent: Scheduler | None = parent
        shares = parent is not None and kind.nests and parent.backend.nests
        self.tree: Tree = parent.tree if parent and shares else Tree()
        self.backend: Backend = (
            parent.backend if parent and shares else kind(self.tree, self.workers)
        )
        self.children: set[Scheduler] = set()
        self.epoch = time.time() - perf_counter()
        self.records = Records()
        self.records.add(work.items or [])
        self.source = Source(self.records, work.source, work.needs)
        self.open: set[Claim] = set()
        self.halt = threading.Event()
        self.fatal: BaseException | None = None
        self.echo = True
        self.abandoned = 0
        self.read = 0
        self.bound = options.buffer
        self._unbounded = 0
        self.clock = Stopwatch()
        self._on_end = on_end
        self._size = 1
        self._paused = False
        self._ended = threading.Event()

    # -- What users and views ask for -------------------------------------------------

    @property
    def state(self) -> State:
        """Where the run stands."""
        if self._ended.is_set():
            return State.CANCELLED if self.halt.is_set() else State.DONE
        if self.halt.is_set():
            return State.CANCELLING
        return State.PAUSED if self._paused else State.RUNNING

    def start(self) -> None:
        """Begin, or begin again after `retry`."""
        if self.parent is not None:
            self.parent.children.add(self)
        with self.tree:
            alone = not self.tree.members
            self.tree.members.append(self)
            self.clock.start()
            waiting = self.source.waiting if self.source.exhausted else None
            self._end_if_dry()
            self.tree.changed()
        if self.parent is not None and self.parent.halt.is_set():
            self.cancel()
        if waiting != 0:
            employ = self.backend.start if alone else self.backend.widen
            employ(waiting)

    def cancel(self, *, hard: bool = False) -> None:
        """Hand out no further task; *hard* gives running tasks no grace."""
        with self.tree:
            if self._ended.is_set():
                return
            first = not self.halt.is_set()
            self.halt.set()
            self._paused = False
            for claim in self.open:
                self.records.cancel(claim.take_back())
            for tasks in self.source.drain():
                self.records.cancel(tasks)
            if hard:
                self._abandon()
            self._end_if_dry()
            self.tree.changed()
        for child in list(self.children):
            child.cancel(hard=hard)
        if first and not self._ended.is_set():
            self._enforce_grace()

    def pause(self) -> None:
        """Hand out no further task until `resume`; running ones go on."""
        with self.tree:
            if self._ended.is_set() or self.halt.is_set() or self._paused:
                return
            self._paused = True
            self.clock.pause()
            for claim in self.open:
                self.source.give_back(claim.take_back())
            self.tree.changed()

    def resume(self) -> None:
        """Go on after `pause`."""
        with self.tree:
            if self._paused:
                self._paused = False
                self.clock.start()
                self.tree.changed()

    def retry(self) -> bool:
        """Make every task that ended other than ok pending again.

        Returns
        -------
        bool
            Whether the run has to be started again.

        Raises
        ------
        StillRunning
            The run is being cancelled and has not ended yet.
        """
        with self.tree:
            if self.state is State.CANCELLING:
                message = "the run is being cancelled: run.wait(), then run.retry()"
                raise StillRunning(message)
            self._harvest_open()
            tasks = self.records.reopen()
            for some in reversed(tasks):
                self.source.give_back(some)
            again = self._ended.is_set() and bool(tasks)
            if again:
                self.halt = threading.Event()
                self.fatal = None
                if self.parent is not None and self.parent.state.ended:
                    self.parent = None  # from now on a run of its own
                self._ended = threading.Event()
            self.tree.changed()
            return again

    def snapshot(self, rows: int) -> Snapshot:
        """Return the run as it stands, with up to *rows* rows of each sort."""
        with self.tree:
            self._harvest_open()
            return snapshot(self, rows)

    def columns(self) -> Columns:
        """Return all columns as they stand."""
        with self.tree:
            self._harvest_open()
            columns = self.records.columns(self.epoch)
            for claim in self.open:
                if (task := claim.running) is not None:
                    columns.status[task] = Status.RUNNING
            return columns

    def completed(self, position: int) -> tuple[int, Row] | None:
        """Return the first outcome at or after *position* of the completion log.

        Returns
        -------
        tuple or None
            Its position and its task's row; None if there is none yet.
        """
        with self.tree:
            log = self.records.log
            if position >= len(log):
                self._harvest_open()
            while position < len(log) and self.records.is_outdated(position):
                position += 1
            if position >= len(log):
                return None
            return position, self.records.row(log[position], self.epoch)

    def ended(self, task: int) -> Row | None:
        """Return everything known about *task*, or None if it has not ended."""
        with self.tree:
            self._harvest_open()
            status = self.records.status
            if task < len(status) and Status(status[task]) in FINAL:
                return self.records.row(task, self.epoch)
            return None

    def read_up_to(self, count: int) -> None:
        """Note that a reader has had *count* tasks: makes room in the buffer."""
        with self.tree:
            if count > self.read:
                self.read = count
                if self.bound is not None:
                    self.tree.changed()

    @contextmanager
    def unbounded(self) -> Iterator[None]:
        """Let the tasks go any distance ahead of the reader: the end is waited for."""
        self._count_unbounded(1)
        try:
            yield
        finally:
            self._count_unbounded(-1)

    def _count_unbounded(self, change: int) -> None:
        with self.tree:
            self._unbounded += change
            self.tree.changed()

    # -- What the tree asks for -------------------------------------------------------

    def next_claim(self, worker: int) -> Claim | None:
        """Return work of this run if there is any now; the lock is held."""
        if self.halt.is_set() or self._paused or len(self.open) >= self.workers:
            return None
        tasks = self._next_tasks()
        if tasks is None:
            return None
        items = self.records.items[tasks.start : tasks.stop]
        claim = Claim(self, worker, tasks.start, items, self.halt)
        self.open.add(claim)
        return claim

    def settle(self, claim: Claim) -> None:
        """Take a claim of this run back whose tasks have been carried out."""
        with self.tree:
            if claim.revoked:
                self.abandoned -= 1  # it came back after all
                return
            self._learn(claim)
            self._harvest(claim)
            had_all_workers = len(self.open) >= self.workers
            self.open.discard(claim)
            self._end_if_dry()
            if had_all_workers and self.parent is not None:
                self.tree.changed()  # idle workers of the tree were turned away
            else:
                self.tree.progressed()

    def is_within(self, other: Scheduler) -> bool:
        """Whether this run is *other* or nested in it, at any depth."""
        run: Scheduler | None = self
        while run is not None and run is not other:
            run = run.parent
        return run is other

    # -- Inside, with the lock held ---------------------------------------------------

    def _most(self) -> int:
        # Whoever waits for an inline run looks for an interrupt after each claim.
        most = 1 if self.backend.carried_by_waiter else self._size
        left = self.source.at_hand
        if left:
            most = min(most, max(1, left // (2 * self.workers)))
        if self.bound is None or self._unbounded or self.source.returned:
            return most
        ahead = self.source.fresh.start if self.source.fresh else len(self.records)
        return min(most, self.read + self.bound + self.workers - ahead)

    def _next_tasks(self) -> range | None:
        most = self._most()
        if most > 0:
            if tasks := self.source.take(most):
                return tasks
            if self.source.may_pull():
                return self._pull(most)
        return self._steal()

    def _pull(self, most: int) -> range | None:
        with self.tree.released():
            pulled = self.source.pull(most, self.context)
        if has_struck(pulled.error):
            self.cancel()  # a signal struck the waiting thread while it read
        self.source.accept(pulled)
        held = self._paused or self.halt.is_set() or len(self.open) >= self.workers
        tasks = None if held else self.source.take(most)
        if tasks is None:
            self._end_if_dry()
        self.tree.changed()
        return tasks

    def _steal(self) -> range | None:
        victim = max(self.open, key=lambda claim: len(claim.items), default=None)
        if victim is None or not victim.items:
            return None
        return victim.take_back((len(victim.items) + 1) // 2) or None

    def _learn(self, claim: Claim) -> None:
        count = len(claim.ends)
        if not count:
            return
        lasted = claim.ends[-1] - claim.begun
        if lasted > 4 * CLAIM_SECONDS:
            self._size = max(1, int(count * CLAIM_SECONDS / lasted))
        elif lasted < CLAIM_SECONDS and count >= self._size:
            self._size = min(2 * count, MOST_TASKS)

    def _harvest_open(self) -> None:
        for claim in self.open:
            self._harvest(claim)

    def _harvest(self, claim: Claim) -> None:
        start, stop = claim.harvested, len(claim.ends)
        if start == stop:
            return
        claim.harvested = stop
        failures = {}
        for offset in [n for n in list(claim.failures) if n < stop]:
            error = claim.failures.pop(offset)
            failures[offset - start] = (self._verdict(error), error)
        texts = {}
        for offset in [n for n in list(claim.texts) if n < stop]:
            texts[offset - start] = str(claim.texts.pop(offset))
        self.records.commit(
            Finished(
                first=claim.first + start,
                worker=claim.worker,
                values=claim.values[start:stop],
                begun=claim.ends[start - 1] if start else claim.begun,
                ends=claim.ends[start:stop],
                failures=failures,
                texts=texts,
            )
        )
        if self.source.note_end(range(claim.first + start, claim.first + stop)):
            self.tree.changed()
        self._fail_fast(failures)

    def _verdict(self, error: BaseException) -> Status:
        stopped = isinstance(error, (TaskCancelled, KeyboardInterrupt))
        return Status.CANCELLED if stopped and self.halt.is_set() else Status.ERROR

    def _fail_fast(self, failures: dict[int, tuple[Status, BaseException]]) -> None:
        if self.options.on_error != "raise" or self.fatal is not None:
            return
        for status, error in failures.values():
            if status is not Status.CANCELLED:
                self.fatal = error
                self.tree.after(self.cancel)
                return

    def _enforce_grace(self) -> None:
        ended, halt = self._ended, self.halt

        def enforce() -> None:
            if not ended.wait(min(self.options.grace, threading.TIMEOUT_MAX)):
                with self.tree:
                    if self.halt is halt:
                        self._abandon()
                        self._end_if_dry()

        threading.Thread(target=enforce, name="nbparallel-grace", daemon=True).start()

    def _abandon(self) -> None:
        for claim in self.open.copy():
            self._harvest(claim)
            task, since = claim.running, claim.since
            self.open.discard(claim)
            if task is None:  # it has done its last one and is about to be settled
                continue
            self.records.give_up(task, claim.worker, since, perf_counter())
            if text := claim.printed(task - claim.first):
                self.records.output[task] = text
            self.abandoned += 1
            claim.revoked = True

    def _end_if_dry(self) -> None:
        if self._ended.is_set() or self.open or not self.source.dry:
            return
        if self not in self.tree.members:  # cancelled on the way to its start
            return
        self._ended.set()
        self._paused = False
        self.clock.stop()
        self.tree.members.remove(self)
        if self.parent is not None:
            self.parent.children.discard(self)
        self.tree.changed()
        self.tree.after(self._on_end)
