"""A run to which tasks are added while it goes on: what faces stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from nbparallel.engine import steering, stopping
from nbparallel.engine.crew import Crew, leave_behind
from nbparallel.engine.observer import Observer
from nbparallel.engine.run import Run
from nbparallel.engine.waiting import Waiter, crew_of, refuse_to_wait_for
from nbparallel.errors import TaskCancelled, TaskTimeout
from nbparallel.options import Options
from nbparallel.records.store import Finished
from nbparallel.types import MISSING, Result_co, Status
from nbparallel.work.work import Work
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.scope import Scope, calling_scopes

#: Seconds between two looks at a run that may be paused when its time is nearly over.
LOOK = 0.001
#: Waits until what it is given says True, so many seconds at most (None: for ever);
#: returns whether it does, or the run has ended.
Until = Callable[[Callable[[], bool], float | None], bool]


class End(NamedTuple):
    """How a task has ended for good.

    Attributes
    ----------
    task
        Its number.
    result
        What it returned, or ``MISSING``.
    error
        Why it failed, or None; `TaskCancelled` of a task that was cancelled.
    begun
        Whether a worker had begun it.
    """

    task: int
    result: Any
    error: BaseException | None
    begun: bool = True


class OpenRun(Run[Result_co]):
    """A run that ends once it is closed and its tasks have ended, or by a cancel.

    Parameters
    ----------
    work
        What it carries out; ``work.open`` is True.
    options
        How.
    tell
        Called with what has ended, each task once and in no order; by any thread,
        without a lock. It must not raise.
    """

    def __init__(
        self,
        work: Work,
        options: Options,
        tell: Callable[[list[End]], None] | None = None,
    ) -> None:
        super().__init__(work, options)
        scheduler = self._life.scheduler
        scheduler.limits.bound = options.buffer  # nobody needs to read what is added
        if tell is not None:
            scheduler.intake.observers.append(_Ends(scheduler.crew, tell))

    def add(self, item: Any) -> int:
        """Make a task of *item*; return its number.

        Raises
        ------
        UsageError
            The run has been closed or cancelled.
        """
        return steering.add(self._life.scheduler, item)

    def withdraw(self, task: int) -> bool:
        """Cancel *task* unless it has begun; return whether it had not."""
        return stopping.cancel_task(self._life.scheduler, task)

    def expire(self, tasks: Iterable[int], after: str) -> None:
        """End *tasks* now, for good: those that go on as a timeout does.

        Parameters
        ----------
        tasks
            Those that have not begun are cancelled, as by `withdraw`.
        after
            What is said of the others: ``"not done after ..."``.
        """
        crew, expiry = self._life.scheduler.crew, self._life.scheduler.expiry
        with crew.lock:  # what is taken back on the way must not begin meanwhile
            for task in [task for task in tasks if not self.withdraw(task)]:
                expiry.give_up(task, TaskTimeout(after))
        crew.flush()

    def carry_out(self, task: int) -> bool:
        """Carry *task* out in this thread, whose own task would wait for it.

        So a task that waits for one which no worker is free for never waits for ever.
        Nothing happens in threads that carry out no task of this run or of one that
        shares its workers, nor where *task* has begun, or must not begin now.

        Returns
        -------
        bool
            Whether it has been carried out here.
        """
        run = self._life.scheduler
        mates = (s for s in calling_scopes() if crew_of(s.run) is run.crew)
        if (scope := next(mates, None)) is None:
            return False
        with run.crew.lock:
            if run.phase.holds_back or run.limits.pacing.rate is not None:
                return False
            if not steering.take_out(run, task):
                return False
            claim = run.claim_of(range(task, task + 1), scope.claim.worker)
        assert claim is not None
        carry_out(claim, run.call)
        run.crew.settle(claim)
        return True

    def has_calling_task(self) -> bool:
        """Whether the calling thread is in a task of this run, or of one inside it."""
        return any(map(self._is_around, calling_scopes()))

    def is_in(self, task: int) -> bool:
        """Whether the calling thread is in *task*."""
        run = self._life.scheduler
        return any(s.run is run and s.claim.running == task for s in calling_scopes())

    def close(self) -> None:
        """Take no further task; the run ends with those that it has."""
        steering.close(self._life.scheduler)

    def open_again(self) -> None:
        """Take tasks again after `close`: called by a task that a retry has begun."""
        steering.open_again(self._life.scheduler)

    @contextmanager
    def attended(self, *, hangs: bool = False) -> Iterator[Until]:
        """Keep interrupts away from a block, and give it what waits.

        An interrupt cancels the run, and is raised when the block is left.

        Parameters
        ----------
        hangs
            Tasks may hang and still have to be waited for on time: of a nested run they
            are left to other workers than the one that waits.
        """
        refuse_to_wait_for(self._life.scheduler)
        with self._waiter(reads=True, hangs=hangs) as waiter:
            yield partial(self._until, waiter)

    def _until(
        self, waiter: Waiter, ready: Callable[[], bool], seconds: float | None
    ) -> bool:
        """Wait; seconds in which the run is paused don't count."""
        over, clock = self._life.is_over, self._life.scheduler.clock
        if seconds is None:
            return waiter.until(lambda: ready() or over())
        end = clock.active + seconds
        while (left := end - clock.active) > 0:
            if waiter.until(lambda: ready() or over(), max(left, LOOK)):
                return True
        return ready() or over()

    def _is_around(self, scope: Scope) -> bool:
        run: Any = scope.run
        while run is not None and run is not self._life.scheduler:
            run = getattr(run, "parent", None)
        return run is not None

    def close_soon(self) -> None:
        """Do as `close`, by another thread and without a lock: for finalizers."""
        run = self._life.scheduler
        leave_behind(run.crew, partial(steering.close, run))


class _Ends(Observer):
    """Tells of each task once it has ended for good."""

    def __init__(self, crew: Crew, tell: Callable[[list[End]], None]) -> None:
        self._crew, self._tell = crew, tell

    def took(self, batch: Finished) -> None:
        found = []
        for place, value in enumerate(batch.values):
            status, error = batch.failures.get(place, (Status.OK, None))
            if status is Status.CANCELLED:  # whatever has ended it
                error = TaskCancelled()
            elif status is not Status.OK:
                continue  # `failed` tells whether that is for good
            found.append(End(batch.first + place, value, error))
        self._after(found)

    def failed(self, task: int, worker: int, error: BaseException) -> None:  # noqa: ARG002 # as declared
        self._after([End(task, MISSING, error)])

    def cancelled(self, tasks: range) -> None:
        found = [End(task, MISSING, TaskCancelled(), begun=False) for task in tasks]
        self._after(found)

    def _after(self, ends: list[End]) -> None:
        if ends:
            self._crew.after(partial(self._told, ends))

    def _told(self, ends: list[End]) -> None:
        self._tell(ends)
        with self._crew.lock:
            self._crew.progressed()  # who waits may wait for just this
