"""What a run looks like at one instant.

A `Snapshot` is the only thing that views, plots and summaries are made from. It is
small whatever the size of the run: counts, a few rows, a little text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nbparallel.records.exhibits import Exhibit
from nbparallel.records.reasons import Reasons
from nbparallel.records.strip import Strip
from nbparallel.records.usage import Usage
from nbparallel.types import FAILED, FINAL, State, Status


@dataclass(frozen=True, slots=True)
class Row:
    """Everything known about one task.

    Attributes
    ----------
    task
        Its number, counted from 0 in input order.
    item
        The input it was called with.
    status
        Where it stands.
    result
        What it returned, or ``MISSING``.
    error
        What it raised, or None.
    seconds
        How long it took; while it runs, how long it has been running; else None.
    started
        When it started, in seconds since the epoch, or None.
    worker
        The number of the worker that has or had it, or None.
    attempts
        How many times it was tried.
    output
        What it printed, cut to a bounded length.
    """

    task: int
    item: object
    status: Status
    result: object
    error: BaseException | None
    seconds: float | None
    started: float | None
    worker: int | None
    attempts: int
    output: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run, frozen at one instant.

    Attributes
    ----------
    name
        The run's description, by default the name of the function.
    state
        Where the run stands.
    total
        How many tasks it will have; None while a lazy input does not tell.
    counts
        Tasks by status. They add up to the number of tasks known so far.
    elapsed
        Seconds since the start, up to the end if the run has ended.
    active
        The seconds of *elapsed* during which the run was not paused.
    workers
        How many workers it may use.
    recent
        Seconds of tasks that were tried and ended last.
    running
        Tasks being carried out, the longest running first; at most the rows asked for.
    latest
        Tasks that ended, the latest first; at most the rows asked for.
    first
        The first tasks in input order, up to 500; filled once the run has ended.
    failures
        The first failed tasks, up to 500; filled once the run has ended.
    slowest
        The tasks that took longest, the slowest first; filled once the run has ended.
    errors
        What tasks raised, by task; of more than 10,000 the first that ended so.
    log
        ``(task, text)`` of the latest captured output, oldest first.
    abandoned
        Tasks that did not stop when told to and were left behind.
    lag
        ``(task, seconds)`` of the coroutine that has kept the others from going on for
        the longest time, if one did for half a second; else None.
    input_error
        What the input iterable raised, or None.
    broken_by
        Why there are no workers any more, or None.
    elsewhere
        What carries tasks out where nobody can end them, by its word, or ``""``.
    guessed
        Whether nobody says how many workers there are.
    waiting
        Tasks that have failed and wait for the instant at which they are tried again.
    held_by
        The rate that keeps workers from starting tasks, as it was written, or ``""``.
    fatal
        The failure that has ended the run, or None.
    deadline
        The seconds after which the run was cancelled, or None.
    measurement
        Whether its tasks are legs of a measurement, which has no retry.
    once
        Whether each of its tasks ends once: there is no retry.
    near
        Whether its tasks can be carried out in this process alone.
    restored
        How many tasks ended ok in an earlier run, from whose journal their rows came.
    recovered
        How many tasks are ok since somebody has asked for them again; filled once the
        run has ended.
    journal_notes
        What is wrong with the journal, one sentence each.
    keeps_results
        Whether what has ended is kept; else there is no retry.
    widths
        Since which second how many workers there were; not all changes, if many.
    advice
        What to change next time, in one sentence, or ``""``; filled once the run has
        ended.
    usage
        What this process and its children use; of a run that has ended, on average, and
        of memory the most. None where nobody has looked.
    exhibits
        What the face that made the run shows of it besides its tasks.
    postfix
        What the loop over the run says of it, in a few words.
    handle
        What the user writes for the run.
    strip
        When which worker was busy, and what came of it: of a run that goes on its last
        minute. None where nothing has begun, and where nobody has asked.
    reasons
        Why tasks wait for others, or None where that is not told.
    locked
        The share of the time in which tasks took turns at the interpreter lock; filled
        once the run has ended. None where that was not looked at.
    """

    name: str
    state: State
    total: int | None
    counts: Mapping[Status, int]
    elapsed: float
    active: float
    workers: int
    recent: tuple[float, ...] = ()
    running: tuple[Row, ...] = ()
    latest: tuple[Row, ...] = ()
    first: tuple[Row, ...] = ()
    failures: tuple[Row, ...] = ()
    slowest: tuple[Row, ...] = ()
    errors: Mapping[int, BaseException] = field(default_factory=dict)
    log: tuple[tuple[int, str], ...] = ()
    abandoned: int = 0
    lag: tuple[int, float] | None = None
    input_error: BaseException | None = field(default=None)
    broken_by: BaseException | None = field(default=None)
    elsewhere: str = ""
    guessed: bool = False
    waiting: int = 0
    held_by: str = ""
    fatal: BaseException | None = None
    deadline: float | None = None
    measurement: bool = False
    once: bool = False
    near: bool = False
    restored: int = 0
    recovered: int = 0
    journal_notes: tuple[str, ...] = ()
    keeps_results: bool = True
    widths: tuple[tuple[float, int], ...] = ()
    advice: str = ""
    usage: Usage | None = None
    exhibits: tuple[Exhibit, ...] = ()
    postfix: str = ""
    handle: str = "run"
    strip: Strip | None = None
    reasons: Reasons | None = None
    locked: float | None = None

    @property
    def known(self) -> int:
        """Number of tasks known so far."""
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        """Number of tasks that have ended, in whatever way."""
        return sum(self.counts[status] for status in FINAL)

    @property
    def failed(self) -> int:
        """Number of tasks that ended as ``error``, ``timeout`` or ``crashed``."""
        return sum(self.counts[status] for status in FAILED)

    @property
    def carried_out(self) -> int:
        """Number of tasks that ended after a worker tried them."""
        return self.finished - self.counts[Status.CANCELLED]

    @property
    def rate(self) -> float | None:
        """Tasks carried out per second of unpaused time, or None before the first."""
        done = self.carried_out - self.restored
        if not done or self.active <= 0:
            return None
        return done / self.active
