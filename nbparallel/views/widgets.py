"""The widgets of a panel: core ones only, so that every Jupyter front end has them.

While a run is under way::

    VBox ─┬─ HTML    the style sheet, and words for those who listen
          ├─ HBox ── HTML name, bar, counts · Button Pause · Button Cancel
          ├─ Box  ── HTML table            } the boxes scroll, their content is
          └─ Box  ── HTML output of tasks  } replaced: so the position stays

and when it has ended, in the same `VBox`::

    VBox ─┬─ HTML    the style sheet, and words for those who listen
          ├─ HBox ── HTML name, bar, counts · Button Retry failed
          └─ HTML    what else the notebook keeps

A drawing sends one message, and one more when a button changes: most of the time the
bar and the counts; once a second the table, the output or the words in their place.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from nbparallel.quantities import count
from nbparallel.records.snapshot import Snapshot
from nbparallel.types import State, Status
from nbparallel.views import html, page, text
from nbparallel.views.actions import Actions

#: Seconds of the run between two drawings of the table, or of the output.
SLOW = 0.3

#: Seconds of the run between two sentences that are spoken.
SPEECH = 5.0

#: Ended panels whose widgets are kept for pages that see nothing else. A kernel never
#: forgets a widget by itself.
KEPT = 200

#: The height of a row of the table in pixels, and how many rows fit without scrolling.
ROW, MOST_ROWS = 23, 30

PAUSE = "Start no further task"

_ended: deque[Any] = deque()
_ended_lock = threading.Lock()


class PanelWidgets:
    """Build, change and close the widgets of one panel; not safe for threads.

    Parameters
    ----------
    actions
        What the buttons call.
    rows
        How many tasks the table shows.
    """

    def __init__(self, actions: Actions, rows: int) -> None:
        from ipywidgets import HTML, VBox

        self._actions = actions
        self._rows = rows
        self._voice = HTML(layout={"height": "0", "margin": "0", "overflow": "hidden"})
        self._words = _Words()
        self._live: _Live | None = None
        self._retry: Any = None
        self.root = VBox([self._voice], layout={"max_width": "1100px"})

    @property
    def bundle(self) -> dict[str, Any]:
        """What displays the widgets."""
        found: dict[str, Any] = self.root._repr_mimebundle_()
        return found

    @property
    def closed(self) -> bool:
        """Whether the widgets are gone, for there were too many."""
        return self.root.comm is None

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
        if self._live is None:
            _keep(self.root)
            voice = _Slow(self._voice, self._words, SPEECH)
            self._live = _Live(self._rows, self._actions, voice, buttons=buttons)
            self._live.draw_all(snapshot, note)
        elif not self._live.draw(snapshot, note):
            return False
        self._show(self._live.parts)
        return True

    def end(self, snapshot: Snapshot, note: str, *, retry: bool) -> None:
        """Show the end of a run, with a button to go on if *retry*."""
        from ipywidgets import HTML

        before = self.root.children[1:]
        self._live = self._retry = None
        self._voice.value = self._words(snapshot)
        head = html.head(snapshot) + html.told(snapshot, note)
        body = page.body(snapshot, buttons=retry)
        if retry:
            self._retry = _retry_button(snapshot, self._actions.retry)
            self._show([_beside(_head_widget(head), [self._retry]), HTML(body)])
        else:
            self._show([HTML(head + body)])
        for widget in before:
            _close(widget)
        if not retry:
            _let_go(self.root)

    def cancelling(self) -> None:
        """Say at once that the click on Cancel was heard."""
        if self._live is not None and self._live.buttons is not None:
            self._live.buttons.draw(State.CANCELLING)

    def retrying(self) -> None:
        """Say at once that the click on Retry was heard."""
        if self._retry is not None:
            with self._retry.hold_sync():
                self._retry.description = "Retrying..."
                self._retry.disabled = True

    def _show(self, parts: list[Any]) -> None:
        self.root.children = [self._voice, *parts]


class _Live:
    """The parts of a panel while its run is under way."""

    def __init__(
        self, rows: int, actions: Actions, voice: _Slow, *, buttons: bool
    ) -> None:
        memo: html.Memo = {}
        self._head = _head_widget("")
        self.buttons = _Buttons(actions) if buttons else None
        self._top = _beside(self._head, self.buttons.widgets if self.buttons else [])
        height = ROW * (min(rows, MOST_ROWS) + 1.5)
        self._table = _Scrolling(f"{height:.0f}px", like=self._head)
        # Upside down, so that the view stays at the end while the output grows.
        self._log = _Scrolling("8em", "column-reverse", like=self._head)
        self._slow = (
            _Slow(self._table, lambda now: html.panel_table(now, rows, memo), SLOW),
            _Slow(self._log, html.log, SLOW),
            voice,
        )
        self._was_slow = False
        self._shown: tuple[State, bool] | None = None

    @property
    def parts(self) -> list[Any]:
        """What there is to show by now."""
        return [self._top, *self._table.widgets, *self._log.widgets]

    def draw_all(self, snapshot: Snapshot, note: str) -> None:
        """Draw every part, as for the first time."""
        self._draw_head(snapshot, note)
        for part in self._slow:
            part.last = float("-inf")
            part.draw(snapshot)

    def draw(self, snapshot: Snapshot, note: str) -> bool:
        """Draw what is most due; return whether there is one part more than before."""
        before = len(self.parts)
        if self._has_changed(snapshot):
            self.draw_all(snapshot, note)
            return len(self.parts) > before
        # Two slow parts in a row would leave the bar behind where drawings are rare.
        turn = not self._was_slow
        waiting = sorted(self._slow, key=lambda part: part.last)
        self._was_slow = turn and any(part.draw(snapshot) for part in waiting)
        if not self._was_slow:
            self._draw_head(snapshot, note)
        return len(self.parts) > before

    def _has_changed(self, snapshot: Snapshot) -> bool:
        """Whether the parts must be of one snapshot: else one would belie another."""
        before, self._shown = (
            self._shown,
            (
                snapshot.state,
                snapshot.state is State.PAUSED and not snapshot.counts[Status.RUNNING],
            ),
        )
        return before != self._shown

    def _draw_head(self, snapshot: Snapshot, note: str) -> None:
        self._head.value = html.head(snapshot) + html.told(snapshot, note)
        if self.buttons is not None:
            self.buttons.draw(snapshot.state)


class _Scrolling:
    """HTML in a box that scrolls; no widget at all until there is something to show."""

    def __init__(self, height: str, flow: str = "column", *, like: Any) -> None:
        self._layout = {"max_height": height, "overflow": "auto", "flex_flow": flow}
        self._like = like
        self.widgets: list[Any] = []

    @property
    def value(self) -> str:
        return str(self.widgets[0].children[0].value) if self.widgets else ""

    @value.setter
    def value(self, value: str) -> None:
        from ipywidgets import HTML, Box

        if self.widgets:
            self.widgets[0].children[0].value = value
        else:
            grow = {"flex": "1 1 auto", "width": "auto", "min_width": "0"}
            inside = HTML(value, layout=grow, style=self._like.style)
            self.widgets = [Box([inside], layout=self._layout)]


class _Slow:
    """A part that is drawn now and then."""

    def __init__(
        self, widget: Any, make: Callable[[Snapshot], str], seconds: float
    ) -> None:
        self._widget = widget
        self._make = make
        self._seconds = seconds
        self.last = float("-inf")

    def draw(self, snapshot: Snapshot) -> bool:
        """Return whether it was time, and there was something new."""
        if 0 <= snapshot.elapsed - self.last < self._seconds:
            return False
        value = self._make(snapshot)
        if value == self._widget.value:
            return False
        self._widget.value = value
        self.last = snapshot.elapsed
        return True


class _Words:
    """What is told of a run to those who listen: every new state, every tenth."""

    def __init__(self) -> None:
        self._milestone: object = None
        self._said = ""

    def __call__(self, snapshot: Snapshot) -> str:
        milestone = _milestone(snapshot)
        if milestone != self._milestone:
            self._milestone = milestone
            self._said = html.spoken(text.sentence(snapshot))
        return self._said


class _Buttons:
    """Pause and Cancel, as they should be in each state of a run."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._paused = False
        self._pause = _button("Pause", PAUSE, self._toggle)
        self._cancel = _button(
            "Cancel", "Stop the run", actions.cancel, like=self._pause
        )
        self.widgets = [self._pause, self._cancel]

    def draw(self, state: State) -> None:
        ending = state is State.CANCELLING
        self._paused = state is State.PAUSED
        with self._pause.hold_sync():
            self._pause.description = "Resume" if self._paused else "Pause"
            self._pause.tooltip = "Go on" if self._paused else PAUSE
            self._pause.disabled = ending
        with self._cancel.hold_sync():
            self._cancel.description = "Cancelling..." if ending else "Cancel"
            self._cancel.disabled = ending

    def _toggle(self) -> None:
        """Do what the button says, whatever the run is doing by now."""
        if self._paused:
            self._actions.resume()
        else:
            self._actions.pause()


