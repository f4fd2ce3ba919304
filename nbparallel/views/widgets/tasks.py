"""A table of tasks in a panel: each row opens as a card that stands above the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from nbparallel.records.queries import Detail
from nbparallel.records.snapshot import Row
from nbparallel.views import cards, html, rich
from nbparallel.views.edges import Edges
from nbparallel.views.widgets.made import FILL, button, change, close

#: So many rows can be opened; a table has seldom more.
MOST: Final = 100


class _Looks(NamedTuple):
    """What all openers share."""

    layout: Any
    style: Any


class _Rich:
    """The rich forms of what the card shows; made once each, for that may take long."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[object, str]] = {}

    def of(self, found: Detail) -> tuple[str, list[str]]:
        """Return those of a task's result and of its displays."""
        shown = [self._once(rich.displayed, each.data) for each in found.displays]
        return self._once(rich.html, found.row.result), shown

    def _once(self, make: Callable[[Any], str], value: Any) -> str:
        kept = self._made.get(id(value))
        if kept is None or kept[0] is not value:
            kept = self._made[id(value)] = value, make(value)
        return kept[1]


class Tasks:
    """A table of tasks, with a button beside each row.

    Parameters
    ----------
    find
        Returns everything about a task.
    lock
        Held while a click is dealt with.
    grown
        Called when there are more widgets than before.
    opens
        Whether rows can be opened.

    Attributes
    ----------
    widget, card
        What shows it, and the task that is open.
    """

    def __init__(
        self,
        find: Callable[[int], Detail | None],
        lock: Any,
        grown: Callable[[], None],
        *,
        opens: bool,
    ) -> None:
        from ipywidgets import HTML, HBox, Layout, VBox

        self._find = find
        self._lock = lock
        self._grown = grown
        self._opens = opens
        self._memo: html.Memo = {}
        self._shown: list[int | None] = []  # the task of each row
        self._brief: list[bool] = []  # whether it has one line where pages are narrow
        self._opened: int | None = None
        self._rich = _Rich()
        self._first: _Looks | None = None
        self._unseen, self._gone = Layout(visibility="hidden"), Layout(display="none")
        self._openers = VBox([])
        self._openers.add_class("nbp-openers")
        self._table = HTML(layout={**FILL, "margin": "0 0 0 2px"})
        self._card = HTML(layout=FILL)
        self._close = button("✕", "Close this task", self.close_card, width="2.5em")
        scrolls = {"flex": "0 1 auto", "max_height": "55%", "overflow": "auto"}
        self.card = HBox([self._card, self._close], layout=scrolls)
        self.card.layout.display = "none"
        self.card.add_class("nbp-card-box")
        openers = [self._openers] if opens else []
        rows = HBox([*openers, self._table], layout={"flex": "0 0 auto"})
        self.widget = VBox([rows], layout=FILL)

    def close(self) -> None:
        """Close all widgets."""
        looks = () if self._first is None else self._first
        gone = self._unseen, self._gone
        for widget in (self.card, self._openers, self.widget, *gone, *looks):
            close(widget)

    def draw(
        self,
        rows: Sequence[Row],
        caption: str,
        *,
        left_out: tuple[int, int] = (0, 0),
        edges: Edges | None = None,
        printed: bool = False,
        nothing: str = html.NOTHING,
    ) -> bool:
        """Show *rows*; return whether there was anything new.

        Parameters
        ----------
        rows
            The tasks.
        caption
            What they are, for those who listen.
        left_out
            Before which row, and how many tasks that run are not among them.
        edges
            The lines to draw beside the rows.
        printed
            Whether other tasks have printed something.
        nothing
            What to say if there are no rows.
        """
        value = html.live_table(
            *(rows, caption, left_out, self._memo, edges),
            printed=printed,
            nothing=nothing,
        )
        at, more = left_out
        self._shown = [row.task for row in rows]
        self._brief = [html.is_brief(row) for row in rows]
        if more:
            self._shown.insert(at, None)
            self._brief.insert(at, True)
        new = value != self._table.value
        change(self._table, value=value)
        self._place_openers()
        return self._draw_card() or new

    def _place_openers(self) -> None:
        openers = self._openers.children
        wanted = min(len(self._shown), MOST) if self._opens else 0
        if len(openers) < wanted:
            like = self._first
            more = []
            for place in range(len(openers), wanted):
                click = partial(self._open, place)
                like = button(
                    "▸", f"Open row {place + 1}", click, like=like, width="22px"
                )
                more.append(like)
            self._first = self._first or _Looks(more[0].layout, more[0].style)
            self._openers.children = [*openers, *more]
            self._grown()
        for opener in self._openers.children[wanted:]:
            change(opener, layout=self._gone)
        for place, opener in enumerate(self._openers.children[:wanted]):
            assert self._first is not None
            task = self._shown[place]
            opened = task is not None and task == self._opened
            change(
                opener,
                layout=self._unseen if task is None else self._first.layout,
                description="▾" if opened else "▸",
                _dom_classes=(html.BRIEF,) if self._brief[place] else (),
            )

    def _open(self, place: int) -> None:
        with self._lock:
            task = self._shown[place] if place < len(self._shown) else None
            self._opened = None if task == self._opened else task
            self._redraw()

    def close_card(self) -> None:
        """Open no task any more."""
        with self._lock:
            self._opened = None
            self._redraw()

    def _redraw(self) -> None:
        self._place_openers()
        self._draw_card()

    def _draw_card(self) -> bool:
        found = None if self._opened is None else self._find(self._opened)
        if found is None:
            self._rich, value = _Rich(), ""
        else:
            value = cards.html(found, *self._rich.of(found))
        new = bool(value != self._card.value)
        change(self._card, value=value)
        change(self.card.layout, display="" if value else "none")
        return new
