"""Buttons of the page that a notebook keeps: hidden, heard, and gone with their run."""

from __future__ import annotations

import gc
import logging
import re
from dataclasses import replace

import pytest

from nbparallel.edge import page_buttons as hub_module
from nbparallel.edge.page_buttons import PageButtons
from nbparallel.types import State
from nbparallel.views import page_retry
from nbparallel.views.panel import Panel
from tests.views.wire import actions


@pytest.fixture
def hub(wire, monkeypatch):  # noqa: ARG001 # nothing may leave
    """The page buttons of a kernel; a page has said that it shows them."""
    made = PageButtons()
    monkeypatch.setattr(page_retry, "page_buttons", lambda: made)
    monkeypatch.setattr(page_retry, "with_page_buttons", lambda call: call(made))
    press(made, ready=True)
    return made


def press(hub, **content):
    """Send what the script in a page sends."""
    hub.widget._handle_custom_msg(content, [])


def told(wire):
    """Return the last of each thing that the script was told."""
    found = {}
    for data in wire.of("comm_msg"):
        found.update(data.get("content", {}))
    return found


@pytest.fixture
def retried():
    return []


@pytest.fixture
def panel(hub, page, retried):  # noqa: ARG001 # where it is shown, and heard
    def again():
        retried.append("all")

    return Panel(actions(again, again, again, again, retry_some=retried.append), rows=5)


def name_in(page):
    (name,) = set(re.findall(r'name="(nbp[0-9a-f]+)"', page.bundles[0]["text/html"]))
    return name


def test_nobody_sees_them_before_a_kernel_shows_them(panel, page, failing):
    panel.show(failing())
    source = page.bundles[0]["text/html"]
    found = re.findall("<button.*?</button>", source)
    assert len(found) == 3  # one for each group, one for all
    assert all('style="display:none"' in each for each in found)
    assert not re.sub("<.*?>", "", "".join(found))
    assert "display <code>run</code> for buttons" in source


def test_a_run_that_went_well_has_none(panel, page, wire, make_snapshot):
    panel.show(make_snapshot(State.DONE, ok=4000))
    assert "<button" not in page.bundles[0]["text/html"]
    assert told(wire) == {"offered": []}


def test_a_press_runs_again_what_the_button_says(hub, panel, page, retried, failing):
    for which in ("all", "0", "1"):
        panel.show(failing())
        press(hub, run=name_in(page), act=which)
    assert retried == ["all", (0, 8, 16, 24, 32), (4, 12, 20, 28, 36)]


def test_the_panel_goes_on_where_it_was(hub, panel, page, wire, failing):
    panel.show(failing())
    name = name_in(page)
    press(hub, run=name, act="all")
    page.cell = "of the message"
    panel.show(replace(failing(), state=State.RUNNING))
    assert page.static == [False]
    assert told(wire)["offered"] == []
    panel.finish(failing())
    assert page.static == [True]
    assert told(wire)["offered"] == [name]


def test_who_displays_it_meanwhile_sees_it_there_as_well(hub, panel, page, failing):
    panel.show(failing())
    press(hub, run=name_in(page), act="all")
    page.cell = "of the message"
    panel.show(replace(failing(), state=State.RUNNING))
    page.cell = "cell 2"
    panel.show(replace(failing(), state=State.RUNNING))
    assert page.static == [False, False]


def test_a_page_that_hears_no_updates_is_told_the_end(hub, panel, page, wire, failing):
    panel.show(failing())
    press(hub, run=name_in(page), act="all")
    panel.finish(failing())
    assert told(wire)["run"] == name_in(page)
    assert told(wire)["page"] == page.bundles[0]["text/html"]


def test_who_presses_nothing_is_sent_no_page(panel, wire, failing):
    panel.show(failing())
    panel.finish(failing())
    assert "page" not in told(wire)


def test_displayed_again_it_is_a_page(panel, page, failing):
    panel.show(failing())
    page.cell = "cell 2"
    panel.show(failing())
    assert page.static == [True, True]


def test_before_a_page_has_said_that_it_shows_them_there_is_a_widget(
    hub, panel, page, failing
):
    hub.alive = False
    panel.show(failing())
    assert page.static == [False]


@pytest.mark.usefixtures("page")
def test_what_went_wrong_is_said_in_the_page(hub, page, failing, caplog):
    def fail(*_):
        message = "<no> room"
        raise OSError(message)

    panel = Panel(actions(fail, fail, fail, fail, retry_some=fail), rows=5)
    panel.show(failing())
    with caplog.at_level(logging.CRITICAL):
        press(hub, run=name_in(page), act="1")
    source = page.bundles[0]["text/html"]
    assert "Retry failed: OSError: &lt;no&gt; room" in source
    assert name_in(page) in hub._offered


def test_messages_that_are_none_of_theirs_do_nothing(
    hub, panel, page, retried, failing
):
    panel.show(failing())
    for message in ({}, {"act": "all"}, {"run": "nbp0", "act": "all"}):
        press(hub, **message)
    for which in ("", "2", "-1", "all "):
        press(hub, run=name_in(page), act=which)
    assert retried == []


def test_the_panel_of_a_deleted_run_is_not_kept(hub, page, wire, failing):
    panel = Panel(actions(print, print, print, print), rows=5)
    panel.show(failing())
    name = name_in(page)
    del panel
    gc.collect()
    press(hub, run=name, act="all")
    assert told(wire)["offered"] == []


def test_only_so_many_runs_are_offered(hub, wire, monkeypatch):
    monkeypatch.setattr(hub_module, "OFFERED", 2)
    for name in "abca":
        hub.offer(name, print)
    assert told(wire)["offered"] == ["c", "a"]
    hub.withdraw("c")
    assert told(wire)["offered"] == ["a"]


def test_a_page_loaded_later_is_told_what_is_offered(hub, wire):
    hub.offer("a", print)
    assert wire.since(lambda: press(hub, ready=True)) != []
    assert told(wire)["offered"] == ["a"]


@pytest.mark.usefixtures("hub")
def test_where_nobody_is_there_none_are_offered(panel, page, wire, failing):
    page.interactive = False
    panel.show(failing())
    assert "<button" not in page.bundles[0]["text/html"]
    assert told(wire) == {"offered": []}
