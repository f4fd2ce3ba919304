"""What goes into a notebook: inert, bounded, and readable without its style."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from nbparallel.records.errors import Errors
from nbparallel.records.groups import grouped
from nbparallel.records.queries import Detail
from nbparallel.records.tries import Try
from nbparallel.types import State, Status
from nbparallel.views import cards, groups, html, page
from nbparallel.views.style import STYLE
from tests.support.payloads import payloads

TAGS = {
    *(
        "b",
        "caption",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "p",
        "pre",
        "progress",
        "span",
    ),
    *("style", "summary", "table", "tbody", "td", "th", "thead", "tr"),
    *("form", "input", "label"),
}
ATTRIBUTES = {
    *("aria-label", "aria-live", "class", "colspan", "max", "role", "scope"),
    *("style", "tabindex", "title", "value"),
}
#: Attributes with what alone they may be: nothing can be typed in, sent or loaded.
FIXED = {
    "checked": None,
    "method": "dialog",
    "name": "nbp-tab",
    "open": None,
    "tabindex": "0",
    "type": "radio",
}

CALLS = ["alert(1)", "alert`1`", "eval(name)", "fetch('//e')", "top.location='//e'"]
PAYLOADS = payloads(CALLS)


def table(run, rows, memo=None):
    """What goes on of a run and what has ended, as the panel shows it."""
    going, ended, more = html.chosen(run, rows)
    return html.live_table((*going, *ended), "Tasks", (len(going), more), memo)


class Page(HTMLParser):
    """A parsed page, in which anything unexpected is an error."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open = []
        self.seen = set()
        self.told = []
        self.feed(source)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS
        for name, value in attributes:
            assert name in ATTRIBUTES or value == FIXED[name]
            if name == "style":
                assert re.fullmatch(r"--nbp-failed:[0-9.]+%|height:[0-9.]+px", value)
            if name in {"aria-label", "title"}:
                self.told.append(value)
        if tag == "input":
            assert dict(attributes)["type"] == "radio"
        else:
            self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def hostile_run(make_snapshot, make_row, payload, state=State.DONE):
    """A run in which every place that a user can fill holds *payload*."""
    error_type = type(payload.replace("\x00", ""), (Exception,), {})
    error = error_type(payload)
    error.add_note(payload)
    rows = tuple(
        make_row(
            task,
            status,
            item=item,
            result=payload,
            error=error if status in (Status.ERROR, Status.TIMEOUT) else None,
            output=payload,
            attempts=2,
        )
        for task, status, item in [
            (0, Status.ERROR, payload),
            (1, Status.TIMEOUT, {payload: [payload]}),
            (2, Status.OK, error),
            (9, Status.RUNNING, payload),
        ]
    )
    return make_snapshot(
        state,
        total=10,
        ok=8,
        error=2,
        name=payload,
        first=rows,
        latest=rows,
        running=rows,
        failures=rows,
        slowest=rows,
        errors={0: error, 1: error},
        log=((0, payload), (1, payload)),
        abandoned=2,
        input_error=error,
    )


def details(run):
    """Every task of a run, as if it had been tried before."""
    for row in run.first:
        before = Try(
            number=1,
            status=Status.ERROR,
            error=row.error or ValueError(row.item),
            started=0.0,
            ended=1.0,
            worker=0,
            output=row.output,
        )
        yield Detail(row, (before,))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_values_are_text_wherever_they_stand(make_snapshot, make_row, payload):
    run = hostile_run(make_snapshot, make_row, payload)
    for source in (
        page.static(run),
        html.below(run, payload),
        html.head(run),
        html.live_table(run.first, "Tasks"),
        html.above(run),
        *map(cards.html, details(run)),
        *(groups.live(each, {0: payload}) for each in grouped(run.errors)),
        groups.rest(grouped(run.errors), run),
        groups.errors_html(Errors(run.errors, {0: payload, 1: {payload: payload}})),
        html.log(run),
        html.spoken(payload),
    ):
        Page(source)


