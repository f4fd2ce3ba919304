"""Groups of failures as HTML, of which the guarantees of `views.html` hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from nbparallel.quantities import count
from nbparallel.records.errors import Errors
from nbparallel.records.groups import Group, grouped
from nbparallel.records.snapshot import Snapshot
from nbparallel.short_text import brief
from nbparallel.views.page_act import act
from nbparallel.views.style import STYLE
from nbparallel.views.table import FULL, item_text
from nbparallel.views.tracebacks import traceback_html

#: The most characters of a traceback, and of the item of a task.
LONG = 2_000
ITEM = 40
#: How many tasks of a group are named.
NAMED = 10
#: The most bytes of groups that stand alone.
ROOM = 60_000


def live(group: Group, items: Mapping[int, object] | None = None) -> str:
    """Return a group as a line; with the first traceback, and *items*, if it is open.

    Of a group that is closed there are none.
    """
    inside = "" if items is None else opened_part(group, items)
    return f'<div class="nbp nbp-live nbp-group">{line(group)}{inside}</div>'


def groups_html(
    groups: Sequence[Group],
    items: Mapping[int, object],
    room: int,
    *,
    prefix: str = "",
    where: str = "",
    buttons: str = "",
) -> str:
    """Return groups that open, the first of them open.

    Parameters
    ----------
    groups
        The groups, the most important first.
    items
        The items of some of their tasks, by task.
    room
        The most bytes; the groups that do not fit are counted.
    prefix
        What all items begin with, and what is not said again.
    where
        Where to find what is left out, as the user writes it.
    buttons
        What the buttons call the run that run a group again; none for no buttons.
    """
    shown: list[str] = []
    for position, group in enumerate(groups):
        again = _again(group, buttons, position) if buttons else ""
        opened = "" if shown else " open"
        part = (
            f'<details class="nbp-fold"{opened}><summary>{line(group)}</summary>'
            f"{again}{opened_part(group, items, prefix)}</details>"
        )
        room -= len(part.encode())
        if room < 0 and shown:
            break
        shown.append(part)
    return "".join(shown) + _rest(groups[len(shown) :], where)


def errors_html(errors: Errors) -> str:
    """Return the failures of a run in groups, as a page of their own."""
    found = grouped(errors)
    if not found:
        return ""
    shown = groups_html(found, errors.inputs, ROOM)
    return f'{STYLE}<div class="nbp nbp-errors">{shown}</div>'


def line(group: Group) -> str:
    """Return what a group is: the type, the message, how many tasks."""
    tasks = "1 task" if len(group.tasks) == 1 else f"{count(len(group.tasks))} tasks"
    return (
        f'<b class="nbp-bad">{escape(group.kind)}</b> {escape(group.message)} '
        f'<span class="nbp-quiet">· {tasks}</span>'
    )


def opened_part(
    group: Group, items: Mapping[int, object] | None = None, prefix: str = ""
) -> str:
    """Return the first traceback of a group, and which tasks are in it.

    They are named by their *items*, as far as these are known.
    """
    items = items or {}
    named = " ".join(_chip(task, items, prefix) for task in group.tasks[:NAMED])
    more = len(group.tasks) - NAMED
    rest = f' <span class="nbp-quiet">{count(more)} more</span>' if more > 0 else ""
    return f'{traceback_html(group.error, LONG)}<p class="nbp-chips">{named}{rest}</p>'


def _again(group: Group, buttons: str, position: int) -> str:
    return act(buttons, str(position), retry_label(group))


def retry_label(group: Group) -> str:
    """Return what the button is called that runs a group again."""
    many = len(group.tasks)
    return f"Retry these {count(many)}" if many > 1 else "Retry it"


def _chip(task: int, items: Mapping[int, object], prefix: str) -> str:
    if task not in items:
        return f"<code>task {task}</code>"
    full, shown = brief(items[task], FULL), item_text(items[task], prefix, ITEM)
    return f'<code title="{escape(f"task {task}: {full}")}">{escape(shown)}</code>'


def rest(groups: Sequence[Group], snapshot: Snapshot) -> str:
    """Return how many groups are not shown; nothing if all are."""
    return _rest(groups, f"{snapshot.handle}.errors")


def _rest(groups: Sequence[Group], where: str) -> str:
    if not groups:
        return ""
    which = "1 group more" if len(groups) == 1 else f"{count(len(groups))} groups more"
    tasks = sum(len(each.tasks) for each in groups)
    of = "1 task" if tasks == 1 else f"{count(tasks)} tasks"
    found = f": <code>{escape(where)}</code>" if where else ""
    return f'<p class="nbp-quiet">… {which}, of {of}{found}</p>'
