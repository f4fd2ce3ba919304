"""Failures in groups, each with a button to try its tasks again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from nbparallel.records.groups import Group, Memo, grouped
from nbparallel.records.queries import Detail
from nbparallel.records.snapshot import Snapshot
from nbparallel.views import groups
from nbparallel.views.widgets.made import FILL, button, change, close

#: How many groups are shown; the others are counted.
MOST: Final = 12


class Failures:
    """The groups of a run's failures.

    Parameters
    ----------
    find
        Returns everything about a task.
    retry
        Runs tasks again.
    lock
        Held while a click is dealt with.
    grown
        Called when there are more widgets than before.

    Attributes
    ----------
    widget
        What shows them.
    """

    def __init__(
        self,
        find: Callable[[int], Detail | None],
        retry: Callable[[Sequence[int]], None],
        lock: Any,
        grown: Callable[[], None],
    ) -> None:
        from ipywidgets import HTML, VBox

        self._find = find
        self._retry = retry
        self._lock = lock
        self._grown = grown
        self._memo: Memo = {}
        self._lines: list[_Line] = []
        self._found: tuple[Group, ...] = ()
        self._order: dict[tuple[str, str], int] = {}
        self._opened: set[tuple[str, str]] = set()
        self._rest = HTML()
        self._can_retry = False
        self.widget = VBox([self._rest], layout=FILL)

    def close(self) -> None:
        """Close all widgets."""
        for widget in (self.widget, *(line.widget for line in self._lines)):
            close(widget)

    def draw(self, snapshot: Snapshot, *, can_retry: bool) -> None:
        """Show the groups as they are now."""
        found = grouped(snapshot.errors, self._memo)
        # Each stays where it is: whoever is about to click must not meet another.
        keys = {_key(group): len(self._order) + n for n, group in enumerate(found)}
        self._order = {key: self._order.get(key, place) for key, place in keys.items()}
        self._found = tuple(sorted(found, key=lambda each: self._order[_key(each)]))
        self._can_retry = can_retry
        self._draw(snapshot)

    def _draw(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        wanted = min(len(self._found), MOST)
        while len(self._lines) < wanted:
            self._lines.append(_Line(self, len(self._lines)))
        for line, group in zip(self._lines, self._found, strict=False):
            items = self._items(group) if _key(group) in self._opened else None
            line.draw(group, items, can_retry=self._can_retry)
        change(self._rest, value=groups.rest(self._found[wanted:], snapshot))
        parts = (*(line.widget for line in self._lines[:wanted]), self._rest)
        if self.widget.children != parts:
            self.widget.children = parts
            self._grown()

    def _items(self, group: Group) -> dict[int, object]:
        found = map(self._find, group.tasks[: groups.NAMED])
        return {each.row.task: each.row.item for each in found if each is not None}

    def toggle(self, place: int) -> None:
        """Open a group, or close it."""
        with self._lock:
            if place < len(self._found):
                self._opened ^= {_key(self._found[place])}
                self._draw(self._snapshot)

    def again(self, place: int) -> None:
        """Run the tasks of a group again."""
        with self._lock:
            tasks = self._found[place].tasks if place < len(self._found) else ()
        if tasks:
            self._retry(tasks)


class _Line:
    """The widgets of one group."""

    def __init__(self, owner: Failures, place: int) -> None:
        from ipywidgets import HTML, HBox

        self._opener = button(
            "▸", f"Open group {place + 1}", lambda: owner.toggle(place), width="22px"
        )
        self._opener.add_class("nbp-group-opener")
        self._text = HTML(layout=FILL)
        self._again = button("", "Run these again", lambda: owner.again(place))
        self.widget = HBox(
            [self._opener, self._text, self._again],
            layout={"flex": "0 0 auto", "align_items": "flex-start"},
        )
        self.widget.add_class("nbp-group-line")

    def draw(
        self, group: Group, items: Mapping[int, object] | None, *, can_retry: bool
    ) -> None:
        """Show *group*, open if there are *items* of it."""
        change(self._opener, description="▸" if items is None else "▾")
        change(self._text, value=groups.live(group, items))
        shown = "" if can_retry else "none"
        change(self._again, description=groups.retry_label(group))
        change(self._again.layout, display=shown)


def _key(group: Group) -> tuple[str, str]:
    return group.kind, group.message
