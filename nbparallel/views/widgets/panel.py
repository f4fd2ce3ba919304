"""The widgets of one panel, from its first line to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbparallel.records.snapshot import Snapshot
from nbparallel.types import State
from nbparallel.views import page, text
from nbparallel.views.actions import Actions
from nbparallel.views.widgets.body import Body
from nbparallel.views.widgets.drawing import SPEECH, Slow, Words
from nbparallel.views.widgets.live import Live
from nbparallel.views.widgets.made import (
    KEPT,
    button,
    change,
    close,
    keep,
    let_go,
    together,
)

__all__ = ["KEPT", "PanelWidgets"]


class PanelWidgets:
    """Build, change and close the widgets of one panel.

    Parameters
    ----------
    actions
        What the buttons call.
    rows
        How many tasks the table shows.
    lock
        Held by whoever calls a method; taken by clicks.
    grown
        Called when a click has made more widgets.
    """

    def __init__(
        self, actions: Actions, rows: int, lock: Any, grown: Callable[[], None]
    ) -> None:
        from ipywidgets import HTML, VBox

        self._actions = actions
        self._make_body = lambda heard: Body(actions, rows, lock, grown, heard=heard)
        self._lock = lock
        self._grown = grown
        self._voice = HTML(layout={"height": "0", "margin": "0", "overflow": "hidden"})
        self._words = Words()
        self._live: Live | None = None
        self._retry: Any = None
        self.root = VBox([self._voice], layout={"max_width": "1100px"})
        self.root.add_class("nbp-panel")

    @property
    def bundle(self) -> dict[str, Any]:
        """What displays the widgets."""
        found: dict[str, Any] = self.root._repr_mimebundle_()
        return found

    @property
    def closed(self) -> bool:
        """Whether the widgets are gone, for there were too many."""
        return self.root.comm is None

    @property
    def opened(self) -> bool | None:
        """Whether the user wants to see what is below the head; None: nobody knows."""
        return None if self._live is None else self._live.opened

    def draw(self, snapshot: Snapshot, note: str, *, buttons: bool) -> bool:
        """Show a run that is under way.

        Parameters
        ----------
        snapshot
            The run.
        note
            What the user should know besides, in one sentence.
        buttons
            Whether clicks are heard, so that there may be buttons.

        Returns
        -------
        bool
            Whether there are other widgets than before.
        """
        if self._live is None or self._retry is not None:
            keep(self.root)
            before, self._retry = self._before(), None
            actions = self._actions if buttons else None
            self._live = self._begin(actions, heard=buttons)
            self._live.draw_all(snapshot, note)
            self._show(self._live.parts)
            before()
            return True
        with together():
            if not self._live.draw(snapshot, note):
                return False
            self._show(self._live.parts)
        return True

    def end(self, snapshot: Snapshot, note: str, *, retry: bool) -> None:
        """Show the end of a run, with a button to go on if *retry*."""
        from ipywidgets import HTML

        before = self._before()
        opened = self.opened
        self._voice.value = self._words(snapshot)
        if retry:
            self._retry = _retry_button(snapshot, self._actions.retry)
            self._live = self._begin(None, heard=True, others=[self._retry])
            self._live.opened = opened
            self._live.draw_all(snapshot, note)
            self._show(self._live.parts)
        else:
            self._retry = self._live = None
            told = page.static(snapshot, note, opened=opened)
            self._show([HTML(told)])
        before()
        if not retry:
            let_go(self.root)

    def _begin(self, actions: Actions | None, **looks: Any) -> Live:
        voice = Slow(self._voice, self._words, SPEECH)
        return Live(voice, self._make_body, self._toggle, actions, **looks)

    def cancelling(self) -> None:
        """Say at once that the click on Cancel was heard."""
        if self._live is not None and self._live.buttons is not None:
            self._live.buttons.draw(State.CANCELLING)

    def retrying(self) -> None:
        """Say at once that the click on Retry was heard."""
        if self._retry is not None:
            change(self._retry, description="Retrying...", disabled=True)

    def _before(self) -> Callable[[], None]:
        """Return what closes the widgets that are shown now."""
        live, shown = self._live, self.root.children[1:]

        def close_all() -> None:
            if live is not None:
                live.close()
            for widget in shown:
                close(widget)

        return close_all

    def _toggle(self) -> None:
        with self._lock:
            if self._live is not None:
                self._live.toggle()
                self._show(self._live.parts)
                self._grown()

    def _show(self, parts: list[Any]) -> None:
        shown = (self._voice, *parts)
        if self.root.children != shown:
            self.root.children = shown


def _retry_button(snapshot: Snapshot, on_click: Callable[[], None]) -> Any:
    label, which = text.retry_label(snapshot), text.retries(snapshot)
    return button(label, f"Run {which} again", on_click)
