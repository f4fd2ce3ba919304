"""What opens below the head of a panel: the strip, then tasks, failures or output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nbparallel.records.snapshot import Snapshot
from nbparallel.views import html, text
from nbparallel.views.actions import Actions
from nbparallel.views.edges import edges_of
from nbparallel.views.style import BODY
from nbparallel.views.widgets.browser import Browser
from nbparallel.views.widgets.failures import Failures
from nbparallel.views.widgets.made import FILL, change, close
from nbparallel.views.widgets.tasks import Tasks

#: Seconds of the run between two drawings of the tasks, and of a search in all of them.
PACE: Final = 0.3
SEARCHES: Final = 2.0


class Body:
    """The parts of a panel that can be looked through.

    Parameters
    ----------
    actions
        What finds tasks, and runs them again.
    rows
        How many tasks are shown of those that go on or have just ended.
    lock
        Held while a click is dealt with.
    grown
        Called when there are more widgets than before.
    heard
        Whether clicks are heard, so that there may be something to click.

    Attributes
    ----------
    widget
        What shows them.
    """

    def __init__(
        self,
        actions: Actions,
        rows: int,
        lock: Any,
        grown: Callable[[], None],
        *,
        heard: bool,
    ) -> None:
        from ipywidgets import HTML, Box, VBox

        self._actions = actions
        self._grown = grown
        self._most = rows
        self._browser = Browser(self._look, lock)
        self._tasks = Tasks(actions.detail, lock, grown, opens=heard)
        self._failures = Failures(actions.detail, actions.retry_some, lock, grown)
        self._output = HTML(layout=FILL)
        self._strip = HTML(layout={"flex": "0 0 auto", "margin": "0"})
        self._above = HTML(layout={"flex": "0 0 auto", "margin": "0"})
        # Upside down, so that the view stays at the end while the output grows.
        self._pane = Box(layout={"flex": "1 1 0", "overflow": "auto"})
        self._pane.add_class("nbp-pane")
        self._looked = float("-inf")
        self._shown = self._browser.tab
        self._snapshot: Snapshot | None = None
        self.last = float("-inf")
        controls = [self._browser.widget, self._tasks.card] if heard else []
        self.widget = VBox(
            [self._strip, self._above, *controls, self._pane],
            layout={"height": f"{BODY}px", "overflow": "hidden auto"},
        )
        self.widget.add_class("nbp-opened")

    def close(self) -> None:
        """Close all widgets, those that are not shown as well."""
        for part in (self._tasks, self._failures, self._browser):
            part.close()
        for widget in (self.widget, self._output):
            close(widget)

    def draw_tabs(self, snapshot: Snapshot) -> None:
        """Bring the numbers beside the head up to date: the two must not differ."""
        self._browser.draw(snapshot)

    def draw(self, snapshot: Snapshot) -> bool:
        """Show the run as it is; return whether it was time."""
        if 0 <= snapshot.elapsed - self.last < PACE and not snapshot.state.ended:
            return False
        self.last = snapshot.elapsed
        self.draw_all(snapshot)
        return True

    def draw_all(self, snapshot: Snapshot) -> None:
        """Show the run as it is."""
        self._snapshot = snapshot
        change(self._strip, value=html.timeline(snapshot))
        change(self._above, value=html.above(snapshot))
        self._browser.draw(snapshot)
        self._draw_pane(snapshot, forced=False)

    def _look(self) -> None:
        """Show something else, as the user wants."""
        if self._snapshot is not None:
            if self._browser.tab != self._shown:
                self._shown = self._browser.tab
                self._tasks.close_card()
            self._browser.draw(self._snapshot)
            self._draw_pane(self._snapshot, forced=True)

    def _draw_pane(self, snapshot: Snapshot, *, forced: bool) -> None:
        tab = self._browser.tab
        if tab == "failed":
            can_retry = text.not_ok(snapshot) > 0
            self._failures.draw(snapshot, can_retry=can_retry)
            self._put(self._failures.widget)
        elif tab == "output":
            change(self._output, value=html.log(snapshot))
            self._put(self._output)
        elif tab == "now":
            going, ended, more = html.chosen(snapshot, self._most)
            self._tasks.draw(
                (*going, *ended),
                "Tasks being carried out, then the latest to end",
                left_out=(len(going), more),
                printed=bool(snapshot.log),
            )
            self._put(self._tasks.widget)
        else:
            self._browse(snapshot, forced=forced)
            self._put(self._tasks.widget)

    def _browse(self, snapshot: Snapshot, *, forced: bool) -> None:
        query = self._browser.query
        pause = SEARCHES if query.words else PACE
        due = not 0 <= snapshot.elapsed - self._looked < pause
        if not (forced or due or snapshot.state.ended):
            return
        self._looked = snapshot.elapsed
        page = self._actions.browse(query)
        if page is not None:
            self._browser.note(page)
            in_order = query.order == "input" and not query.words
            # Of what keeps no results there are the latest tasks alone.
            has_lines = in_order and snapshot.keeps_results
            edges = edges_of(snapshot.reasons) if has_lines else None
            everywhere = query.order == "input" and snapshot.keeps_results
            no_hits = html.no_hits(query.words, page, everywhere=everywhere)
            self._tasks.draw(
                page.rows,
                "Tasks of the run",
                edges=edges,
                printed=bool(snapshot.log),
                nothing=no_hits if query.words else html.NOTHING,
            )

    def _put(self, widget: Any) -> None:
        if self._pane.children != (widget,):
            self._pane.children = [widget]
            self._grown()
