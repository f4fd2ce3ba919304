"""How one execution of a flow goes on: which handler calls wait, and for what.

Guarantees
----------
- Every call that was emitted is in exactly one place: waiting in a lane, in the run, or
  ended. All moves between them happen under one lock.
- Of the calls of a lane no more than its limit go on at a time, in the order of
  arrival; tried again, a call keeps its place.
- The run is closed by whoever brings the last call; nothing is emitted into it later.
"""

from __future__ import annotations

import math
import operator
import threading
from collections.abc import Iterable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from nbparallel.engine.open_run import End, OpenRun
from nbparallel.errors import TaskCancelled, UsageError
from nbparallel.faces.task import cancelled
from nbparallel.flow import leaving
from nbparallel.flow.calls import Call, Lane
from nbparallel.flow.error_handler import ErrorStrategy
from nbparallel.flow.job import JobState
from nbparallel.flow.ports import Event, Slot
from nbparallel.options import Options
from nbparallel.quantities import count
from nbparallel.records.caption import Caption
from nbparallel.short_text import error_line
from nbparallel.types import State
from nbparallel.work.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbparallel.records.exhibits import Graph

#: Handlers emit through here: what ends one from outside waits until it is out again.
DELICATE: Final = True
#: Seconds between two looks for a cancel of a retried call that waits for its turn.
LOOK = 0.05


class Plan(Protocol):
    """What a course asks of its flow."""

    def deliveries(
        self, event: Event, data: Mapping[str, Any]
    ) -> list[tuple[Slot, dict[str, Any]]]:
        """Return which slots get what when *event* sends *data*."""

    def id_of(self, routine: Any) -> str:
        """Return the id of a routine."""

    def graph_of(self, job: JobState) -> Graph:
        """Return it as a graph, with how far an execution is."""


class FlowRun(OpenRun[Any]):
    """The run of an execution, whose calls emit more of them, retried or not."""

    def __init__(self, work: Work, options: Options, course: Course) -> None:
        super().__init__(work, options, tell=course.tell)
        self._course = course

    def retry(
        self, tasks: Iterable[int] | None = None, *, block: bool | None = None
    ) -> Self:
        """Call again the handlers that failed or were cancelled; see `Run.retry`."""
        __tracebackhide__ = True
        super().retry(tasks, block=False)
        self._course.go_on()
        if self._options.block if block is None else block:
            self.wait()
        return self


class Attempt:
    """One try of a call, through which its handler emits."""

    def __init__(self, course: Course, call: Call) -> None:
        self._course, self._call = course, call
        self.flow = course.flow

    @property
    def goes_on(self) -> bool:
        """Whether what it emits still counts."""
        return self._call.attempt is self

    def emit(self, event: Event, data: Mapping[str, Any]) -> None:
        """Line up the handlers of the slots connected to *event*."""
        self._refuse_unless(self._course.emit(event, data, self))

    def send(self, slot: Slot, data: Mapping[str, Any]) -> None:
        """Line up the handler of *slot*."""
        self._refuse_unless(self._course.line_up([(slot, data)], self))

    def _refuse_unless(self, taken: bool) -> None:  # noqa: FBT001 # what was said
        if not taken:
            message = "this handler was given up: what it emits is discarded"
            raise TaskCancelled(message)


