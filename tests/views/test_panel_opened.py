"""What opens below the first line of a panel, and what can be clicked there."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import pytest

from nbparallel.records.queries import Detail, Page
from nbparallel.records.reasons import Reasons
from nbparallel.types import State, Status
from nbparallel.views import html
from nbparallel.views.panel import Panel
from nbparallel.views.widgets import tasks
from tests.views.wire import actions, buttons, choose, named, shown_text, widgets


class Around:
    """A run of 60 tasks for somebody who looks around; it notes what is asked."""

    def __init__(self, make_row):
        self.asked = []
        self.found = None
        self.make_row = make_row

    def browse(self, query):
        self.asked.append(query)
        if self.found is not None:
            return self.found
        first = 25 * query.page
        rows = tuple(self.make_row(task) for task in range(first, min(first + 25, 60)))
        return Page(rows, query.page, 3, 60)

    def detail(self, task):
        return Detail(self.make_row(task, output=f"printed by {task}"), ())

    def retry_some(self, tasks):
        self.asked.append(tuple(tasks))


@pytest.fixture
def around(make_row):
    return Around(make_row)


@pytest.fixture
def panel(wire, page, asked, around):  # noqa: ARG001 # nothing may leave
    words = ("cancel", "pause", "resume", "retry")
    buttons = (lambda w=word: asked.append(w) for word in words)
    looks = {n: getattr(around, n) for n in ("browse", "detail", "retry_some")}
    return Panel(actions(*buttons, **looks), rows=10)


@pytest.fixture
def going(make_snapshot, make_row):
    """A run that has been going on for a while, with two kinds of failures."""
    errors = {n: OSError(f"no page {n}") for n in range(4)}
    return make_snapshot(
        ok=20,
        error=5,
        elapsed=5.0,
        running=(make_row(30, Status.RUNNING),),
        latest=tuple(make_row(task) for task in range(9, 0, -1)),
        errors={**errors, 7: KeyError("x")},
        log=((3, "hello"),),
    )


def opener(panel):
    (found,) = [w for w in panel._widgets.root.children[1].children if w.tooltip == TIP]
    return found


TIP = "Show the tasks"


def tabs(panel):
    line = [w for w in widgets(panel) if "nbp-tab-line" in w._dom_classes]
    return [w for w in line[0].children if w.layout.display != "none"] if line else []


def field(panel, name):
    (found,) = [w for w in widgets(panel) if name in getattr(w, "_dom_classes", ())]
    return found


# --- opening ---


def test_a_run_begins_as_one_line_and_opens_after_a_while(panel, make_snapshot):
    panel.show(make_snapshot(elapsed=0.1, ok=3))
    assert opener(panel).description == "▸"
    assert not tabs(panel)
    panel.draw(make_snapshot(elapsed=1.9, ok=4))
    assert not tabs(panel)
    panel.draw(make_snapshot(elapsed=2.1, ok=5))
    assert opener(panel).description == "▾"
    assert tabs(panel)


def test_the_first_failure_opens_it(panel, make_snapshot):
    panel.show(make_snapshot(elapsed=0.1, ok=3))
    panel.draw(make_snapshot(elapsed=0.3, ok=3, error=1))
    assert tabs(panel)


def test_what_the_user_closes_stays_closed(panel, page, going, make_snapshot):
    panel.show(going)
    opener(panel).click()
    assert not tabs(panel)
    panel.draw(make_snapshot(elapsed=9.0, ok=30, error=6))
    assert not tabs(panel)
    panel.finish(make_snapshot(State.DONE, ok=3990, error=10))()
    assert "<details class" in page.bundles[0]["text/html"]
    assert "<details open" not in page.bundles[0]["text/html"]
    opener(panel).click()
    assert tabs(panel)


def test_a_short_run_stays_one_line_to_the_end(panel, page, make_snapshot):
    panel.show(make_snapshot(elapsed=0.1, active=0.1))
    panel.finish(make_snapshot(State.DONE, ok=4000, elapsed=0.4, active=0.4))()
    assert page.bundles[0]["text/html"].count("<summary><span class") == 1


# --- tabs ---


def test_there_is_a_tab_for_what_there_is(panel, going, make_snapshot):
    panel.show(make_snapshot(elapsed=3.0))
    assert [each.description for each in tabs(panel)] == ["Now", "All 4,000"]
    panel.draw(going)
    names = [each.description for each in tabs(panel)]
    assert names == ["Now", "Failed 5", "Slowest", "All 4,000", "Output"]


def test_statements_are_shown_in_order_with_their_lines(panel, going):
    panel.show(replace(going, reasons=Reasons({4: {2: "line 5 needs line 3"}})))
    assert tabs(panel)[-2].description == "All 4,000"
    assert "nbp-on" in tabs(panel)[-2]._dom_classes
    assert shown_text(panel).count("nbp-edges") > 25
    assert "line 5 needs line 3" in shown_text(panel)

    field(panel, "nbp-order").value = "latest"
    assert "line 5 needs line 3" not in shown_text(panel)
    field(panel, "nbp-order").value = "input"
    assert "line 5 needs line 3" in shown_text(panel)
    field(panel, "nbp-search").value = "2"
    assert "line 5 needs line 3" not in shown_text(panel)


def test_each_tab_shows_its_part(panel, going, around):
    panel.show(going)
    assert "example.org/30" in shown_text(panel)
    choose(panel, "Failed")
    assert "no page …" in shown_text(panel)
    choose(panel, "Output")
    assert "[3] hello" in shown_text(panel)
    choose(panel, "Slowest")
    assert around.asked[-1].order == "slowest"
    choose(panel, "All")
    assert around.asked[-1].order == "input"
    assert "example.org/24" in shown_text(panel)


def test_the_numbers_of_head_and_tabs_are_of_one_instant(panel, make_snapshot):
    panel.show(make_snapshot(elapsed=3.0, error=1))
    for tick in range(2, 40):
        panel.draw(make_snapshot(elapsed=3.0 + tick / 5, error=tick))
        assert f"{tick} failed" in shown_text(panel)
        assert f"Failed {tick}" in [each.description for each in tabs(panel)]


# --- all tasks ---


def test_pages_are_turned(panel, going, around):
    panel.show(going)
    choose(panel, "All")
    before, place, after = field(panel, "nbp-pages").children
    assert place.value == "1 of 3"
    assert before.disabled
    after.click()
    after.click()
    assert [query.page for query in around.asked] == [0, 1, 2]
    assert place.value == "3 of 3"
    assert after.disabled
    assert "example.org/59" in shown_text(panel)


def test_words_are_searched_in_all_tasks(panel, going, around):
    panel.show(going)
    field(panel, "nbp-search").value = " answer "
    assert around.asked[-1].words == "answer"
    assert (
        "nbp-on"
        in next(t for t in tabs(panel) if t.description[:3] == "All")._dom_classes
    )


@pytest.mark.parametrize(
    ("searched", "tab", "told"),
    [
        (None, "All", 'No task has "<b> x" in it. Empty the search to see all.'),
        (None, "Slowest", 'None of these tasks has "<b> x" in it.'),
        (1200, "All", 'None of the 1,200 tasks searched has "<b> x" in it.'),
    ],
)
def test_a_search_in_vain_says_what_it_was_for(
    panel, going, around, *, searched, tab, told
):
    panel.show(going)
    choose(panel, tab)
    around.found = Page((), 0, 1, 0, searched)
    field(panel, "nbp-search").value = "<b>  \n x"
    assert escape(told) in shown_text(panel)


def test_what_was_searched_for_is_shown_in_short():
    told = html.no_hits("x" * 200, Page((), 0, 1, 0), everywhere=True)
    assert told.count("x") < 50


def test_the_order_can_be_chosen(panel, going, around):
    panel.show(going)
    choose(panel, "All")
    field(panel, "nbp-order").value = "latest"
    assert around.asked[-1].order == "latest"


def test_a_search_is_not_repeated_at_every_drawing(panel, around, make_snapshot):
    panel.show(make_snapshot(elapsed=3.0, ok=1))
    field(panel, "nbp-search").value = "x"
    for tick in range(50):
        panel.draw(make_snapshot(elapsed=3.0 + tick / 10, ok=tick))
    assert len(around.asked) <= 5


# --- rows and groups ---


def test_a_row_opens_and_closes(panel, going, page):
    panel.show(going)
    openers = field(panel, "nbp-openers").children
    openers[1].click()
    assert "printed by 9" in shown_text(panel)
    assert any(panel._widgets.root in each.widgets for each in page.router.open)
    openers[1].click()
    assert "printed by 9" not in shown_text(panel)
    openers[2].click()
    (closing,) = [w for w in widgets(panel) if named(w) == "✕"]
    closing.click()
    assert "printed by 8" not in shown_text(panel)


def test_the_line_that_tells_of_more_cannot_be_opened(panel, make_snapshot, make_row):
    rows = tuple(make_row(task, Status.RUNNING) for task in range(10))
    ended = tuple(make_row(task) for task in range(20, 30))
    panel.show(make_snapshot(elapsed=3.0, ok=10, running=rows, latest=ended))
    openers = field(panel, "nbp-openers").children
    hidden = [n for n, each in enumerate(openers) if each.layout.visibility == "hidden"]
    assert hidden == [5]
    openers[6].click()
    assert "printed by 20" in shown_text(panel)


def test_the_openers_are_as_high_as_their_rows(panel, make_snapshot, make_row):
    rows = tuple(make_row(task, Status.RUNNING) for task in range(10))
    ended = tuple(make_row(task) for task in range(20, 30))
    panel.show(make_snapshot(elapsed=3.0, ok=10, running=rows, latest=ended))

    openers = field(panel, "nbp-openers").children
    low = ["nbp-brief" in each._dom_classes for each in openers]
    rows = shown_text(panel).partition("<tbody>")[2].split("</tr>")[: len(openers)]
    assert low == ["nbp-brief" in each for each in rows]
    assert set(low) == {True, False}
    panel.draw(make_snapshot(elapsed=4.0, ok=10, latest=ended[:2]))
    displayed = [each.layout.display for each in openers]
    assert displayed == [None] * 2 + ["none"] * (len(openers) - 2)


def test_a_group_opens_with_its_traceback(panel, going):
    panel.show(going)
    choose(panel, "Failed")
    (group,) = [
        w for w in widgets(panel) if getattr(w, "tooltip", "") == "Open group 1"
    ]
    group.click()
    assert 'class="nbp-trace"' in shown_text(panel)
    assert "example.org/3" in shown_text(panel)
    group.click()
    assert "example.org/3" not in shown_text(panel)


def test_the_tasks_of_a_group_are_retried(panel, going, around):
    panel.show(going)
    choose(panel, "Failed")
    (again,) = [w for w in widgets(panel) if named(w) == "Retry these 4"]
    again.click()
    assert around.asked == [(0, 1, 2, 3)]


def test_where_nothing_can_be_retried_there_is_no_such_button(panel, going):
    panel.show(replace(going, once=True))
    choose(panel, "Failed")
    found = [w for w in widgets(panel) if named(w) in {"Retry these 4", "Retry it"}]
    assert [each.layout.display for each in found] == ["none", "none"]


def test_an_ended_run_can_be_looked_through_as_well(panel, going, around):
    panel.show(replace(going, state=State.DONE))
    assert set(buttons(panel)) == {"Retry failed"}
    assert "no page …" in shown_text(panel)
    choose(panel, "All")
    assert around.asked
    panel.retire()
    assert not tabs(panel)


def test_an_opened_result_is_shown_in_its_rich_form_made_once(
    panel, going, monkeypatch
):
    made = []
    monkeypatch.setattr(tasks.rich, "html", lambda value: made.append(value) or "RICH")
    panel.show(going)
    choose(panel, "All")
    next(w for w in widgets(panel) if getattr(w, "tooltip", "") == "Open row 3").click()
    panel.draw(replace(going, elapsed=6.0))
    assert "<dt>Result</dt><dd>RICH</dd>" in shown_text(panel)
    assert len(made) == 1
