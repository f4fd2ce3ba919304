"""A panel while its run is under way, or can be retried: one line, and what opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from nbparallel.records.snapshot import Snapshot
from nbparallel.types import State
from nbparallel.views import html, text
from nbparallel.views.actions import Actions
from nbparallel.views.widgets.body import Body
from nbparallel.views.widgets.drawing import Slow, is_still
from nbparallel.views.widgets.made import button, change, close

PAUSE: Final = "Start no further task"


class Live:
    """The parts of a panel below the words that are spoken.

    Parameters
    ----------
    voice
        Draws those words.
    make_body
        Makes what opens; called once it does.
    toggle
        Called when the user opens or closes it.
    actions
        What Pause and Cancel do; None without such buttons.
    heard
        Whether clicks are heard, so that there may be something to click.
    others
        What is at the end of the line instead of Pause and Cancel.

    Attributes
    ----------
    buttons
        Pause and Cancel, if there are any.
    opened
        Whether the body is shown; None while nobody has said so.
    """

    def __init__(
        self,
        voice: Slow,
        make_body: Callable[[bool], Body],
        toggle: Callable[[], None],
        actions: Actions | None,
        *,
        heard: bool,
        others: Sequence[Any] = (),
    ) -> None:
        from ipywidgets import HTML, HBox

        self._voice = voice
        self._make_body = make_body
        self._head = HTML(layout={"flex": "1 1 auto", "margin": "0 8px 0 2px"})
        self._below = HTML()
        self._opener = button("▸", "Show the tasks", toggle, width="22px")
        self._opener.add_class("nbp-opener")
        self._heard = heard
        self.buttons = Buttons(actions) if actions else None
        others = self.buttons.widgets if self.buttons else others
        opener = [self._opener] if heard else []
        center = {"align_items": "center"}
        self._top = HBox([*opener, self._head, *others], layout=center)
        self._top.add_class("nbp-line-one")
        self._body: Body | None = None
        self._shown: tuple[State, bool] | None = None
        self._snapshot: Snapshot | None = None
        self.opened: bool | None = None

    @property
    def parts(self) -> list[Any]:
        """What there is to show by now."""
        below = [self._below] if self._below.value else []
        body = [self._body.widget] if self._body is not None and self._is_open else []
        return [self._top, *below, *body]

    @property
    def _is_open(self) -> bool:
        if self.opened is not None or self._snapshot is None:
            return bool(self.opened)
        return text.opens(self._snapshot)

    def close(self) -> None:
        """Close all widgets, those that are not shown as well."""
        if self._body is not None:
            self._body.close()
        for widget in (self._top, self._opener, self._below):
            close(widget)

    def toggle(self) -> None:
        """Open what is closed, or close it; from now on it is as the user says."""
        self.opened = not self._is_open
        if self._snapshot is not None:
            self._draw_body(self._snapshot, forced=True)

    def draw_all(self, snapshot: Snapshot, note: str) -> None:
        """Draw every part, as for the first time."""
        self._draw_head(snapshot, note)
        self._draw_body(snapshot, forced=True)
        self._voice.last = float("-inf")
        self._voice.draw(snapshot)

    def draw(self, snapshot: Snapshot, note: str) -> bool:
        """Draw what is most due; return whether there are other parts than before."""
        before = self.parts
        if self._has_changed(snapshot):
            self.draw_all(snapshot, note)
            return self.parts != before
        self._draw_head(snapshot, note)
        if not self._draw_body(snapshot, forced=False):
            self._voice.draw(snapshot)
        return self.parts != before

    def _has_changed(self, snapshot: Snapshot) -> bool:
        """Whether the parts must be of one snapshot: else one would belie another."""
        before, self._shown = self._shown, (snapshot.state, is_still(snapshot))
        return before != self._shown

    def _draw_head(self, snapshot: Snapshot, note: str) -> None:
        change(self._head, value=html.head(snapshot))
        change(self._below, value=html.below(snapshot, note))
        if self._body is not None:
            self._body.draw_tabs(snapshot)
        if self.buttons is not None:
            self.buttons.draw(snapshot.state)

    def _draw_body(self, snapshot: Snapshot, *, forced: bool) -> bool:
        self._snapshot = snapshot
        change(self._opener, description="▾" if self._is_open else "▸")
        if not self._is_open:
            return False
        if self._body is None:
            self._body = self._make_body(self._heard)
            forced = True
        if forced:
            self._body.draw_all(snapshot)
            return True
        return self._body.draw(snapshot)


class Buttons:
    """Pause and Cancel, as they should be in each state of a run."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._paused = False
        self._pause = button("Pause", PAUSE, self._toggle)
        self._cancel = button(
            "Cancel", "Stop the run", actions.cancel, like=self._pause
        )
        self.widgets = [self._pause, self._cancel]

    def draw(self, state: State) -> None:
        """Look as the run is in *state*."""
        ending = state is State.CANCELLING
        self._paused = state is State.PAUSED
        change(
            self._pause,
            description="Resume" if self._paused else "Pause",
            tooltip="Go on" if self._paused else PAUSE,
            disabled=ending,
        )
        change(
            self._cancel,
            description="Cancelling..." if ending else "Cancel",
            disabled=ending,
        )

    def _toggle(self) -> None:
        """Do what the button says, whatever the run is doing by now."""
        if self._paused:
            self._actions.resume()
        else:
            self._actions.pause()
