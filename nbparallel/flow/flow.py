"""Routines connected by events and slots, carried out as one run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self, Unpack
from uuid import uuid4

from nbparallel.edge.frontend import in_kernel
from nbparallel.errors import BadType, BadValue, UsageError
from nbparallel.flow import leaving
from nbparallel.flow.course import Course
from nbparallel.flow.current import current
from nbparallel.flow.error_handler import ErrorHandler, ErrorStrategy
from nbparallel.flow.job import JobState
from nbparallel.flow.ports import Event, Slot
from nbparallel.flow.routine import events_of, slots_of
from nbparallel.flow.serial import Storable
from nbparallel.flow.settings import (
    entry_data,
    known_strategy,
    options_of,
    workers_in_force,
    workers_said,
)
from nbparallel.options import MapOptions, Options, whole
from nbparallel.signatures import with_options
from nbparallel.types import State
from nbparallel.views import exhibits
from nbparallel.views.style import STYLE

if TYPE_CHECKING:
    from nbparallel.engine.run import Run

#: The slot by which a flow is entered.
ENTRY: Final = "trigger"


class Flow(Storable):
    """Routines, connected by events and slots.

    Used as a context manager it waits for its handlers on leaving.

    Parameters
    ----------
    flow_id
        What it is called; None makes a name up.
    execution_strategy
        ``"sequential"``: handlers are called one at a time, in the order of connection,
        depth first: all that comes of what a handler emits before whatever has been
        waiting; `execute` returns when they have ended. ``"concurrent"``: at the same
        time, as far as they are of different routines; `execute` returns at once.
    max_workers
        How many handlers are called at the same time, if concurrently; ``workers`` is
        the same. None: as many as the setting says when it is executed, else 5.
    **options
        Any field of `nbparallel.options.Options` but those that speak of an input, a
        journal or processes; `execute` takes them, too.

    Attributes
    ----------
    flow_id, execution_strategy
        As above.
    routines
        By their ids.
    connections
        In the order in which they were made.

    Examples
    --------
    >>> from nbparallel.flow import Flow, Routine
    >>> class Square(Routine):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.define_slot("trigger", handler=self.square)
    ...         self.define_event("squared", ["value"])
    ...     def square(self, value):
    ...         self.emit("squared", value=value**2)
    >>> class Keep(Routine):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.kept = []
    ...         self.define_slot("number", handler=self.keep)
    ...     def keep(self, value):
    ...         self.kept.append(value)
    >>> flow = Flow("squares", progress=False)
    >>> keep = Keep()
    >>> first = flow.add_routine(Square(), "square")
    >>> last = flow.add_routine(keep, "keep")
    >>> flow.connect("square", "squared", "keep", "number")
    <Connection <Event 'squared' of Square> -> <Slot 'number' of Keep>>
    >>> flow.execute("square", {"value": 3}).status
    'completed'
    >>> keep.kept
    [9]
    """

    def __init__(
        self,
        flow_id: str | None = None,
        execution_strategy: str = "sequential",
        max_workers: int | None = None,
        **options: Unpack[MapOptions],
    ) -> None:
        if flow_id is not None and not isinstance(flow_id, str):
            message = f"flow_id={flow_id!r}: must be a string, as in Flow('squares')"
            raise BadType(message)
        self._options: dict[str, Any] = {**options}
        super().__init__(
            flow_id or f"flow-{uuid4().hex[:8]}",
            known_strategy(execution_strategy),
            workers_said(max_workers, self._options),
        )
        options_of(self._options, sequential=True)  # refuses what cannot be
        self._course: Course | None = None

    @property
    def max_workers(self) -> int:
        """How many handlers are called at the same time, if concurrently."""
        return workers_in_force() if self.workers_said is None else self.workers_said

    @max_workers.setter
    def max_workers(self, max_workers: int) -> None:
        self.workers_said = whole("max_workers", max_workers)

    def set_execution_strategy(
        self, strategy: str, max_workers: int | None = None
    ) -> None:
        """Choose how handlers are called from the next `execute` on.

        Raises
        ------
        BadType, BadValue
            There is no such strategy, or there cannot be so many workers.
        """
        chosen = known_strategy(strategy)
        if max_workers is not None:
            self.max_workers = max_workers
        self.execution_strategy = chosen

    def set_error_handler(self, error_handler: ErrorHandler | None) -> None:
        """Say what is to be done about handlers that fail.

        Without one, a failure is recorded and the others go on; that of the entry
        routine's own handler fails the job.
        """
        if error_handler is not None and not isinstance(error_handler, ErrorHandler):
            message = (
                f"{error_handler!r}: must be an ErrorHandler, as in "
                "ErrorHandler(ErrorStrategy.RETRY)"
            )
            raise BadType(message)
        self.error_handler = error_handler

    # -- Carrying it out --------------------------------------------------------------

    @with_options(Options, MapOptions)
    def execute(
        self,
        entry_routine_id: str,
        entry_params: Mapping[str, Any] | None = None,
        execution_strategy: str | None = None,
        max_workers: int | None = None,
        **options: Unpack[MapOptions],
    ) -> JobState:
        """Enter the flow through the slot ``trigger`` of a routine.

        What still goes on of an earlier execution is waited for first.

        Parameters
        ----------
        entry_routine_id
            Which routine.
        entry_params
            What its handler gets, as far as its signature takes it; a name that is
            nearly one of its parameters is refused.
        execution_strategy, max_workers
            As for the flow, for this once. None: those of the flow.
        **options
            Those of this execution; they outrank the flow's own.

        Returns
        -------
        JobState
            What is known of it; ended, if sequential, unless ``block=False``.

        Raises
        ------
        BadType, BadValue
            The call cannot be understood; nothing was started.
        """
        __tracebackhide__ = True
        slot = self._entry(entry_routine_id)
        data = entry_data(entry_routine_id, entry_params, slot)
        chosen = known_strategy(execution_strategy or self.execution_strategy)
        depth_first = chosen == "sequential"
        given: dict[str, Any] = {**options}
        workers = workers_said(max_workers, given) or self.max_workers
        handling = {} if self.error_handler is None else self.error_handler.options
        resolved = options_of(
            {
                **handling,
                **self._options,
                **given,
                "workers": 1 if depth_first else workers,
            },
            sequential=depth_first,
            entry=entry_routine_id,
        )
        self._refuse_from_within("execute")
        self._wait_for_the_last()
        for routine in self.routines.values():
            for slot_ in slots_of(routine).values():
                slot_.forget()
            for event in events_of(routine).values():
                event.flows.add(self)
        handler = self.error_handler
        on_failure = None if handler is None else handler.strategy
        skips = on_failure is ErrorStrategy.SKIP
        job = JobState(self.flow_id, self.routines, skips=skips)
        course = Course(self, job, resolved, on_failure, depth_first=depth_first)
        self._course = course
        course.start(slot, data)
        return job

    def wait_for_completion(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to be done; return whether that came in time.

        If not, the execution is cancelled. To look without that, ``job.run.wait(1)``.

        Parameters
        ----------
        timeout
            Seconds to wait at most; None waits as long as it takes.
        """
        __tracebackhide__ = True
        if self.run is None:
            return True
        self._refuse_from_within("wait for")
        ended = self.run.wait(timeout)
        if not ended:
            self.run.cancel()
        return ended

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002 # as its users write it
        """Wait for the handlers; with ``wait=False``, let them go on by themselves.

        It need not be called: a flow holds nothing while no handler runs.
        """
        __tracebackhide__ = True
        if wait:
            self.wait_for_completion()
        elif self.run is not None:
            leaving.let_go(self.run)

    def cancel(self) -> None:
        """Start no further handler, and end the execution."""
        if self.run is not None:
            self.run.cancel()

    def pause(self) -> None:
        """Start no further handler until `resume`."""
        if self.run is not None:
            self.run.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        if self.run is not None:
            self.run.resume()

    @property
    def run(self) -> Run[Any] | None:
        """The run of the latest execution, or None; its table has the handler calls."""
        return None if self._course is None else self._course.run

    @property
    def job_state(self) -> JobState | None:
        """What is known of the latest execution, or None."""
        return None if self._course is None else self._course.job

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        __tracebackhide__ = True
        if error is not None:
            self.cancel()
        self.shutdown()

    # -- Showing it -------------------------------------------------------------------

    def __str__(self) -> str:
        return "\n".join([repr(self), *exhibits.lines([self.graph_of(self.job_state)])])

    def __repr__(self) -> str:
        job = self.job_state
        status = "" if job is None else f": {job.status}"
        routines = f"{len(self.routines)} routines, {len(self.connections)} connections"
        return f"<Flow {self.flow_id!r}, {routines}{status}>"

    def _repr_html_(self) -> str:
        shown = exhibits.html([self.graph_of(self.job_state)])
        return f'{STYLE}<div class="nbp">{shown}</div>'

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if in_kernel() and self.run is not None and not self.run.state.ended:
            self.run._ipython_display_()  # the panel has the graph
        else:
            shown = {"text/html": self._repr_html_(), "text/plain": str(self)}
            display(shown, raw=True)  # type: ignore[no-untyped-call]

    # -- For what runs it -------------------------------------------------------------

    def post(self, event: Event, data: Mapping[str, Any]) -> None:
        """Send *data* into the execution that goes on, or to the slots themselves."""
        if self._course is None or not self._course.emit(event, data):
            for slot, sent in self.deliveries(event, data):
                slot.receive(sent)

    def hand(self, slot: Slot, data: Mapping[str, Any]) -> None:
        """Send *data* to *slot*, in the execution that goes on if there is one."""
        if self._course is None or not self._course.line_up([(slot, data)]):
            slot.receive(data)

    @property
    def goes_on(self) -> bool:
        """Whether an execution takes up what is sent."""
        return self._course is not None and self._course.goes_on

    # -- Inside -----------------------------------------------------------------------

    def _entry(self, name: str) -> Slot:
        routine = self._routine(name)
        slot = routine.get_slot(ENTRY)
        if slot is None or slot.handler is None:
            lacks = f"has no slot {ENTRY!r}" if slot is None else "has no handler there"
            message = (
                f"routine {name!r} {lacks}, by which a flow is entered. Write "
                f"self.define_slot({ENTRY!r}, handler=self.start) in its __init__"
            )
            raise BadValue(message)
        return slot

    def _wait_for_the_last(self) -> None:
        """Wait for an execution that nobody has waited for."""
        if self.run is None:
            return
        if self.run.state is State.PAUSED:
            message = "the flow is paused: flow.resume() or flow.cancel() comes first"
            raise UsageError(message)
        with suppress(Exception):  # that one's failure is for who waits for it
            self.run.wait()

    def _refuse_from_within(self, what: str) -> None:
        attempt = current.get()
        if attempt is not None and attempt.flow is self:
            message = (
                f"a handler cannot {what} the flow that it is called by: emit an event"
            )
            raise UsageError(message)
