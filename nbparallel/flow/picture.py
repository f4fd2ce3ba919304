"""A flow as a graph: how its routines are connected, and how far each is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from nbparallel.flow.job import JobState
from nbparallel.flow.ports import Connection
from nbparallel.records.exhibits import Graph, Node

#: The most routines that are drawn.
MOST: Final = 60


def graph_of(
    routines: Mapping[str, Any], connections: Iterable[Connection], job: JobState | None
) -> Graph:
    """Return the graph of a flow, with what *job* knows of each routine."""
    shown = [*routines][:MOST]
    places = {id(routines[name]): place for place, name in enumerate(shown)}
    ends = (
        (places.get(id(each.source_event.routine)), places.get(id(target)))
        for each in connections
        for target in [each.target_slot.routine]
    )
    edges = dict.fromkeys((a, b) for a, b in ends if a is not None and b is not None)
    nodes = tuple(
        _node(name, None if job is None else job.tally_of(name)) for name in shown
    )
    return Graph(nodes, tuple(edges), len(routines) - len(shown))


def _node(name: str, state: Mapping[str, Any] | None) -> Node:
    if state is None:
        return Node(name)
    return Node(
        name,
        state=str(state["status"]),
        done=state["calls"],
        failed=state["failed"],
        cancelled=state["cancelled"],
        running=state["running"],
        waiting=state["waiting"],
        seconds=state["seconds"],
    )
