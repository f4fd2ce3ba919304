"""Groups of failures as HTML, of which the guarantees of `views.html` hold."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nbparallel.quantities import count
from nbparallel.records.groups import Group
from nbparallel.records.snapshot import Snapshot
from nbparallel.short_text import traceback_text

#: The most characters of a traceback.
LONG = 2_000
#: How many tasks of a group are named.
NAMED = 10


def live(group: Group, *, opened: bool) -> str:
    """Return a group as a line; if it is *opened*, with the first traceback."""
    inside = opened_part(group) if opened else ""
    return f'<div class="nbp nbp-live nbp-group">{line(group)}{inside}</div>'


def line(group: Group) -> str:
    """Return what a group is: the type, the message, how many tasks."""
    tasks = "1 task" if len(group.tasks) == 1 else f"{count(len(group.tasks))} tasks"
    return (
        f'<b class="nbp-bad">{escape(group.kind)}</b> {escape(group.message)} '
        f'<span class="nbp-quiet">{tasks}</span>'
    )


def opened_part(group: Group) -> str:
    """Return the first traceback of a group, and which tasks are in it."""
    named = ", ".join(map(str, group.tasks[:NAMED]))
    more = len(group.tasks) - NAMED
    rest = f" and {count(more)} more" if more > 0 else ""
    return (
        f"<pre>{escape(traceback_text(group.error, LONG))}</pre>"
        f'<p class="nbp-quiet">Tasks {named}{rest}</p>'
    )


def rest(groups: Sequence[Group], snapshot: Snapshot) -> str:
    """Return how many groups are not shown; nothing if all are."""
    if not groups:
        return ""
    tasks = count(sum(len(each.tasks) for each in groups))
    where = escape(f"{snapshot.handle}.errors")
    return (
        f'<p class="nbp-quiet">… {count(len(groups))} groups more, of {tasks} tasks: '
        f"<code>{where}</code></p>"
    )
