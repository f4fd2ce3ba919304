"""What came of a run: the half of its handle that only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic

from nbparallel.engine import feed, snapshotting
from nbparallel.engine.conclusion import Conclusion
from nbparallel.engine.lifecycle import Lifecycle
from nbparallel.engine.limits import READ_AHEAD
from nbparallel.engine.tables import Tables
from nbparallel.errors import TaskCancelled, UsageError
from nbparallel.options import Options
from nbparallel.records.columns import Columns
from nbparallel.records.errors import Errors
from nbparallel.records.forgotten import Look, is_forgotten
from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.types import MISSING, Result_co, State, Status
from nbparallel.work.work import Work

if TYPE_CHECKING:
    from nbparallel.records.summary import Metrics

FORGOTTEN = "run.forget() has let the results go"


class Outcomes(Tables, Generic[Result_co]):
    """The outcomes of a run, at any moment, from any thread."""

    _options: Options
    _work: Work
    _life: Lifecycle
    _conclusion: Conclusion

    @property
    def results(self) -> list[Result_co]:
        """The results in input order; waits for the end.

        Raises
        ------
        Exception
            What the first failed task raised, as the builtin `map` would.
        TaskCancelled
            No task failed, but one was cancelled, or the input was not read to its end.
        UsageError
            `forget` has let them go.
        """
        __tracebackhide__ = True
        self.wait()
        columns = self.columns()
        if columns.errors:
            task = min(columns.errors)
            raise self._conclusion.explained(columns.errors[task], task)
        if columns.status.count(Status.OK) < len(columns):
            task = next(n for n, s in enumerate(columns.status) if s != Status.OK)
            why = _why_cancelled(self._life.scheduler.phase.deadline)
            message = f"task {task} was cancelled{why}; run.df has every finished row"
            raise TaskCancelled(message)
        if not self._life.scheduler.source.exhausted:
            message = (
                f"the run was cancelled before its input was read to the end: these "
                f"are {len(columns)} tasks, all ok, in run.df. run.retry() reads on."
            )
            raise TaskCancelled(message)
        if columns.forgotten and any(map(is_forgotten, columns.results)):
            raise UsageError(FORGOTTEN)
        return list(columns.results)

    @property
    def errors(self) -> Errors:
        """What tasks raised, by task, tracebacks included: a dict.

        In a notebook it is shown in groups; ``.by_type`` has it by the names of the
        types. The first 1000 failures keep their frames, with all local variables, for
        a debugger; of the others the traceback is kept as text.
        """
        return snapshotting.errors(self._life.scheduler)

    @property
    def input_error(self) -> BaseException | None:
        """What the input raised while it was read, or None."""
        return self._life.scheduler.source.error

    @property
    def metrics(self) -> Metrics:
        """Counts, times, where the time went, and an honest estimate of the speedup."""
        shot, measures = self.snapshot(), self._life.meter.measures()
        return snapshotting.metrics(self._life.scheduler, shot, measures)

    @property
    def advice(self) -> str:
        """What to change, in one sentence; empty where nothing measured says so.

        Examples
        --------
        >>> import nbparallel as nbp
        >>> run = nbp.pmap(abs, range(9), rate="30/s", workers=2, progress=False)
        >>> "tasks waited on the rate limit (rate='30/s')" in run.advice
        True
        """
        return self._life.meter.advice()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; see `Run.wait`."""
        raise NotImplementedError

    def forget(self) -> None:
        """Let go of all results and tracebacks; counts, times and texts stay.

        For a run that is to stay in the notebook while its memory is needed. What the
        panel shows of a few results stays as text.

        Raises
        ------
        UsageError
            The run has not ended.

        Examples
        --------
        >>> import nbparallel as nbp
        >>> run = nbp.pmap(abs, [-1, -2], progress=False)
        >>> run.forget()
        >>> run
        <Run abs: done, 2 ok>
        >>> run.results
        Traceback (most recent call last):
        nbparallel.errors.UsageError: run.forget() has let the results go
        """
        if not self._life.is_over():
            message = "only a run that has ended can forget: run.wait(), run.forget()"
            raise UsageError(message)
        shot = self.snapshot()
        looks = {
            row.task: Look(row.result)
            for row in (*shot.first, *shot.latest, *shot.slowest)
            if row.result is not MISSING
        }
        scheduler = self._life.scheduler
        with scheduler.crew.lock:
            scheduler.records.forget(looks)
        self._conclusion.forget()

    def snapshot(self) -> Snapshot:
        """Return what views show: counts and a few rows, in microseconds."""
        return self._life.meter.snapshot(self._options.rows)

    def columns(self) -> Columns:
        """Return every cell of every task, frozen; what plots are made from."""
        return snapshotting.columns(self._life.scheduler)

    def __len__(self) -> int:
        return len(self._life.scheduler.records)

    def __bool__(self) -> bool:
        """Return True: a run without tasks is a run."""
        return True

    # A result beside an error is None; "| Any" spares those who look at the error first
    # a second look, and still holds them to the type.
    def __iter__(self) -> Iterator[tuple[Any, Result_co | Any, BaseException | None]]:
        scheduler = self._life.scheduler
        if self._options.buffer is None and self._work.source is not None:
            scheduler.limits.bound = READ_AHEAD
        read = feed.in_order if self._options.ordered else feed.as_completed
        return self._outcomes(read(scheduler, self._wait_for))

    def _repr_html_(self) -> str | None:
        return self._life.announcer.html(self)

    def __repr__(self) -> str:
        shot = snapshotting.snapshot(self._life.scheduler, 0)
        counts = ", ".join(f"{n} {s.word}" for s, n in shot.counts.items() if n)
        broken = shot.input_error is not None and shot.state is State.DONE
        word = "input failed" if broken else shot.state.value
        return f"<Run {shot.name[:60]}: {word}, {counts or 'no tasks'}>"

    # -- Inside -----------------------------------------------------------------------

    def _wait_for(self, ready: Callable[[], bool]) -> bool:
        """Return True once ``ready()``, or False if the run has ended."""
        raise NotImplementedError

    def _conclude(self) -> None:
        """Raise what the end of the run calls for, in the thread that waited."""
        raise NotImplementedError

    def _outcomes(
        self, rows: Iterator[Row]
    ) -> Iterator[tuple[Any, Result_co | Any, BaseException | None]]:
        __tracebackhide__ = True
        yield from map(_outcome, rows)
        self._conclude()


def _why_cancelled(deadline: float | None) -> str:
    return "" if deadline is None else f" at the run's deadline={deadline:g}"


def _outcome(row: Row) -> tuple[Any, Any, BaseException | None]:
    if row.status is Status.OK:
        if is_forgotten(row.result):
            raise UsageError(FORGOTTEN)
        return row.item, row.result, None
    if row.error is not None:
        return row.item, None, row.error
    return row.item, None, TaskCancelled(f"task {row.task} was cancelled")