def test_a_hostile_value_is_still_shown(make_snapshot, make_row):
    run = hostile_run(make_snapshot, make_row, "<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in Page(page.static(run)).text


def test_an_ended_run_tells_everything_in_words(make_snapshot, make_row):
    failures = tuple(make_row(task, Status.ERROR) for task in (1, 700))
    ended = make_snapshot(
        State.DONE,
        ok=3998,
        error=2,
        first=(make_row(0), failures[0]),
        latest=(make_row(3999), make_row(3998)),
        failures=failures,
        errors={row.task: row.error for row in failures},
        log=((3, "hello\n"),),
    )
    shown = Page(page.static(ended))
    for words in (
        "fetch",
        "done",
        "4,000 of 4,000",
        "3,998 ok, 2 failed",
        "12.3 s",
        "325/s",
        "… 3,996 more",
        "ValueError no page … · 2 tasks",
        "ValueError: no page 1",
        " 700",
        "[3] hello",
        "run.retry() runs the 2 again",
    ):
        assert words in shown.text
    assert {"progress", "details", "summary", "caption", "table"} <= shown.seen


def test_a_run_that_went_well_gives_no_advice(make_snapshot, make_row):
    done = make_snapshot(State.DONE, total=1, ok=1, first=(make_row(0),))
    shown = Page(page.static(done))
    assert "retry" not in shown.text
    assert "failed" not in shown.text
    assert "more" not in shown.text


def test_an_empty_run(make_snapshot):
    empty = make_snapshot(State.DONE, total=0, elapsed=0.0, active=0.0)
    shown = Page(page.static(empty))
    assert "0 of 0" in shown.text
    assert "table" not in shown.seen
    Page(table(empty, 10))
    assert html.log(empty) == ""


def test_a_run_of_unknown_length_has_a_bar_without_end(make_snapshot):
    lazy = make_snapshot(total=None, ok=12)
    assert "value=" not in html.bar(lazy)
    assert "12 so far" in Page(html.head(lazy)).text


def test_a_task_that_keeps_coroutines_waiting_is_named_at_once(make_snapshot):
    going = make_snapshot(State.RUNNING, total=9, lag=(3, 0.7))
    ended = make_snapshot(State.DONE, total=9, ok=9, lag=(3, 0.7))

    assert "Task 3 kept all other" in Page(html.above(going)).text
    assert Page(page.static(ended)).text.count("Task 3 kept all other") == 1


def test_what_was_cancelled_was_not_done(make_snapshot):
    cancelled = make_snapshot(State.CANCELLED, total=10, ok=4, cancelled=6)
    shown = Page(page.static(cancelled))
    assert "4 of 10" in shown.text
    assert "run.retry() runs the 6 again" in shown.text
    assert 'value="4" max="10"' in html.bar(cancelled)


def test_the_head_is_one_line_without_a_style_sheet(make_snapshot):
    source = html.head(make_snapshot(State.DONE, total=4, ok=3, error=1))

    assert "<div" not in source, "a block would leave its triangle alone on a line"
    assert "</progress> <span" in source


def test_the_live_table_shows_running_tasks_first(make_snapshot, make_row):
    run = make_snapshot(
        running=(make_row(8, Status.RUNNING), make_row(9, Status.RUNNING)),
        latest=tuple(make_row(task) for task in (7, 6, 5)),
    )
    shown = Page(table(run, 4)).text
    places = [shown.index(f"example.org/{task}") for task in (8, 9, 7, 6)]
    assert places == sorted(places)
    assert "example.org/5" not in shown


def test_a_third_of_the_live_table_is_for_what_has_ended(make_snapshot, make_row):
    going = tuple(make_row(task, Status.RUNNING) for task in range(20, 32))
    run = replace(
        make_snapshot(running=16),
        running=going,
        latest=tuple(make_row(task) for task in range(12, 0, -1)),
    )
    shown = Page(table(run, 12)).text
    told = [task for task in range(40) if f"example.org/{task}" in shown]
    assert [task for task in told if task >= 20] == [*range(20, 27)]
    assert "… 9 more running" in shown
    assert all(f"example.org/{task}" in shown for task in (12, 11, 10, 9))


def test_the_output_column_is_there_when_something_was_printed(make_snapshot, make_row):
    silent = make_snapshot(latest=(make_row(0),))
    assert "Output" not in Page(table(silent, 5)).text
    loud = make_snapshot(latest=(make_row(0, output="one\ntwo\n\n"), make_row(1)))
    text = Page(table(loud, 5)).text
    assert "Output" in text
    assert "two" in text
    assert "one" not in text
    stays = Page(html.live_table(silent.latest, "Tasks", printed=True)).text
    assert "Output" in stays, "columns must not jump while rows come and go"


class Counting:
    shown = 0

    def __repr__(self):
        self.shown += 1
        return "counting"


def test_values_are_asked_for_their_text_once(make_snapshot, make_row):
    item, result = Counting(), Counting()
    memo = {}
    running = make_snapshot(running=(make_row(0, Status.RUNNING, item=item),))
    ended = make_snapshot(latest=(make_row(0, item=item, result=result),))
    for run in (running, running, ended, ended):
        assert "counting" in table(run, 5, memo)
    assert item.shown == 2
    assert result.shown == 1
    table(make_snapshot(latest=(make_row(9),)), 5, memo)
    assert [task for task, _, _ in memo] == [9]


@pytest.mark.parametrize("character", ["'", "\u6771", "\U0001f642", "\x00", "<"])
def test_an_ended_run_stays_small(make_snapshot, make_row, character):
    huge = character * 1_000_000
    chained = ValueError(huge)
    chained.__cause__ = ValueError(huge)
    rows = tuple(
        make_row(task, Status.ERROR, item=huge, error=chained, output=huge, attempts=9)
        for task in range(0, 2000, 2)
    )
    run = make_snapshot(
        State.DONE,
        error=4000,
        name=huge,
        first=rows,
        latest=rows[::-1],
        failures=rows,
        slowest=rows[:10],
        errors={row.task: ValueError(huge, row.task) for row in rows},
        log=tuple((task, huge) for task in range(20)),
        input_error=chained,
    )
    size = len(page.static(run).encode())
    assert size < 100_000
    assert len(table(run, 20).encode()) < 60_000


def test_a_usual_run_takes_little(make_snapshot, make_row):
    run = make_snapshot(
        State.DONE,
        ok=4000,
        first=tuple(make_row(task) for task in range(5)),
        latest=tuple(make_row(task) for task in range(3999, 3994, -1)),
    )
    assert len(page.static(run)) - len(STYLE) < 6_000
