"""The panel: a run in a notebook, with buttons while they work and static HTML after.

Guarantees:

- A button that is shown works. Where clicks cannot be heard while a cell blocks there
  are words instead.
- When a run ends, every display of it becomes ``text/html`` and ``text/plain`` in the
  same place; no widget is left in the saved notebook. The widget shows the end as well,
  for pages that see only that: Voila, and a page reloaded during the run. What is not
  ok can be run again from the page itself, as long as the kernel lives.
- Whoever runs notebooks without a person in front of them gets no widget at all, but
  the same static HTML, brought up to date every few seconds. So does a kernel that has
  no widgets. Where a display cannot be replaced, the end is all that is displayed.
- Where widgets are not shown, but their text, that says how to cancel; a client of text
  alone is told the end by a display of its own.
- Every method may be called from any thread.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from nbparallel.edge.displays import Later, comms_work, replaceable
from nbparallel.edge.displays import show as _display
from nbparallel.edge.frontend import cell_id, in_text, interactive
from nbparallel.edge.router import router
from nbparallel.edge.routes import Registration
from nbparallel.records.snapshot import Snapshot
from nbparallel.short_text import error_line
from nbparallel.turns import DRAWING, shorter
from nbparallel.views import page, text
from nbparallel.views.actions import Actions
from nbparallel.views.page_retry import PageRetry
from nbparallel.views.places import Place
from nbparallel.views.widgets import PanelWidgets

_log = logging.getLogger(__name__)

#: Seconds of the run between two static pictures of it, where there are no widgets.
PULSE = 5.0

#: How many displays of one run are kept up to date.
DISPLAYS = 50

INTERRUPT = "To cancel, interrupt the kernel (stop button, or Ctrl-C in a terminal)."


class Panel:
    """Show a run in any number of cells.

    Parameters
    ----------
    actions
        What the buttons do.
    rows
        How many tasks the table shows.
    """

    def __init__(self, actions: Actions, *, rows: int) -> None:
        self._actions = actions
        self._rows = rows
        # Never held while an action is called: that may wait for our own `finish`.
        self._lock = threading.RLock()
        self._places: deque[Place] = deque(maxlen=DISPLAYS)
        self._widgets: PanelWidgets | None = None
        self._registration: Registration | None = None
        self._snapshot: Snapshot | None = None
        self._unsettled: Snapshot | None = None  # the end, not in the widgets yet
        self._pulse = 0.0
        self._cancelling = False
        self._complaint = ""
        self._opened: bool | None = None  # nobody has said so
        self._plain = False  # no widgets are to be had
        self._person = False  # somebody may press what is in the page
        self._page = PageRetry(
            self._retry,
            lambda tasks: self._act("Retry", partial(actions.retry_some, tasks)),
        )

    def show(self, snapshot: Snapshot) -> None:
        """Display the run in the current cell, unless it is displayed there already."""
        with shorter(DRAWING), self._lock:
            cell = cell_id()
            here = [p for p in self._places if cell is not None and p.cell == cell]
            if self._page.pressed:
                self._page.pressed = False
                here = here or list(self._places)[-1:]
            if here and snapshot.state.ended:
                return
            self._snapshot = snapshot
            self._cancelling = False
            self._person = interactive() and replaceable()
            live = self._live_bundle(snapshot, here) if self._wanted(snapshot) else None
            bundle = live or self._static(snapshot)
            if not here:
                late = not (snapshot.state.ended or replaceable())
                handle = Later() if late else _display(bundle)
                here = [Place(handle, cell, static=live is None)]
                self._places += here
            elif here[0].static:
                if replaceable():
                    here[0].handle.update(bundle, raw=True)
                here[0].static = live is None
            if in_text() and replaceable() and not snapshot.state.ended:
                here[0].last_word = Later()

    def draw(self, snapshot: Snapshot) -> None:
        """Bring the displays of a run under way up to date."""
        with shorter(DRAWING), self._lock:
            self._snapshot = snapshot
            if any(not place.static for place in self._places):
                self._draw_widgets(snapshot)
            elif replaceable() and not 0 <= snapshot.elapsed - self._pulse < PULSE:
                self._pulse = snapshot.elapsed
                self._publish(snapshot)

    def finish(self, snapshot: Snapshot) -> Callable[[], None] | None:
        """Replace every display by what the notebook keeps.

        Return what has the widgets show the end, too: making those takes longer.
        """
        with shorter(DRAWING), self._lock:
            self._snapshot = self._unsettled = snapshot
            self._complaint = ""
            self._publish(snapshot)
        return None if self._widgets is None else self._settle

    def _settle(self) -> None:
        """Have the widgets show the end, unless the run goes on by now."""
        with shorter(DRAWING), self._lock:
            if (snapshot := self._unsettled) is not None:
                self._end_widgets(snapshot, retry=_can_retry(snapshot))

    def reword(self, snapshot: Snapshot) -> None:
        """Show the end again if a loop has said something of the run since."""
        with self._lock:
            shown = self._snapshot
            if shown is None or not (shown.state.ended and snapshot.state.ended):
                return
            if _said(shown) != _said(snapshot):
                self.finish(snapshot)
                self._settle()

    def republish(self) -> None:
        """Send the end once more, from the cell that is waiting for it.

        Programs that run notebooks hear only the cell that they are running.
        """
        with self._lock:
            if self._snapshot is not None and self._snapshot.state.ended:
                self._publish(self._snapshot)
                elsewhere = all(each.cell != cell_id() for each in self._places)
                if elsewhere and not (replaceable() or interactive()):
                    _display(self._static(self._snapshot))

    def retire(self) -> None:
        """Make an ended run static, button and all: the user has gone on."""
        with self._lock:
            if self._snapshot is None or not self._snapshot.state.ended:
                return
            if any(not place.static for place in self._places):
                self._publish(self._snapshot)
            if self._registration is not None:
                self._end_widgets(self._snapshot, retry=False)

    # --- widgets ---

    def _wanted(self, snapshot: Snapshot) -> bool:
        """Whether widgets can be seen, pressed, taken away again, and are needed."""
        if self._plain or not self._person:
            return False
        if _is_live(snapshot):
            return True
        return _can_retry(snapshot) and router() is not None and not self._page.works

    def _live_bundle(
        self, snapshot: Snapshot, here: list[Place]
    ) -> dict[str, Any] | None:
        """Return what displays the widgets, or None for good if there can be none."""
        if not here:
            # Clicks belong to the cell in which the panel was displayed last.
            self._hang_up()
        try:
            bundle = self._bundle(snapshot)
            assert self._widgets is not None
            self._plain = not comms_work(self._widgets.root)
        except Exception:  # the run has to be shown all the same; the log has it
            _log.warning("no widgets in this kernel", exc_info=True)
            self._plain = True
        if not self._plain:
            return bundle
        self._hang_up()
        self._widgets = None
        return None

    def _bundle(self, snapshot: Snapshot) -> dict[str, Any]:
        """Return what displays the widgets, brought up to date."""
        if self._widgets is None or self._widgets.closed:
            self._widgets = PanelWidgets(
                self._wrapped_actions(), self._rows, self._lock, self._listen_again
            )
        if snapshot.state.ended:
            self._end_widgets(snapshot, retry=True)
        else:
            self._draw_widgets(snapshot)
        return {**self._widgets.bundle, "text/plain": _in_place_of_widgets(snapshot)}

    def _draw_widgets(self, snapshot: Snapshot) -> None:
        assert self._widgets is not None
        self._unsettled = None
        self._page.withdraw()
        heard = router() is not None
        note = self._complaint or ("" if heard else INTERRUPT)
        if self._widgets.draw(snapshot, note, buttons=heard) or not self._registration:
            self._listen(self._widgets)
        if self._cancelling:
            self._widgets.cancelling()

    def _end_widgets(self, snapshot: Snapshot, *, retry: bool) -> None:
        self._unsettled = None
        if self._widgets is None:
            return
        retry = retry and router() is not None
        self._widgets.end(snapshot, self._complaint, retry=retry)
        if retry:
            self._listen(self._widgets)
        else:
            self._hang_up()

    def _listen(self, shown: PanelWidgets) -> None:
        """Have clicks on these widgets heard while a cell blocks."""
        found = router()
        if self._registration is not None:
            self._registration.add(shown.root)
        elif found is not None:
            self._registration = found.add(shown.root)

    def _listen_again(self) -> None:
        """Have clicks on widgets heard that a click has made."""
        if self._widgets is not None and self._registration is not None:
            self._registration.add(self._widgets.root)

    def _hang_up(self) -> None:
        if self._registration is not None:
            self._registration.close()
            self._registration = None

    # --- clicks, in the router's thread ---

    def _wrapped_actions(self) -> Actions:
        act, actions = self._act, self._actions
        return Actions(
            cancel=self._cancel,
            pause=lambda: act("Pause", actions.pause),
            resume=lambda: act("Resume", actions.resume),
            retry=self._retry,
            retry_some=lambda tasks: act("Retry", partial(actions.retry_some, tasks)),
            browse=actions.browse,
            detail=actions.detail,
        )

    def _cancel(self) -> None:
        # First of all: drawing takes long among tasks that compute.
        self._cancelling = True
        self._act("Cancel", self._actions.cancel)
        with self._lock:
            if self._cancelling and self._widgets is not None:
                self._widgets.cancelling()

    def _retry(self) -> None:
        with self._lock:
            if self._widgets is not None:
                self._widgets.retrying()
        self._act("Retry", self._actions.retry)

    def _act(self, name: str, action: Callable[[], None]) -> None:
        """Do what a button is for; if that fails, say so where the button is."""
        self._complaint = ""
        try:
            action()
        except Exception as failure:
            _log.exception("%s failed", name)
            with self._lock:
                self._cancelling = False
                self._complaint = f"{name} failed: {error_line(failure)}"
                if self._snapshot is not None and self._snapshot.state.ended:
                    if self._page.pressed:
                        self._publish(self._snapshot)
                    self._end_widgets(self._snapshot, retry=True)

    # --- static ---

    def _publish(self, snapshot: Snapshot) -> None:
        """Make every display static."""
        bundle = self._static(snapshot)
        for place in self._places:
            place.publish(bundle, ended=snapshot.state.ended)
        if snapshot.state.ended:
            self._page.ended(bundle["text/html"])

    def _static(self, snapshot: Snapshot) -> dict[str, str]:
        """Return what the notebook keeps, open or closed as the user has left it."""
        if self._widgets is not None and self._widgets.opened is not None:
            self._opened = self._widgets.opened
        words, note, buttons = text.plain(snapshot), self._complaint, ""
        if _is_live(snapshot):
            self._page.withdraw()
            words, note = f"{words}\n{INTERRUPT}", INTERRUPT
        elif _can_retry(snapshot) and self._person and not self._plain:
            buttons = self._page.name
            self._page.offer(snapshot)
        html = page.static(snapshot, note, opened=self._opened, buttons=buttons)
        return {"text/html": html, "text/plain": words}


def _in_place_of_widgets(snapshot: Snapshot) -> str:
    """Return what those see who see no widgets, and press no buttons."""
    if snapshot.state.ended:
        return text.plain(snapshot)
    return f"{text.summary_line(snapshot)}\n{INTERRUPT}"


def _said(snapshot: Snapshot) -> tuple[str, str]:
    """Return what a loop can have the run say."""
    return snapshot.name, snapshot.postfix


def _is_live(snapshot: Snapshot) -> bool:
    return not snapshot.state.ended


def _can_retry(snapshot: Snapshot) -> bool:
    return snapshot.state.ended and text.not_ok(snapshot) > 0
