"""The handle of a run, the object that users hold."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from operator import index
from typing import Any, Self

from nbparallel.engine.adjusting import Adjustable
from nbparallel.engine.awaiting import until_over
from nbparallel.engine.browsable import Browsable
from nbparallel.engine.conclusion import Conclusion
from nbparallel.engine.feed import unbounded
from nbparallel.engine.lifecycle import Lifecycle
from nbparallel.engine.outcomes import Outcomes
from nbparallel.engine.waiting import Waiter, refuse_to_wait_for
from nbparallel.errors import BadType, UsageError
from nbparallel.options import Options, patience, sources
from nbparallel.short_text import brief
from nbparallel.types import Result_co, State
from nbparallel.work.work import Work
from nbparallel.workers import usual_kind

#: Seconds between two looks of a loop over a run: tasks that end within a claim wake
#: nobody.
LOOK = 0.005


class Run(Adjustable, Browsable, Outcomes[Result_co]):
    """One parallel execution of many tasks.

    Made by the faces, `nbparallel.pmap` first of all. Everything here can be used at
    any moment, while the run goes on as well as afterwards, and from any thread.

    Iterating gives ``(item, result, error)`` for each task as it ends: *error* is None
    or what the task raised, *result* is None where there is an error. With
    ``ordered=True`` the tasks come in input order.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(int, ["7", "x"], progress=False)
    >>> run
    <Run int: done, 1 ok, 1 error>
    >>> run.errors
    {1: ValueError("invalid literal for int() with base 10: 'x'")}
    >>> run.df[["status", "result"]]
      status  result
    0     ok       7
    1  error    <NA>
    """

    def __init__(self, work: Work, options: Options) -> None:
        kind = options.backend or usual_kind(work.call)
        self._options = options = replace(options, backend=kind)
        self._work = work
        with sources.named():
            self._life = Lifecycle(self, work, options)
        self._conclusion = Conclusion(self._life)

    @property
    def nested(self) -> bool:
        """Whether this run was started inside a task of another."""
        return self._life.scheduler.parent is not None

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
        return self._life.scheduler.phase.state

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
        return self._through(self._life.begin, block=self._options.block)

    def retry(
        self, tasks: Iterable[int] | None = None, *, block: bool | None = None
    ) -> Self:
        """Run again every task that ended other than ok, into the same run.

        While the run goes on, failed tasks are lined up again at once. Where a cancel
        has stopped it in the middle of a lazy input, it reads on.

        Parameters
        ----------
        tasks
            Their numbers, of which those that are ok stay as they are; None is all.
        block
            Return when the run has ended; None does as the run itself did.

        Raises
        ------
        StillRunning
            The run is being cancelled and has not ended yet.
        BadType, BadValue
            What *tasks* says is no number of a task of this run.
        UsageError
            It is the run of a measurement, tells a face of its ends, or keeps no
            results.

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
        _refuse_to_retry(self._work, self._options)
        chosen = self._options.block if block is None else block
        some = None if tasks is None else _numbers(tasks)
        return self._through(lambda: self._life.retry(some), block=chosen)

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
        BadType, BadValue
            The timeout is no number of seconds; the run goes on.
        Exception
            With ``on_error="raise"``, what the first failed task raised.
        """
        __tracebackhide__ = True
        patience("timeout", timeout)
        refuse_to_wait_for(self._life.scheduler)
        with self._waiter() as waiter, unbounded(self._life.scheduler):
            ended = waiter.until(self._life.is_over, timeout)
        if ended:
            self._conclude()
        return ended

    def __await__(self) -> Generator[Any, None, Self]:
        return self._wait_async().__await__()

    def _ipython_display_(self) -> None:
        self._life.announcer.tell("run_shown", self)

    # -- Inside -----------------------------------------------------------------------

    def _waiter(self, **how: Any) -> Waiter:
        pumps = self._life.announcer.pumps()
        return Waiter(self._life.scheduler, pumps, **how)

    def _through(self, begin: Callable[[], None], *, block: bool) -> Self:
        __tracebackhide__ = True
        if not block:
            with self._waiter(), sources.named():
                begin()
            return self
        refuse_to_wait_for(self._life.scheduler)
        with self._waiter() as waiter, unbounded(self._life.scheduler):
            with sources.named():
                begin()
            waiter.until(self._life.is_over)
        self._conclude()
        return self

    def _conclude(self) -> None:
        __tracebackhide__ = True
        self._life.announcer.tell("run_waited", self)
        self._conclusion.draw()

    async def _wait_async(self) -> Self:
        __tracebackhide__ = True
        await until_over(self._life, self._waiter())
        self._conclude()
        return self

    def _wait_for(self, ready: Callable[[], bool]) -> bool:
        over = self._life.is_over
        if over():
            return False
        refuse_to_wait_for(self._life.scheduler)
        with self._waiter(reads=True) as waiter:
            while not waiter.until(lambda: ready() or over(), LOOK):
                pass
        return not over()


def _numbers(tasks: Iterable[int]) -> list[int]:
    try:
        return [index(task) for task in tasks]
    except TypeError:
        message = (
            f"tasks={brief(tasks)} must be numbers of tasks, such as [*run.errors]: "
            "run.retry([3, 7])"
        )
        raise BadType(message) from None


def _refuse_to_retry(work: Work, options: Options) -> None:
    if work.measurement:
        message = (
            f"what a {work.name} found is made of the legs that it has: it cannot be "
            f"retried. Call nbp.{work.name} again."
        )
        raise UsageError(message)
    if work.once:
        message = (
            f"of {work.name} each task is told of once, when it has ended: it cannot "
            "be retried. Write retries=2 where it is made."
        )
        raise UsageError(message)
    if not options.keep_results:
        call = "Call" if options.journal else 'With journal="run.db" call'
        message = (
            "with keep_results=False nothing is kept that could be retried. "
            f"{call} pmap again: it carries out what is not ok"
        )
        raise UsageError(message)
