"""What tasks have displayed: below the panel, under a line that names the task.

The displays of one task stand together, and tasks in the order of the input: a notebook
that is run again looks the same.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from nbparallel.edge.displays import publish
from nbparallel.records.displays import Display
from nbparallel.records.queries import Detail
from nbparallel.records.snapshot import Snapshot
from nbparallel.short_text import brief
from nbparallel.views.actions import View

Taken = list[tuple[int, list[Display]]]


def show(
    taken: Taken, detail: Callable[[int], Detail | None], *, named: bool = True
) -> None:
    """Display in the current cell what has been taken of a run.

    Parameters
    ----------
    taken
        What was displayed, by task.
    detail
        Returns what is known about a task.
    named
        Whether a line names each task.
    """
    for task, displays in taken:
        if named:
            publish(_name(task, detail(task)))
        for each in displays:
            publish(each.data, each.metadata, each.transient)


def _name(task: int, found: Detail | None) -> dict[str, str]:
    item = "" if found is None else f" \u00b7 {brief(found.row.item)}"
    line = f"Task {task}{item}"
    return {"text/html": f"<small>{escape(line)}</small>", "text/plain": line}


class WithDisplays:
    """A view that shows what tasks have displayed as well, while the run goes on.

    Parameters
    ----------
    view
        What shows the run.
    show
        Shows what has been displayed since it was last called.
    """

    def __init__(self, view: View, show: Callable[[], None]) -> None:
        self._view, self._show = view, show

    def draw(self, snapshot: Snapshot) -> None:
        """Draw, and show the displays below."""
        self._view.draw(snapshot)
        self._show()

    def finish(self, snapshot: Snapshot) -> Callable[[], None] | None:
        """Show how the run ended."""
        return self._view.finish(snapshot)
