"""When a panel is shown, live or static, and what its first line does."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

import pytest

from nbparallel.edge import displays
from nbparallel.testing import DEADLINE
from nbparallel.types import State, Status
from nbparallel.views import panel as panel_module
from nbparallel.views.page import static as page_of
from nbparallel.views.panel import Panel
from nbparallel.views.widgets import made
from tests.views.wire import actions, buttons, choose, click, shown_text, widgets


@pytest.fixture
def ended(make_snapshot, make_row):
    failed = make_row(3, Status.ERROR)
    return make_snapshot(
        State.DONE, ok=3999, error=1, first=(make_row(0), failed), failures=(failed,)
    )


# --- showing ---


def test_a_running_panel_has_its_buttons(panel, page, make_snapshot):
    panel.show(make_snapshot(ok=1000, running=8))
    assert set(buttons(panel)) == {"Pause", "Cancel"}
    assert page.static == [False]
    assert page.bundles[0]["text/plain"].startswith("fetch: running, 1,000 of 4,000")
    assert page.router.open[0].widgets == [panel._widgets.root]


def test_only_core_widgets(panel, make_snapshot):
    panel.show(make_snapshot(log=((1, "hello"),)))
    modules = {widget._model_module for widget in widgets(panel)}
    assert modules == {"@jupyter-widgets/controls"}


def test_where_no_click_is_heard_there_are_words_and_no_button(
    panel, page, make_snapshot
):
    page.router = None
    panel.show(make_snapshot())
    assert not [w for w in widgets(panel) if hasattr(w, "button_style")]
    assert panel_module.INTERRUPT in shown_text(panel)


def test_one_cell_shows_a_run_once(panel, page, make_snapshot):
    panel.show(make_snapshot())
    panel.show(make_snapshot())
    assert len(page.bundles) == 1
    page.cell = "cell 2"
    panel.show(make_snapshot())
    assert len(page.bundles) == 2


def test_without_cells_every_display_counts(panel, page, make_snapshot):
    page.cell = None
    panel.show(make_snapshot())
    panel.show(make_snapshot())
    assert len(page.bundles) == 2


def test_who_sees_no_widgets_reads_how_to_cancel(panel, page, make_snapshot, ended):
    panel.show(make_snapshot(ok=1))
    assert page.bundles[0]["text/plain"].endswith(panel_module.INTERRUPT)
    page.cell = "cell 2"
    panel.finish(ended)()
    panel.show(ended)
    assert "no page 3" in page.bundles[1]["text/plain"]
    for bundle in page.bundles:
        assert panel_module.INTERRUPT not in bundle["text/plain"]


@pytest.mark.usefixtures("wire")
def test_a_client_of_text_is_told_each_end_once(
    panel, page, make_snapshot, ended, monkeypatch
):
    told = []
    monkeypatch.setattr(displays, "show", told.append)
    monkeypatch.setattr(panel_module, "in_text", lambda: True)
    panel.show(make_snapshot())
    panel.draw(make_snapshot(ok=1))
    assert told == []
    panel.finish(ended)()
    panel.republish()
    panel.retire()
    assert [each.keys() for each in told] == [{"text/plain"}]
    assert "no page 3" in told[0]["text/plain"]
    panel.show(make_snapshot(ok=3999, running=1))
    panel.finish(make_snapshot(State.DONE, ok=4000))()
    assert len(told) == 2
    assert "4,000 ok" in told[1]["text/plain"]
    assert page.static == [True]


# --- drawing ---


def test_a_drawing_is_one_message_or_two(panel, wire, make_snapshot, make_row):
    """The line; and now and then the tasks, or what is spoken."""
    panel.show(make_snapshot(elapsed=0.0))
    for tick in range(1, 100):
        now = make_snapshot(
            ok=10 * tick,
            elapsed=tick / 5,
            latest=(make_row(tick),),
            log=((tick, f"hello {tick}"),),
        )
        sent = wire.since(lambda now=now: panel.draw(now))
        assert len(sent) <= 2 or tick < 20
        assert len(str(sent)) < 30_000 or tick < 20


def test_every_part_is_drawn_though_they_take_turns(panel, make_snapshot, make_row):
    panel.show(make_snapshot(elapsed=0.0))
    for tick in range(1, 60):
        panel.draw(
            make_snapshot(
                ok=tick,
                elapsed=tick / 5,
                latest=(make_row(tick),),
                log=((tick, f"hello {tick}"),),
            )
        )
    text = shown_text(panel)
    assert "59 of 4,000" in text or "58 of 4,000" in text
    assert any(f"example.org/{tick}" in text for tick in range(52, 60))
    choose(panel, "Output")
    assert "hello 59" in shown_text(panel)


def test_a_pause_is_shown_by_all_parts_at_once(panel, make_snapshot, make_row):
    going = make_row(7, Status.RUNNING)
    panel.show(make_snapshot(elapsed=0.0))
    panel.draw(make_snapshot(elapsed=0.1, running=(going,)))
    panel.draw(make_snapshot(State.PAUSED, elapsed=0.2, running=(going,)))
    assert "paused" in shown_text(panel)
    assert 'nbp-is-running">' in shown_text(panel)
    panel.draw(make_snapshot(State.PAUSED, elapsed=0.3, latest=(make_row(7),)))
    assert 'nbp-is-running">' not in shown_text(panel)


def test_rare_drawings_leave_no_part_behind(panel, make_snapshot, make_row):
    panel.show(make_snapshot(elapsed=0.0))
    for tick in range(1, 10):
        panel.draw(
            make_snapshot(ok=tick, elapsed=10.0 * tick, latest=(make_row(tick),))
        )
    text = shown_text(panel)
    assert "8 of 4,000" in text or "9 of 4,000" in text
    assert "example.org/8" in text or "example.org/9" in text


def test_what_stays_the_same_is_not_sent(panel, wire, make_snapshot):
    still = make_snapshot(State.PAUSED, ok=5)
    panel.show(still)
    panel.draw(still)
    assert wire.since(lambda: panel.draw(still)) == []


def test_constructing_and_drawing_are_cheap(panel, make_snapshot, make_row):
    import ipywidgets  # noqa: F401 # its import is not counted

    rows = tuple(make_row(task, item={"a": task}) for task in range(10))
    before = time.perf_counter()
    panel.show(make_snapshot(elapsed=0.1, latest=rows))
    assert time.perf_counter() - before < 0.1
    before = time.perf_counter()
    for tick in range(100):
        panel.draw(make_snapshot(ok=tick, elapsed=tick / 5, latest=rows))
    assert (time.perf_counter() - before) / 100 < 0.01


def test_speech_is_rare(panel, wire, make_snapshot):
    panel.show(make_snapshot(elapsed=0.0))
    before = len(wire)
    for tick in range(1, 501):
        panel.draw(make_snapshot(ok=8 * tick, elapsed=tick / 5))
    spoken = [
        data["state"]["value"]
        for kind, data in wire[before:]
        if kind == "comm_msg" and "role=" in str(data["state"].get("value"))
    ]
    assert 5 <= len(spoken) <= 11


def test_kinds_of_failures_are_spoken_of(panel, wire, make_snapshot):
    panel.show(make_snapshot(elapsed=0.0))
    before, errors = len(wire), {n: ValueError(n) for n in range(3)}
    for tick in range(1, 101):
        if tick == 50:
            errors |= {9: KeyError(9), 8: OSError("<b>"), 7: TypeError()}
        panel.draw(make_snapshot(error=len(errors), elapsed=tick / 5, errors=errors))
    spoken = [
        data["state"]["value"]
        for kind, data in wire[before:]
        if kind == "comm_msg" and "role=" in str(data["state"].get("value"))
    ]
    assert "3 failed, 3 ValueError" in spoken[0]
    assert "6 failed, 3 ValueError, 1 TypeError, 1 OSError, others" in spoken[-1]
    assert len(spoken) == 2


# --- buttons ---


def test_cancel_answers_at_once_and_stays_answered(panel, asked, make_snapshot):
    panel.show(make_snapshot(ok=1))
    click(panel, "Cancel")
    assert asked == ["cancel"]
    assert buttons(panel)["Cancelling..."].disabled
    panel.draw(make_snapshot(ok=2))
    assert buttons(panel)["Cancelling..."].disabled


def test_cancel_waits_for_no_drawing(panel, asked, make_snapshot):
    panel.show(make_snapshot(ok=1))
    with panel._lock:  # somebody is drawing
        clicking = threading.Thread(target=click, args=(panel, "Cancel"))
        clicking.start()
        while not asked:
            time.sleep(0.001)
    clicking.join(DEADLINE)
    assert asked == ["cancel"]
    assert buttons(panel)["Cancelling..."].disabled


def test_pause_becomes_resume(panel, asked, make_snapshot):
    panel.show(make_snapshot(ok=1))
    click(panel, "Pause")
    panel.draw(make_snapshot(State.PAUSED, ok=1))
    click(panel, "Resume")
    panel.draw(make_snapshot(ok=1))
    assert asked == ["pause", "resume"]
    assert set(buttons(panel)) == {"Pause", "Cancel"}


@pytest.mark.usefixtures("wire", "page")
def test_a_failing_action_is_told_and_can_be_tried_again(make_snapshot, caplog):
    def fail():
        raise OSError

    panel = Panel(actions(fail, fail, fail, fail), rows=5)
    panel.show(make_snapshot(ok=1))
    with caplog.at_level(logging.CRITICAL):
        click(panel, "Cancel")
    panel.draw(make_snapshot(ok=2))
    assert "Cancel failed: OSError" in shown_text(panel)
    assert not buttons(panel)["Cancel"].disabled


@pytest.mark.usefixtures("wire")
def test_an_action_may_wait_for_the_end(page, make_snapshot, ended):
    """An engine may join its ticker, whose thread is in `finish`, inside of cancel."""
    import threading

    def cancel():
        thread = threading.Thread(target=panel.finish, args=(ended,))
        thread.start()
        thread.join(10)
        assert not thread.is_alive()

    panel = Panel(actions(cancel, cancel, cancel, cancel), rows=5)
    panel.show(make_snapshot(ok=1))
    click(panel, "Cancel")
    assert page.static == [True]


# --- the end ---


def test_the_end_is_static_everywhere(panel, page, make_snapshot, ended):
    panel.show(make_snapshot())
    page.cell = "cell 2"
    panel.show(make_snapshot())
    panel.finish(ended)()
    assert page.static == [True, True]
    for bundle in page.bundles:
        assert set(bundle) == {"text/html", "text/plain"}
        assert "no page 3" in bundle["text/html"]


def test_the_widget_shows_the_end_too(panel, page, make_snapshot, ended):
    panel.show(make_snapshot())
    panel.finish(ended)()
    assert set(buttons(panel)) == {"Retry failed"}
    assert "display <code>run</code>" not in shown_text(panel)
    assert page.router.open


def test_a_run_that_goes_on_at_once_keeps_its_buttons(
    panel, page, make_snapshot, ended
):
    panel.show(make_snapshot())
    settle = panel.finish(ended)
    panel.show(make_snapshot(ok=1))
    settle()
    assert set(buttons(panel)) == {"Pause", "Cancel"}
    assert page.static == [False]


def test_one_that_was_retired_at_once_has_none(panel, page, make_snapshot, ended):
    panel.show(make_snapshot())
    settle = panel.finish(ended)
    panel.retire()
    settle()
    assert not buttons(panel)
    assert not page.router.open


def test_when_all_is_well_no_button_and_no_route_is_left(panel, page, make_snapshot):
    panel.show(make_snapshot())
    panel.finish(make_snapshot(State.DONE, ok=4000))()
    assert not buttons(panel)
    assert not page.router.open


def test_an_ended_run_shown_again_offers_retry_until_the_user_goes_on(
    panel, page, make_snapshot, ended
):
    panel.show(make_snapshot())
    panel.finish(ended)()
    page.cell = "cell 2"
    panel.show(ended)
    assert page.static == [True, False]
    assert set(buttons(panel)) == {"Retry failed"}
    panel.retire()
    assert page.static == [True, True]
    assert not buttons(panel)
    assert not page.router.open


def test_an_ended_run_is_not_repeated_in_its_own_cell(
    panel, page, make_snapshot, ended
):
    panel.show(make_snapshot())
    panel.finish(ended)()
    panel.show(ended)
    assert page.static == [True]


def test_an_ended_run_that_went_well_is_static_from_the_start(
    panel, page, wire, make_snapshot
):
    panel.show(make_snapshot(State.DONE, ok=4000))
    assert page.static == [True]
    assert not wire


def test_retry_makes_the_panel_live_again(panel, page, asked, make_snapshot, ended):
    panel.show(ended)
    click(panel, "Retry failed")
    assert asked == ["retry"]
    assert buttons(panel)["Retrying..."].disabled
    panel.show(make_snapshot(ok=3999, running=1))
    assert set(buttons(panel)) == {"Pause", "Cancel"}
    panel.retire()
    assert page.static == [False]
    panel.finish(make_snapshot(State.DONE, ok=4000))()
    assert page.static == [True]


def test_a_run_started_again_in_its_cell_is_live_in_its_place(
    panel, page, make_snapshot, ended
):
    panel.show(make_snapshot())
    panel.finish(ended)()
    panel.show(make_snapshot(ok=3999, running=1))
    assert page.static == [False]
    panel.finish(make_snapshot(State.DONE, ok=4000))()
    assert page.static == [True]


def test_what_was_cancelled_is_the_rest(panel, make_snapshot):
    panel.show(make_snapshot(State.CANCELLED, ok=1, cancelled=3999))
    assert set(buttons(panel)) == {"Run the rest"}


def test_who_runs_the_rest_is_told_that_failures_are_among_it(panel, make_snapshot):
    ended = make_snapshot(State.CANCELLED, ok=1, error=3, cancelled=3996)
    panel.show(ended)
    again = "the 3 failed and 3,996 cancelled again"
    assert buttons(panel)["Run what is not ok"].tooltip == f"Run {again}"
    assert f"<code>run.retry()</code> runs {again}" in page_of(ended)


@pytest.mark.usefixtures("wire", "page")
def test_a_failed_retry_gives_the_button_back(ended, caplog):
    def fail():
        raise OSError

    panel = Panel(actions(fail, fail, fail, fail), rows=5)
    panel.show(ended)
    with caplog.at_level(logging.CRITICAL):
        click(panel, "Retry failed")
    assert set(buttons(panel)) == {"Retry failed"}
    assert "Retry failed: OSError" in shown_text(panel)


def test_the_end_can_be_sent_again_but_not_before(panel, page, make_snapshot, ended):
    panel.show(make_snapshot())
    panel.republish()
    assert page.static == [False]
    panel.finish(ended)()
    page.bundles[0] = "lost"
    panel.republish()
    assert page.static == [True]


def test_the_end_is_shown_anew_only_if_something_was_said_since(
    panel, page, wire, make_snapshot, ended
):
    panel.show(make_snapshot())
    panel.reword(make_snapshot(postfix="loss=1"))
    assert page.static == [False]
    panel.finish(ended)()
    assert wire.since(lambda: panel.reword(ended)) == []
    (before,) = page.bundles
    assert panel.reword(ended) is None
    assert page.bundles == [before]

    panel.reword(replace(ended, postfix="loss=<2>"))
    assert page.static == [True]
    assert "loss=&lt;2&gt;" in page.bundles[0]["text/html"]
    assert "loss=<2>" in page.bundles[0]["text/plain"]
    assert "loss=&lt;2&gt;" in shown_text(panel)
    assert set(buttons(panel)) == {"Retry failed"}


def test_without_anybody_there_no_widget_is_made(
    panel, page, wire, make_snapshot, ended
):
    page.interactive = False
    panel.show(make_snapshot(elapsed=0.0))
    for tick in range(1, 60):
        panel.draw(make_snapshot(ok=tick, elapsed=tick / 5))
    for shown in page.bundles[0].values():
        assert "50 of 4,000" in shown
        assert panel_module.INTERRUPT in shown
    assert panel.finish(ended) is None
    assert panel_module.INTERRUPT not in str(page.bundles)
    assert page.static == [True]
    assert not wire


def test_widgets_of_the_live_panel_are_closed_at_the_end(
    panel, wire, make_snapshot, ended
):
    panel.show(make_snapshot())
    panel.finish(ended)()
    panel.retire()
    left = len(wire.of("comm_open")) - len(wire.of("comm_close"))
    assert left == 8  # a box and two HTML, each with its layout, those with a style


@pytest.mark.usefixtures("wire")
def test_ended_panels_are_not_kept_for_ever(page, make_snapshot, monkeypatch):
    monkeypatch.setattr(made, "KEPT", 3)
    monkeypatch.setattr(made, "_ended", type(made._ended)())
    panels = [Panel(actions(*[lambda: None] * 4), rows=5) for _ in range(5)]
    for number, each in enumerate(panels):
        page.cell = f"cell {number}"
        each.show(make_snapshot())
        each.finish(make_snapshot(State.DONE, ok=4000))()
    assert [each._widgets.closed for each in panels] == [
        True,
        True,
        False,
        False,
        False,
    ]
    page.cell = "later"
    panels[0].show(make_snapshot(State.DONE, ok=3999, error=1))
    assert set(buttons(panels[0])) == {"Retry failed"}
