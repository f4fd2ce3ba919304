"""A panel in plain Python: every widget message is caught before it would leave."""

from __future__ import annotations

from types import SimpleNamespace

import comm
import pytest
from comm.base_comm import BaseComm

from nbparallel.views import panel as panel_module
from nbparallel.views.actions import Actions
from nbparallel.views.panel import Panel

WIDGET = "application/vnd.jupyter.widget-view+json"


class Wire(list):
    """The messages that widgets have sent."""

    def of(self, kind):
        return [data for sent, data in self if sent == kind]

    def since(self, action):
        """Return the messages that *action* causes."""
        before = len(self)
        action()
        return self[before:]


@pytest.fixture
def wire(monkeypatch):
    sent = Wire()

    class Recorded(BaseComm):
        def publish_msg(self, msg_type, data=None, **_):
            sent.append((msg_type, data))

    monkeypatch.setattr(comm, "create_comm", Recorded)
    return sent


class Page:
    """A notebook page, and what else the panel asks of its surroundings."""

    def __init__(self):
        self.bundles = []
        self.cell = "cell 1"
        self.interactive = True
        self.router = Router()

    def display(self, bundle):
        self.bundles.append(bundle)
        number = len(self.bundles) - 1

        def update(newer, *, raw):
            assert raw
            self.bundles[number] = newer

        return SimpleNamespace(update=update)

    @property
    def static(self):
        return [WIDGET not in bundle for bundle in self.bundles]


class Router:
    """A router whose registrations can be counted."""

    def __init__(self):
        self.open = []

    def add(self, *widgets):
        registration = SimpleNamespace(
            widgets=list(widgets), add=lambda *more: registration.widgets.extend(more)
        )
        registration.close = lambda: self.open.remove(registration)
        self.open.append(registration)
        return registration


@pytest.fixture
def page(monkeypatch):
    made = Page()
    monkeypatch.setattr(panel_module, "_display", made.display)
    monkeypatch.setattr(panel_module, "cell_id", lambda: made.cell)
    monkeypatch.setattr(panel_module, "interactive", lambda: made.interactive)
    monkeypatch.setattr(panel_module, "router", lambda: made.router)
    return made


def actions(*what, **changes):
    """What buttons do; nobody looks around."""
    rest = {"retry_some": print, "browse": lambda _: None, "detail": lambda _: None}
    return Actions(*what, **(rest | changes))


@pytest.fixture
def asked():
    """What the buttons have asked for."""
    return []


@pytest.fixture
def panel(wire, page, asked):  # noqa: ARG001 # nothing may leave
    words = ("cancel", "pause", "resume", "retry")
    return Panel(actions(*(lambda w=word: asked.append(w) for word in words)), rows=10)


def widgets(panel):
    """Yield every widget of the panel."""
    waiting = [panel._widgets.root]
    while waiting:
        widget = waiting.pop()
        waiting.extend(getattr(widget, "children", ()))
        yield widget


def buttons(panel):
    """The buttons at the end of the first line."""
    line = panel._widgets.root.children[1]
    found = [w for w in getattr(line, "children", ()) if hasattr(w, "button_style")]
    return {w.description: w for w in found if w.description not in "▸▾"}


def shown_text(panel):
    return "".join(getattr(widget, "value", "") for widget in widgets(panel))


def choose(panel, tab):
    """Click on a tab, whatever number it has."""
    (found,) = [w for w in widgets(panel) if named(w).split(" ")[0] == tab]
    found.click()


def named(widget):
    return widget.description if hasattr(widget, "button_style") else ""


def click(panel, label):
    buttons(panel)[label].click()
