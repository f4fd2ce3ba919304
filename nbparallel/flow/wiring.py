"""Which routines there are, and how they are connected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbparallel.errors import BadType, BadValue, nearest
from nbparallel.flow.job import JobState
from nbparallel.flow.picture import graph_of
from nbparallel.flow.ports import Connection, Event, Slot
from nbparallel.flow.routine import Routine, events_of, slots_of, unknown

if TYPE_CHECKING:
    from nbparallel.records.exhibits import Graph


class Wiring:
    """Routines by their ids, and the connections between them.

    Attributes
    ----------
    routines
        By their ids.
    connections
        In the order in which they were made.
    """

    def __init__(self) -> None:
        self.routines: dict[str, Routine] = {}
        self.connections: list[Connection] = []

    def add_routine(self, routine: Routine, routine_id: str | None = None) -> str:
        """Add a routine; return its id, by default the name of its class.

        Raises
        ------
        BadType, BadValue
            It is no routine; it is there already, or another is under that id.
        """
        if not isinstance(routine, Routine):
            message = (
                f"{routine!r}: must be a routine, an instance of a subclass of Routine"
            )
            raise BadType(message)
        for name, there in self.routines.items():
            if there is routine:
                message = (
                    f"this {type(routine).__name__} is in the flow as {name!r}: add "
                    "another instance"
                )
                raise BadValue(message)
        if routine_id is None:
            routine_id = self._free_id(type(routine).__name__)
        if not isinstance(routine_id, str):
            message = f"id {routine_id!r}: must be a string, as in 'fetcher'"
            raise BadType(message)
        if routine_id in self.routines:
            message = (
                f"the flow has a routine {routine_id!r} already: give this one another "
                f"id, as in {self._free_id(routine_id)!r}"
            )
            raise BadValue(message)
        self.routines[routine_id] = routine
        return routine_id

    def connect(
        self,
        source_id: str,
        event: str,
        target_id: str,
        slot: str,
        param_mapping: Mapping[str, str] | None = None,
    ) -> Connection:
        """Have a slot of one routine get what an event of another sends.

        Once more with the same mapping changes nothing.

        Parameters
        ----------
        source_id, event
            Which event of which routine.
        target_id, slot
            Which slot of which routine.
        param_mapping
            What parameters of the event are called at the slot; others keep their name.

        Raises
        ------
        BadValue
            There is no such routine, event or slot.
        """
        source, target = self._routine(source_id), self._routine(target_id)
        found = source.get_event(event)
        if found is None:
            raise BadValue(unknown("event", event, events_of(source), type(source)))
        end = target.get_slot(slot)
        if end is None:
            raise BadValue(unknown("slot", slot, slots_of(target), type(target)))
        if param_mapping is not None and not isinstance(param_mapping, Mapping):
            message = (
                f"param_mapping={param_mapping!r}: must be a dict, as in "
                "param_mapping={'data': 'text'}"
            )
            raise BadType(message)
        for there in self.connections:
            same = there.source_event is found and there.target_slot is end
            if same and there.param_mapping == dict(param_mapping or {}):
                found.link(end)  # it may have been disconnected
                return there
        connection = Connection(found, end, param_mapping)
        self.connections.append(connection)
        return connection

    def _routine(self, name: str) -> Routine:
        if name not in self.routines:
            has = ", ".join(map(repr, self.routines)) or "none yet"
            message = (
                f"the flow has no routine {name!r}.{nearest(str(name), self.routines)} "
                f"It has {has}."
            )
            raise BadValue(message)
        return self.routines[name]

    def _free_id(self, name: str) -> str:
        number, found = 1, name
        while found in self.routines:
            number += 1
            found = f"{name}-{number}"
        return found

    # -- For what runs it -------------------------------------------------------------

    def deliveries(
        self, event: Event, data: Mapping[str, Any]
    ) -> list[tuple[Slot, dict[str, Any]]]:
        """Return which slots get what when *event* sends *data*."""
        there = {id(slot) for slot in event.connected_slots}
        own = [
            (each.target_slot, each.mapped(data))
            for each in self.connections
            if each.source_event is event and id(each.target_slot) in there
        ]
        wired = {id(slot) for slot, _ in own}
        others = [slot for slot in event.direct if id(slot) not in wired]
        return [*own, *((slot, dict(data)) for slot in others)]

    def id_of(self, routine: Any) -> str:
        """Return the id of a routine; of one that is not of the flow, its class."""
        ids = (name for name, each in self.routines.items() if each is routine)
        return next(ids, type(routine).__name__)

    def graph_of(self, job: JobState | None) -> Graph:
        """Return it as a graph, with how far an execution is."""
        return graph_of(self.routines, self.connections, job)
