"""How a run begins and ends, and who is told of it, in which order.

Guarantees
----------
- Of each start, `run_started` is told before `run_finished`, each exactly once, and
  both before anyone who waits goes on. Who hears of the end may retry the run.
- Whatever raises on the way (a stream, a listener) is logged, and the run ends all the
  same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from enum import Enum
from functools import partial
from typing import Any

from nbparallel.engine import displaying, registry, steering, stopping
from nbparallel.engine.announcer import Announcer
from nbparallel.engine.keeper import Keeper
from nbparallel.engine.measuring.meter import Meter
from nbparallel.engine.scheduler import Scheduler
from nbparallel.engine.width.following import Width
from nbparallel.errors import BadValue, TaskCancelled
from nbparallel.options import Options, refuse_without_journal
from nbparallel.records.displays import Displays
from nbparallel.work.work import Work
from nbparallel.workers.scope import Scope, calling_scope

#: Seconds between two looks whether a run in another process is being cancelled.
LOOK = 0.02

_log = logging.getLogger("nbparallel")


class Stage(Enum):
    """How much of a start has been announced."""

    NEW = "nothing yet"
    STARTED = "that it has begun"
    ENDING = "its end, now"
    OVER = "its end"


class Lifecycle:
    """The life of one run.

    Parameters
    ----------
    run
        What listeners are told of.
    work, options
        What to do and how.

    Attributes
    ----------
    width
        What has the number of its workers follow the work.
    meter
        Measures where the time goes.
    displays
        What the tasks have displayed.
    """

    def __init__(self, run: Any, work: Work, options: Options) -> None:
        outer = calling_scope()
        if outer is not None and outer.halt.is_set():
            message = "this task was cancelled: it cannot start a run of its own"
            raise TaskCancelled(message)
        parent: Any = outer.run if outer and not _is_afar(outer) else None
        self.scheduler = Scheduler(work, options, parent, self)
        self._keeper = _keeper_for(self.scheduler)
        self.width = Width(self.scheduler)
        self.meter = Meter(self.scheduler, looks=outer is None)
        self.scheduler.intake.observers.append(self.meter.watch)
        self.announcer, self.displays = Announcer(), Displays()
        self._run = run
        self._telling = threading.RLock()
        self._stage = Stage.NEW
        self._release: Callable[[], None] = lambda: None

    def is_over(self) -> bool:
        """Whether the run has ended and everybody has been told."""
        return self._stage is Stage.OVER

    @property
    def is_cut_short(self) -> bool:
        """Whether the run is cancelled whose task has started this one."""
        parent = self.scheduler.parent
        if parent is not None:
            return parent.phase.halt.is_set()
        return self.scheduler.phase.is_halted_afar

    def begin(self) -> None:
        """Start the run, or start it again."""
        scheduler = self.scheduler
        self._keeper.open()
        outer = calling_scope()
        scheduler.phase.halt_afar = outer.halt if outer and _is_afar(outer) else None
        if scheduler.parent is None:
            registry.remember(self._run)
        try:
            # Who brings the last task meanwhile leaves the end to this thread.
            with self._telling:
                self._stage, scheduler.phase.fatal = Stage.NEW, None
                self._start()
        finally:
            self.ended()

    def _start(self) -> None:
        scheduler = self.scheduler
        try:
            kept = scheduler.options.capture
            scheduler.echo = not (kept and self.announcer.shows_output(self._run))
            if kept:
                begun = _guarded(displaying.start, scheduler, self.displays)
                self._release = begun or self._release
            scheduler.start()
            _guarded(self.meter.begin)
            self._mind_the_deadline()
            self.width.begin()
            if self.is_cut_short:
                stopping.cancel(scheduler)
            elif scheduler.phase.halt_afar is not None:
                self._look_later()
            # Before there are workers: tasks that compute would hold up what is shown.
            self.announcer.tell("run_started", self._run)
            steering.staff(scheduler)
        except BaseException:
            stopping.cancel(scheduler)
            raise
        finally:
            self._stage = Stage.STARTED

    def retry(self, chosen: Collection[int] | None = None) -> None:
        """Start the run again if something of it is not ok; or of *chosen*."""
        try:
            with self._telling:
                self._keeper.open()  # if it can't be, the run stays as it is
                while (again := self._reopen(chosen)) is None:
                    self.ended()
                self.scheduler.crew.flush()
                if again:
                    self.begin()
                elif self.is_over():
                    self._keeper.close()
        finally:
            self.ended()

    def _look_afar(self) -> None:
        """Cancel the run once the one in another process is that it belongs to."""
        if self.is_cut_short:
            stopping.cancel(self.scheduler)
        else:
            self._look_later()

    def _mind_the_deadline(self) -> None:
        scheduler, seconds = self.scheduler, self.scheduler.options.deadline
        if seconds is not None:
            with scheduler.crew.lock:
                if not scheduler.phase.over.is_set():
                    scheduler.phase.call_after(seconds, self._deadline_passed)

    def _deadline_passed(self) -> None:
        phase = self.scheduler.phase
        with self.scheduler.crew.lock:
            if not phase.halt.is_set():
                phase.deadline = self.scheduler.options.deadline
        stopping.cancel(self.scheduler)

    def _look_later(self) -> None:
        with self.scheduler.crew.lock:
            if not self.scheduler.phase.over.is_set():
                self.scheduler.phase.call_after(LOOK, self._look_afar)

    def _reopen(self, chosen: Collection[int] | None) -> bool | None:
        """Return whether to start again, or None: an end has to be announced first."""
        with self.scheduler.crew.lock:
            if self._stage is Stage.STARTED and self.scheduler.phase.over.is_set():
                return None
            return steering.reopen(self.scheduler, chosen)

    def ended(self) -> None:
        """Announce the end if it has come and has not been announced yet.

        It never waits for a thread that is telling something: that one looks again
        afterwards. Two that waited for each other, each with the end of the other's
        run, would wait for ever.
        """
        while self._has_to_tell() and self._telling.acquire(blocking=False):
            try:
                if self._has_to_tell():
                    self._tell_the_end()
            finally:
                self._telling.release()

    def _has_to_tell(self) -> bool:
        return self._stage is Stage.STARTED and self.scheduler.phase.over.is_set()

    def _tell_the_end(self) -> None:
        self._stage = Stage.ENDING
        try:
            _guarded(self._release)
            _guarded(self._keeper.close)  # what is told to have ended is in the journal
            self.width.end()
            _guarded(self.meter.end)
            self.announcer.tell("run_finished", self._run)
        finally:
            self.scheduler.phase.unhurry()
            if self._stage is Stage.ENDING:  # else who heard it has retried the run
                self._stage = Stage.OVER
                self._wake_those_who_wait()

    def failed(self, error: BaseException) -> None:
        """Have the run end, whose first failure this is; the lock is held."""
        run = self.scheduler
        if run.phase.fatal is None:
            run.phase.fatal = error
            run.crew.after(partial(stopping.cancel, run, halt=run.phase.halt))

    def interrupted(self) -> None:
        """End the run, in whose input a signal has struck."""
        stopping.cancel(self.scheduler)

    def _wake_those_who_wait(self) -> None:
        with self.scheduler.crew.lock:
            self.scheduler.crew.changed()


def _keeper_for(run: Scheduler) -> Keeper:
    """Return who keeps what *run* comes to, and let the run know."""
    path = run.options.journal
    if path is None:
        refuse_without_journal(run.options)
        return run.source.keeper
    if run.work.fn is None:
        message = (
            f"journal={path!r}: a journal is of one function and its items, and the "
            "statements of a cell are neither. Leave it out"
        )
        raise BadValue(message)
    from nbparallel.engine.journaling import Journaling  # SQLite, where it is used

    found = run.source.keeper = Journaling(run, str(path))
    run.intake.observers.append(found)
    return found


def _is_afar(outer: Scope) -> bool:
    """Whether the run that a task here is of is in another process."""
    return not isinstance(outer.run, Scheduler)


def _guarded(step: Callable[..., Any], *args: Any) -> Any:
    """Return what *step* returns; what it raises is logged, and the run goes on."""
    try:
        return step(*args)
    except Exception:
        _log.exception("a step at the start or the end of a run failed")
        return None