def _head_widget(value: str) -> Any:
    from ipywidgets import HTML

    return HTML(value, layout={"flex": "1 1 auto", "margin": "0 12px 0 2px"})


def _beside(head: Any, buttons: list[Any]) -> Any:
    from ipywidgets import HBox

    return HBox([head, *buttons], layout={"align_items": "center"})


def _button(
    label: str, tooltip: str, on_click: Callable[[], None], like: Any = None
) -> Any:
    """Return a button; *like* another one it costs half as much."""
    from ipywidgets import Button

    looks: dict[str, Any] = {
        "layout": {"width": "auto", "min_width": "6.5em", "flex": "0 0 auto"}
    }
    if like is not None:
        looks = {"layout": like.layout, "style": like.style}
    made = Button(description=label, tooltip=tooltip, **looks)
    made.on_click(lambda _button: on_click())
    return made


def _retry_button(snapshot: Snapshot, on_click: Callable[[], None]) -> Any:
    cancelled = snapshot.counts[Status.CANCELLED]
    label = "Run the rest" if cancelled else "Retry failed"
    tasks = count(text.not_ok(snapshot))
    return _button(label, f"Run again what is not ok: {tasks}", on_click)


def _milestone(snapshot: Snapshot) -> object:
    total = text.goal(snapshot)
    if total is None:
        return snapshot.state, len(str(snapshot.carried_out))
    return snapshot.state, 10 * snapshot.carried_out // max(total, 1)


def _close(widget: Any) -> None:
    """Close a widget and all that it is made of."""
    for child in getattr(widget, "children", ()):
        _close(child)
    for part in ("layout", "style"):
        if widget.has_trait(part):
            getattr(widget, part).close()
    widget.close()


def _let_go(root: Any) -> None:
    """Keep the widgets of an ended panel for a while; close the oldest of too many."""
    with _ended_lock:
        if root not in _ended:
            _ended.append(root)
        oldest = _ended.popleft() if len(_ended) > KEPT else None
    if oldest is not None:
        _close(oldest)


def _keep(root: Any) -> None:
    """Take widgets back that are needed again."""
    with _ended_lock:
        if root in _ended:
            _ended.remove(root)