class Course:
    """One execution of a flow, under way.

    Parameters
    ----------
    flow
        Its connections.
    job
        Where it is recorded what happens.
    options
        Of the run.
    strategy
        What a failure means; None: it fails the job if it is the first call's.
    depth_first
        Call one handler at a time, and what that emits before all that is waiting.
    """

    def __init__(
        self,
        flow: Plan,
        job: JobState,
        options: Options,
        strategy: ErrorStrategy | None,
        *,
        depth_first: bool,
    ) -> None:
        self.flow, self.job = flow, job
        self._strategy, self._depth_first = strategy, depth_first
        self._stops = strategy is ErrorStrategy.STOP or options.on_error == "raise"
        self._freed = threading.Condition(threading.Lock())
        self._lanes: dict[int, Lane] = {}
        self._calls: dict[int, Call] = {}  # by task, those that have not ended ok
        self._entry: Call | None = None
        self._outstanding = 0
        self._closed = False
        self._fatal: set[Call] = set()  # whose failures fail the job
        work = Work(
            name=job.flow_id,
            call=operator.call,
            items=[],
            source=None,
            total=None,
            open=True,
            singly=True,
            near=True,
            exhibits=lambda: [flow.graph_of(job)],
            caption=lambda: _caption(job),
        )
        self.run = job.run = FlowRun(work, options, self)

    @property
    def goes_on(self) -> bool:
        """Whether what is emitted from anywhere is still taken up."""
        return not self._closed

    def start(self, slot: Slot, data: Mapping[str, Any]) -> None:
        """Enter the flow through *slot*; return when the run does."""
        __tracebackhide__ = True
        self.line_up([(slot, data)])
        leaving.remember(self.run)
        self.run.start()
        leaving.stay_for(self.run)

    def emit(
        self, event: Event, data: Mapping[str, Any], attempt: Attempt | None = None
    ) -> bool:
        """Line up the handlers of the slots connected to *event*.

        Return whether the execution goes on; else nothing was done.
        """
        sent = self.flow.deliveries(event, data)
        name = self.flow.id_of(event.routine)
        found = self.line_up(sent, attempt)
        if found:
            self.job.record_execution(name, event.name, data)
        return found

    def line_up(
        self,
        sent: Iterable[tuple[Slot, Mapping[str, Any]]],
        attempt: Attempt | None = None,
    ) -> bool:
        """Line up the handlers of slots, unless *attempt* or all of it is over."""
        with self._freed:
            if self._closed or not (attempt is None or attempt.goes_on):
                return False
            for slot, data in sent:
                self._line_up(slot, data)
        return True

    def begin(self, call: Call) -> Attempt:
        """Note that *call* begins, perhaps not for the first time."""
        with self._freed:
            lane = call.lane
            while not (call.holds or lane.running < lane.limit or cancelled()):
                self._freed.wait(LOOK)
            if not call.holds:
                call.holds, lane.running = True, lane.running + 1
            if call.ended:
                self._take_up_again(call)
            if call.attempt is None:
                self.job.count(call.routine_id, waiting=-1, running=1)
            attempt = Attempt(self, call)
            call.attempt, call.began = attempt, perf_counter()
            self.job.current_routine_id = call.routine_id
        self.job.record_execution(call.routine_id, call.slot.name, call.data)
        return attempt

    def tell(self, ends: list[End]) -> None:
        """Hear which calls have ended for good."""
        for end in ends:
            self._then(*self._ended(end))

    def go_on(self) -> None:
        """Go on with what is waiting, after a cancel; end if there is nothing."""
        with self._freed:
            for lane in [*self._lanes.values()]:
                self._advance(lane)
            closes = self._is_dry()
        self._then(closes=closes)

    # -- The lock is held -------------------------------------------------------------

    def _line_up(self, slot: Slot, data: Mapping[str, Any]) -> None:
        key = 0 if self._depth_first else id(slot.routine)
        lane = self._lanes.get(key)
        if lane is None:
            alone = self._depth_first or not slot.routine.concurrent
            lane = Lane(1 if alone else math.inf, depth_first=self._depth_first)
            self._lanes[key] = lane
        name = self.flow.id_of(slot.routine)
        call = Call(self, name, slot, data, lane)
        self._entry = self._entry or call
        self._outstanding += 1
        self.job.count(name, waiting=1)
        lane.put(call)
        self._advance(lane)

    def _advance(self, lane: Lane) -> None:
        """Hand the run as many calls of a lane as may go on."""
        while (call := lane.take()) is not None:
            task = self._add(call)
            if task is None:
                lane.put_back(call)
                return
            lane.going += 1
            self._calls[task] = call

    def _add(self, call: Call) -> int | None:
        """Make a task of *call*; return its number, or None after a cancel."""
        try:
            return self.run.add(call)
        except UsageError:
            if self.run.state in (State.CANCELLING, State.CANCELLED):
                return None
            self.run.open_again()  # it was closed while somebody retried it
            return self.run.add(call)

    def _take_up_again(self, call: Call) -> None:
        """Have *call*, which had failed or been cancelled, be one that goes on."""
        self.job.count(call.routine_id, waiting=1, calls=-1, **{call.ended: -1})
        call.ended = ""
        call.lane.going += 1
        self._outstanding += 1
        self._fatal.discard(call)
        self.job.has_failed = bool(self._fatal)
        if self._closed:
            self._closed = False
            self.run.open_again()

    def _is_dry(self) -> bool:
        """Whether nothing is left to be done; then nothing can be emitted any more."""
        self._closed = self._closed or not self._outstanding
        return self._closed

    def _note(self, call: Call, told: str) -> None:
        """Record how *call* has ended."""
        changes = {call.ended: 1} if told else {}
        if told:
            self.job.note_error(call.routine_id, told)
        if call.attempt is None:
            self.job.count(call.routine_id, calls=1, waiting=-1, **changes)
        else:
            took = perf_counter() - call.began
            self.job.count(
                call.routine_id, calls=1, running=-1, seconds=took, **changes
            )

    def _fails_the_job(self, call: Call) -> bool:
        if self._strategy is None:
            return self._stops or call is self._entry
        return self._stops or self._strategy is ErrorStrategy.RETRY

    # -- Without it -------------------------------------------------------------------

    def _ended(self, end: End) -> tuple[bool, bool]:
        """Take an end in; return whether the run is to be stopped, or closed."""
        error, stops = end.error, False
        # Before there is the lock: it calls the user's code.
        told = "" if error is None else error_line(error)
        with self._freed:
            call = self._calls.get(end.task)
            if call is None or call.ended:
                return False, False
            call.ended = _word(error)
            self._note(call, told)
            if error is None:
                del self._calls[end.task]
            elif call.ended == "failed" and self._fails_the_job(call):
                self._fatal.add(call)
                self.job.has_failed, stops = True, self._stops
            lane = call.lane
            call.attempt = None
            lane.going -= 1
            if call.holds:
                call.holds, lane.running = False, lane.running - 1
            self._outstanding -= 1
            self._freed.notify_all()
            if not stops:
                self._advance(lane)
            closes = self._is_dry()
        if told:
            entry = {"slot": call.slot.name, "error": told}
            self.job.record_execution(call.routine_id, "error", entry)
        return stops, closes

    def _then(self, stops: bool = False, closes: bool = False) -> None:  # noqa: FBT001, FBT002 # what _ended says
        if stops:
            self.run.cancel()
        if closes:
            self.run.close()


def _caption(job: JobState) -> Caption:
    left = job.unmade
    return Caption(postfix=f"{count(left)} calls not made" if left else "")


def _word(error: BaseException | None) -> str:
    if error is None:
        return "completed"
    return "cancelled" if isinstance(error, TaskCancelled) else "failed"
