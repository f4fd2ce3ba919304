"""Which tasks are looked at: tabs, words to search for, an order, pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal, get_args

from nbparallel.quantities import count
from nbparallel.records.queries import Page, Query
from nbparallel.records.snapshot import Snapshot
from nbparallel.views.widgets.made import button, change, close

#: What a panel shows one of.
Tab = Literal["now", "failed", "slowest", "all", "output"]

ORDERS: Final = (
    ("input order", "input"),
    ("latest first", "latest"),
    ("slowest first", "slowest"),
)


class Browser:
    """The line of controls above the tasks of a panel.

    Parameters
    ----------
    changed
        Called when something else is to be shown.
    lock
        Held while a click is dealt with.

    Attributes
    ----------
    widget
        What shows it.
    tab
        What is to be shown; None before the first drawing.
    query
        Which tasks, where those of the whole run are.
    """

    def __init__(self, changed: Callable[[], None], lock: Any) -> None:
        from ipywidgets import HTML, Dropdown, HBox, Layout, Text

        self._changed = changed
        self._lock = lock
        self.tab: Tab | None = None
        self.query = Query()
        self._tabs: dict[Tab, Any] = {}
        like: Any = None
        for tab in get_args(Tab):
            click = partial(self._choose, tab)
            like = button("", "Show these", click, like=like, width="0")
            self._tabs[tab] = like
        self._here, self._gone = like.layout, Layout(display="none")
        self._words = Text(
            placeholder="search all tasks",
            layout={"width": "14em"},
            continuous_update=True,
        )
        self._order = Dropdown(
            options=ORDERS,
            description="Sort",
            style={"description_width": "initial"},
            layout={"width": "12em"},
        )
        self._before = button("←", "Page before", lambda: self._turn(-1), width="2.2em")
        self._after = button("→", "Next page", lambda: self._turn(1), like=self._before)
        self._place = HTML()
        pages = HBox([self._before, self._place, self._after])
        self._pages = pages
        for part, name in (
            (self._words, "nbp-search"),
            (self._order, "nbp-order"),
            (pages, "nbp-pages"),
        ):
            part.add_class(name)
        tabs = HBox([*self._tabs.values()])
        tabs.add_class("nbp-tab-line")
        self.widget = HBox([tabs, HBox([self._words, self._order, pages])])
        self.widget.add_class("nbp-browser")
        self._words.observe(self._search, "value")
        self._order.observe(self._sort, "value")

    def close(self) -> None:
        """Close all widgets."""
        for widget in (self.widget, self._here, self._gone):
            close(widget)

    def draw(self, snapshot: Snapshot) -> None:
        """Name the tabs there are something in, and mark the one that is shown."""
        names: dict[Tab, str] = {
            "now": "" if snapshot.state.ended else "Now",
            "failed": f"Failed {count(snapshot.failed)}" if snapshot.failed else "",
            "slowest": "Slowest" if snapshot.finished else "",
            "all": f"All {count(snapshot.known)}" if snapshot.known else "",
            "output": "Output" if snapshot.log else "",
        }
        if self.tab is None or not names[self.tab]:
            usual: tuple[Tab, ...] = ("now", "failed", "all")
            if snapshot.reasons is not None:  # lines are drawn where all are in order
                usual = ("all",)
            self.tab = next((tab for tab in usual if names[tab]), "all")
        for tab, chosen in self._tabs.items():
            on = ("nbp-on",) if tab == self.tab else ()
            change(
                chosen,
                description=names[tab],
                layout=self._here if names[tab] else self._gone,
                _dom_classes=on,
            )
        pages = self.tab in {"all", "slowest"}
        change(self._order.layout, display="" if self.tab == "all" else "none")
        change(self._pages.layout, display="" if pages else "none")

    def note(self, page: Page) -> None:
        """Say which page is shown."""
        self.query = replace(self.query, page=page.number)
        told = f"{count(page.number + 1)} of {count(page.pages)}"
        if page.searched is not None:
            told += f", searched {count(page.searched)}"
        change(self._place, value=told)
        change(self._before, disabled=page.number == 0)
        change(self._after, disabled=page.number + 1 >= page.pages)

    # --- clicks ---

    def _choose(self, tab: Tab) -> None:
        with self._lock:
            self.tab = tab
            self._look(order="slowest" if tab == "slowest" else self._order.value)

    def _turn(self, pages: int) -> None:
        with self._lock:
            self.query = replace(self.query, page=self.query.page + pages)
            self._changed()

    def _search(self, change: dict[str, Any]) -> None:
        with self._lock:
            if self.tab != "slowest":
                self.tab = "all"
            self._look(words=change["new"].strip())

    def _sort(self, change: dict[str, Any]) -> None:
        with self._lock:
            self._look(order=change["new"])

    def _look(self, **changes: Any) -> None:
        self.query = replace(self.query, page=0, **changes)
        self._changed()
