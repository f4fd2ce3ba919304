"""The handle of a run, the object that users hold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from nbparallel.engine import capture, reading, session
from nbparallel.engine.hooks import Announcer
from nbparallel.engine.scheduler import Scheduler
from nbparallel.engine.waiting import TICK, Waiter, calling_claim
from nbparallel.errors import InputError, TaskCancelled, UsageError
from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.types import State, Status

if TYPE_CHECKING:
    from collections.abc import Generator

    import pandas as pd

    from nbparallel.engine.work import Work
    from nbparallel.options import Options
    from nbparallel.records.columns import Columns
    from nbparallel.records.summary import Metrics

#: How far a lazy input is read ahead of the loop that reads the run.
READ_AHEAD = 1000
#: Seconds between two looks of an awaiting coroutine: a kernel's interrupt cancels the
#: coroutine without waking its event loop.
HEARTBEAT = 0.05


class Run:
    """One parallel execution of many tasks.

    Made by the faces, `nbparallel.pmap` first of all. Everything here can be used at
    any moment, while the run goes on as well as afterwards, and from any thread.

    Iterating gives ``(item, result, error)`` for each task as it ends: *error* is None
    or what the task raised, *result* is None where there is an error. With
    ``ordered=True`` the tasks come in input order.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(divmod, [7, 1], [2, 0], progress=False)
    >>> run
    <Run divmod: done, 1 ok, 1 error>
    >>> run.errors
    {1: ZeroDivisionError('integer division or modulo by zero')}
    >>> run.df[["status", "result"]]
      status  result
    0     ok  (3, 1)
    1  error    None
    """

    def __init__(self, work: Work, options: Options) -> None:
        outer = calling_claim()
        if outer is not None and outer.halt.is_set():
            message = "this task was cancelled: it cannot start a run of its own"
            raise TaskCancelled(message)
        self._options = options
        self._work = work
        self._scheduler = Scheduler(
            work, options, outer.run if outer is not None else None, self._tell_end
        )
        self._announcer = Announcer()
        self._telling = threading.RLock()
        self._told = False  # the start has been announced, the end has not
        self._over = threading.Event()
        self._release: Callable[[], None] = lambda: None
        self._raised: dict[int, tuple[BaseException, TracebackType | None]] = {}

    # -- Life -------------------------------------------------------------------------

    @property
    def nested(self) -> bool:
        """Whether this run was started inside a task of another."""
        return self._scheduler.parent is not None

    @property
    def options(self) -> Options:
        """The options of this run."""
        return self._options

    @property
    def work(self) -> Work:
        """What it carries out: the function of an item, and the items at hand.

        The items of a lazy input that have been read are those of `columns`.
        """
        return self._work

    @property
    def state(self) -> State:
        """Where the run stands."""
        return self._scheduler.state

    def start(self) -> Self:
        """Start the run, for faces; with ``block=True``, return when it has ended.

        Raises
        ------
        KeyboardInterrupt
            An interrupt cancelled the run; the partial run is `nbparallel.last`.
        InputError
            The input raised; the run has the tasks before that position.
        Exception
            With ``on_error="raise"``, what the first failed task raised.
        """
        __tracebackhide__ = True
        if not self._options.block:
            with self._waiter():
                self._begin()
            return self
        return self._through(self._begin)

    def cancel(self) -> None:
        """Start no further task, and end the run.

        Tasks being carried out get `Options.grace` seconds to end; then their rows say
        cancelled and they are left behind. Returns at once; `wait` for the end.
        """
        self._scheduler.cancel()

    def pause(self) -> None:
        """Start no further task until `resume`; tasks being carried out go on."""
        self._scheduler.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._scheduler.resume()

    def retry(self, *, block: bool | None = None) -> Self:
        """Run again every task that ended other than ok, into the same run.

        While the run goes on, failed tasks are lined up again at once.

        Parameters
        ----------
        block
            Return when the run has ended; None does as the run itself did.

        Raises
        ------
        StillRunning
            The run is being cancelled and has not ended yet.
        UsageError
            It is the run of a measurement.

        Examples
        --------
        >>> import nbparallel as nbp
        >>> fixes = iter([ValueError("not yet"), None])
        >>> def flaky(x):
        ...     if error := next(fixes):
        ...         raise error
        ...     return x
        >>> run = nbp.pmap(flaky, [1], progress=False)
        >>> run.retry().results
        [1]
        """
        __tracebackhide__ = True
        if self._work.measurement:
            verb = self._work.name
            message = (
                f"what a {verb} found is made of the legs that it has: it cannot be "
                f"retried. Call nbp.{verb} again."
            )
            raise UsageError(message)
        if not (self._options.block if block is None else block):
            with self._waiter():
                self._retry()
            return self
        return self._through(self._retry)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end.

        Parameters
        ----------
        timeout
            Seconds to wait at most; None waits as long as it takes.

        Returns
        -------
        bool
            Whether the run has ended.

        Raises
        ------
        KeyboardInterrupt
            An interrupt arrived meanwhile; it has cancelled the run.
        InputError
            The input raised; the run has the tasks before that position.
        Exception
            With ``on_error="raise"``, what the first failed task raised.
        """
        __tracebackhide__ = True
        with self._waiter() as waiter, self._scheduler.unbounded():
            ended = waiter.until(self._over.is_set, timeout)
        if ended:
            self._conclude()
        return ended

    def __await__(self) -> Generator[Any, None, Self]:
        return self._wait_async().__await__()

    # -- What came of it --------------------------------------------------------------

    @property
    def df(self) -> pd.DataFrame:
        """One row per task: its input, then what is known about it, at any moment."""
        from nbparallel.records.frame import frame

        work = self._work
        return frame(self.columns(), self._options.backend, work.index, work.frame)

    @property
    def results(self) -> list[Any]:
        """The results in input order; waits for the end.

        Raises
        ------
        Exception
            What the first failed task raised, as the builtin `map` would.
        TaskCancelled
            No task failed, but one was cancelled.
        """
        __tracebackhide__ = True
        self.wait()
        columns = self.columns()
        if columns.errors:
            task = min(columns.errors)
            raise self._explained(columns.errors[task], task)
        if columns.status.count(Status.OK) < len(columns):
            task = next(n for n, s in enumerate(columns.status) if s != Status.OK)
            message = f"task {task} was cancelled; run.df has every finished row"
            raise TaskCancelled(message)
        return list(columns.results)

    @property
    def errors(self) -> dict[int, BaseException]:
        """What tasks raised, by task, tracebacks included."""
        return dict(sorted(self.columns().errors.items()))

    @property
    def input_error(self) -> BaseException | None:
        """What the input raised while it was read, or None."""
        return self._scheduler.source.error

    @property
    def metrics(self) -> Metrics:
        """Counts, times, throughput, and an honest estimate of the speedup."""
        from nbparallel.records.summary import metrics

        return metrics(self.snapshot(), self.columns())

    def snapshot(self) -> Snapshot:
        """Return what views show: counts and a few rows, in microseconds."""
        return self._scheduler.snapshot(self._options.rows)

    def columns(self) -> Columns:
        """Return every cell of every task, frozen; what plots are made from."""
        return self._scheduler.columns()

    def __len__(self) -> int:
        return len(self._scheduler.records)

    def __iter__(self) -> Iterator[tuple[Any, Any, BaseException | None]]:
        if self._options.buffer is None and self._work.source is not None:
            self._scheduler.bound = READ_AHEAD
        read = reading.in_order if self._options.ordered else reading.as_completed
        return self._outcomes(read(self._scheduler, self._wait_for))

    def __repr__(self) -> str:
        shot = self._scheduler.snapshot(0)
        counts = ", ".join(f"{n} {s.word}" for s, n in shot.counts.items() if n)
        broken = shot.input_error is not None and shot.state is State.DONE
        word = "input failed" if broken else shot.state.value
        return f"<Run {shot.name[:60]}: {word}, {counts or 'no tasks'}>"

    def _ipython_display_(self) -> None:
        self._announcer.tell("run_shown", self)

    # -- Inside -----------------------------------------------------------------------

    def _waiter(self) -> Waiter:
        return Waiter(self._scheduler, self._announcer.pumps())

    def _through(self, begin: Callable[[], None]) -> Self:
        __tracebackhide__ = True
        with self._waiter() as waiter, self._scheduler.unbounded():
            begin()
            waiter.until(self._over.is_set)
        return self._conclude()

    def _begin(self) -> None:
        if not self.nested:
            session.remember(self)
        # Whoever brings the last task waits here until the start has been announced.
        with self._telling:
            self._over.clear()
            self._scheduler.echo = not self._announcer.shows_output(self)
            if self._options.capture:
                self._release = capture.start(self._scheduler)
            self._scheduler.start()
            self._announcer.tell("run_started", self)
            self._told = True
            self._tell_end()

    def _tell_end(self) -> None:
        """Announce the end if it has come and has not been announced yet."""
        with self._telling:
            if not (self._told and self.state.ended):
                return
            self._told = False
            self._release()
            self._announcer.tell("run_finished", self)
            if self._told or not self.state.ended:  # who heard it has called retry()
                return
            self._over.set()
            with self._scheduler.tree as tree:
                tree.progressed()

    def _retry(self) -> None:
        with self._telling:
            while (again := self._line_up()) is None:
                self._tell_end()
            if again:
                self._begin()

    def _line_up(self) -> bool | None:
        """Return whether to start again, or None: an end has to be announced first."""
        with self._scheduler.tree:
            if self._told and self.state.ended:
                return None
            return self._scheduler.retry()

    def _conclude(self) -> Self:
        """Raise what the end of the run calls for, in the thread that waited."""
        __tracebackhide__ = True
        self._announcer.tell("run_waited", self)
        scheduler = self._scheduler
        if scheduler.fatal is not None:
            errors = scheduler.records.errors
            task = next((n for n, e in errors.items() if e is scheduler.fatal), None)
            raise self._explained(scheduler.fatal, task)
        if scheduler.source.error is not None:
            count = len(scheduler.records)
            message = (
                f"the input raised {type(scheduler.source.error).__name__} at position "
                f"{count}; the {count} tasks before it are in nbparallel.last.df"
            )
            raise InputError(message) from scheduler.source.error
        if scheduler.parent is not None and scheduler.parent.halt.is_set():
            message = "the run that this task belongs to was cancelled"
            raise TaskCancelled(message)
        return self

    def _explained(self, error: BaseException, task: int | None) -> BaseException:
        note = f"nbparallel: raised by task {task}; every row is in nbparallel.last.df"
        told = self._work.measurement or note in getattr(error, "__notes__", ())
        if not told:
            error.add_note(note)
        # Raising lengthens the traceback each time: begin with the task's own.
        _, trace = self._raised.setdefault(id(error), (error, error.__traceback__))
        return BaseException.with_traceback(error, trace)

    async def _wait_async(self) -> Self:
        import asyncio

        __tracebackhide__ = True
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop was closed while we waited
                loop.call_soon_threadsafe(woken.set)

        waiter, tree = self._waiter(), self._scheduler.tree
        tree.watch(wake)
        try:
            with self._scheduler.unbounded():
                while not self._over.is_set():
                    woken.clear()
                    pause = 0 if waiter.help() else HEARTBEAT
                    # Not asyncio.wait_for(): in Python 3.11 it can swallow a cancel.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await woken.wait()
        except GeneratorExit:  # whoever waited was forgotten
            raise
        except BaseException:
            self.cancel()
            raise
        finally:
            tree.unwatch(wake)
        return self._conclude()

    def _wait_for(self, ready: Callable[[], bool]) -> bool:
        over = self._over.is_set
        if over():
            return False
        with self._waiter() as waiter:
            # Tasks that end within a claim wake nobody: look now and then.
            while not waiter.until(lambda: ready() or over(), TICK):
                pass
        return not over()

    def _outcomes(
        self, rows: Iterator[Row]
    ) -> Iterator[tuple[Any, Any, BaseException | None]]:
        __tracebackhide__ = True
        yield from map(_outcome, rows)
        self._conclude()


def _outcome(row: Row) -> tuple[Any, Any, BaseException | None]:
    if row.status is Status.OK:
        return row.item, row.result, None
    if row.error is not None:
        return row.item, None, row.error
    return row.item, None, TaskCancelled(f"task {row.task} was cancelled")
