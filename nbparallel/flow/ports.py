"""What routines are joined by: events that send, slots that receive."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from nbparallel.errors import BadType, BadValue, UsageError, nearest
from nbparallel.flow.current import GoingOn, attempt_of
from nbparallel.flow.handlers import Handler, callable_of
from nbparallel.short_text import type_name

if TYPE_CHECKING:
    from typing import Literal

    MergeStrategy = (
        Literal["override", "append"]
        | Callable[[dict[str, Any], dict[str, Any]], Mapping[str, Any]]
    )

#: The merge strategies that have a name.
STRATEGIES: Final = ("override", "append")


class Event:
    """What a routine can send, by name, to the slots that are connected to it.

    Attributes
    ----------
    name, routine
        What it is called, and whose it is.
    output_params
        The names of what it sends, as far as it was said.
    connected_slots
        Who gets it, in the order of connection.
    """

    def __init__(self, name: str, routine: Any, output_params: Iterable[str]) -> None:
        self.name, self.routine = name, routine
        self.output_params = list(output_params)
        self.connected_slots: list[Slot] = []
        #: Those that were connected by hand: no flow has a connection to them.
        self.direct: list[Slot] = []
        #: Those that have executed its routine.
        self.flows: WeakSet[GoingOn] = WeakSet()

    def connect(self, slot: Slot) -> None:
        """Have *slot* get what is sent; once more changes nothing."""
        self.link(slot)
        if not _has(self.direct, slot):
            self.direct.append(slot)

    def disconnect(self, slot: Slot) -> None:
        """Have *slot* get nothing any more."""
        for those in (self.connected_slots, self.direct):
            those[:] = [each for each in those if each is not slot]
        events = slot.connected_events
        events[:] = [each for each in events if each is not self]

    def link(self, slot: Slot) -> None:
        """List *slot* among those connected, for a connection of a flow."""
        if not _has(self.connected_slots, slot):
            self.connected_slots.append(slot)
            slot.connected_events.append(self)

    def emit(self, flow: Any = None, /, **data: Any) -> None:
        """Send *data* to the connected slots.

        While a flow runs, their handlers are lined up in it, and this returns at once.
        Without one they are called here, one after the other.

        Parameters
        ----------
        flow
            The flow to send it in. None: the one that runs the calling handler; in a
            thread that a handler has started, the one that runs the routine.
        **data
            What the slots get.

        Raises
        ------
        UsageError
            Several flows run the routine, and the calling thread is of none of them.
        """
        attempt = attempt_of(flow)
        if attempt is not None:
            attempt.emit(self, data)
            return
        if flow is None:
            flow = self.flow_going_on()
        if flow is not None:
            flow.post(self, data)
        else:
            for slot in [*self.connected_slots]:
                slot.receive(data)

    def flow_going_on(self) -> GoingOn | None:
        """Return the flow that runs the routine, or None.

        Raises
        ------
        UsageError
            There are several.
        """
        found = [flow for flow in [*self.flows] if flow.goes_on]
        if len(found) > 1:
            message = (
                f"{self!r}: its routine is run by {len(found)} flows. Say which one is "
                f"meant: emit({self.name!r}, flow=flow)"
            )
            raise UsageError(message)
        return found[0] if found else None

    def __repr__(self) -> str:
        return f"<Event {self.name!r} of {type_name(self.routine)}>"


class Slot:
    """What a routine can receive: each arrival is a call of its handler.

    Attributes
    ----------
    name, routine
        What it is called, and whose it is.
    handler
        What is called with the data, as keyword arguments; None: nothing is.
    merge_strategy
        What becomes of the data when they are not the first to arrive.
    connected_events
        From which events it gets them.
    accepts
        The names that the handler takes; None: all.
    """

    def __init__(
        self,
        name: str,
        routine: Any,
        handler: Handler | None = None,
        merge_strategy: MergeStrategy = "override",
    ) -> None:
        self.name, self.routine = name, routine
        self.handler, self.merge_strategy = handler, merge_strategy
        self.connected_events: list[Event] = []
        self.accepts, self._call = callable_of(name, handler)
        if not callable(merge_strategy) and merge_strategy not in STRATEGIES:
            message = (
                f"merge_strategy={merge_strategy!r}:"
                f"{nearest(str(merge_strategy), STRATEGIES)} Write 'override', "
                "'append' or a function of what has arrived and what arrives"
            )
            raise BadValue(message)
        self._merging = threading.Lock()
        self._arrived: dict[str, Any] = {}

    def connect(self, event: Event) -> None:
        """Get what *event* sends."""
        event.connect(self)

    def disconnect(self, event: Event) -> None:
        """Get nothing of *event* any more."""
        event.disconnect(self)

    def receive(self, data: Mapping[str, Any]) -> Any:
        """Merge *data* and call the handler here and now; return what it returns."""
        return self.call(self.merged(data))

    def merged(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the handler gets now that *data* have arrived."""
        strategy = self.merge_strategy
        if strategy == "override":
            return dict(data)
        with self._merging:
            if callable(strategy):
                found = strategy(dict(self._arrived), dict(data))
                if not isinstance(found, Mapping):
                    message = (
                        f"merge_strategy of slot {self.name!r} returned {found!r}: it "
                        "must return a dict, the arguments of the handler"
                    )
                    raise BadType(message)
                self._arrived = dict(found)
                return dict(found)
            for name, value in data.items():
                self._arrived.setdefault(name, []).append(value)
            return {name: [*values] for name, values in self._arrived.items()}

    def call(self, arguments: Mapping[str, Any]) -> Any:
        """Call the handler with those of *arguments* that it takes."""
        __tracebackhide__ = True
        if self._call is None:
            return None
        names = self.accepts
        taken = arguments.items()
        return self._call(
            {name: value for name, value in taken if names is None or name in names}
        )

    def forget(self) -> None:
        """Forget what has arrived: a flow begins."""
        with self._merging:
            self._arrived = {}

    def __repr__(self) -> str:
        return f"<Slot {self.name!r} of {type_name(self.routine)}>"


class Connection:
    """That a slot gets what an event sends.

    Attributes
    ----------
    source_event, target_slot
        Which slot, which event.
    param_mapping
        What parameters of the event are called at the slot; others keep their names.
    """

    def __init__(
        self,
        source_event: Event,
        target_slot: Slot,
        param_mapping: Mapping[str, str] | None = None,
    ) -> None:
        self.source_event, self.target_slot = source_event, target_slot
        self.param_mapping = dict(param_mapping or {})
        source_event.link(target_slot)

    def mapped(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return *data* under the names that they have at the slot."""
        return {self.param_mapping.get(name, name): data[name] for name in data}

    def activate(self, data: Mapping[str, Any]) -> None:
        """Give *data* to the slot, as if the event had sent them."""
        attempt = attempt_of(None)
        if attempt is not None:
            attempt.send(self.target_slot, self.mapped(data))
        elif (flow := self.source_event.flow_going_on()) is not None:
            flow.hand(self.target_slot, self.mapped(data))
        else:
            self.target_slot.receive(self.mapped(data))

    def __repr__(self) -> str:
        return f"<Connection {self.source_event!r} -> {self.target_slot!r}>"


def _has(those: list[Any], one: Any) -> bool:
    return any(each is one for each in those)
