"""`run.table()`: one line a task, bounded, and nothing of a value is ever markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.records.styled import BAD, GOOD, MOST_ROWS
from nbparallel.testing import Gate
from tests.support.payloads import payloads

TAGS = {"caption", "span", "style", "table", "tbody", "td", "th", "thead", "tr"}
ATTRIBUTES = {"class", "colspan", "id", "rowspan", "title", "type"}

pytestmark = pytest.mark.usefixtures("quiet")


class Page(HTMLParser):
    """A parsed table, in which anything unexpected is an error."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.rows, self.titles, self.open = [], [], []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS
        assert {name for name, _ in attributes} <= ATTRIBUTES
        self.open.append(tag)
        self.titles += [value for name, value in attributes if name == "title"]
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def cells(run):
    """Return the table of *run*: a dict by column for each of its tasks."""
    head, *rows = Page(run.table().to_html()).rows
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_tells_what_became_of_each_task():
    def half(number):
        print("\x1b[31mhalving\x1b[0m", number)  # noqa: T201 # what output is for
        return 1 / number

    good, bad = cells(nbp.pmap(half, [2, 0], workers=1))

    assert (good["status"], good["result"], good["error"]) == ("ok", "0.5", "")
    assert (bad["status"], bad["result"]) == ("error", "")
    assert bad["error"] == "ZeroDivisionError: division by zero"
    assert good["output"] == "halving 2"
    assert re.fullmatch(r"[0-9.]+ (µs|ms|s)", good["seconds"])
    assert re.fullmatch(r"[0-9-]+ [0-9:]+\.[0-9]{3}", good["started"])


def test_statuses_have_a_colour():
    shown = nbp.pmap(int, ["7", "x"]).table().to_html()

    assert f"color: {GOOD}" in shown
    assert f"color: {BAD}" in shown


def test_what_does_not_exist_is_an_empty_cell():
    gate = Gate()
    run = nbp.pmap(gate, range(2), workers=1, block=False)
    gate.wait_for(0)
    waits = cells(run)[1]
    gate.open()
    run.wait()

    gaps = ("result", "error", "seconds", "started", "worker", "output")
    assert (waits["item"], waits["status"]) == ("1", "pending")
    assert {waits[name] for name in gaps} == {""}


def test_a_run_without_tasks_has_a_table():
    assert cells(nbp.pmap(abs, [])) == []


def test_cells_are_one_line_and_tell_all_when_asked():
    def fails(_):
        raise ValueError("first\n" + "x" * 100)

    run = nbp.pmap(fails, ["a\nb" * 100])
    page = Page(run.table().to_html())

    assert all("\n" not in cell and len(cell) <= 60 for cell in page.rows[1])
    assert any("x" * 100 in title for title in page.titles)


def test_a_long_run_shows_its_first_rows_and_says_so():
    run = nbp.pmap(abs, range(MOST_ROWS + 1))
    shown = run.table().to_html()

    assert len(Page(shown).rows) == 1 + MOST_ROWS
    assert "The first 1,000 of 1,001 tasks; run.df has all of them." in shown


def test_a_value_is_told_in_short_and_by_its_kind():
    values = [np.float64(1 / 3), np.int64(7), "", "a", None, pd.Timestamp("2024-02-29")]

    found = [row["item"] for row in cells(nbp.pmap(repr, values))]

    assert found == ["0.333333", "7", "''", "a", "", "2024-02-29 00:00:00"]


def test_labels_that_repeat_themselves_are_kept():
    given = pd.DataFrame([[1, 2], [3, 4]], columns=["n", "n"], index=["a", "a"])
    run = nbp.pmap(len, given, unpack="item")
    head, *rows = Page(run.table().to_html()).rows

    assert head[1:4] == ["n", "n", "status"]
    assert [row[:4] for row in rows] == [["a", "1", "2", "ok"], ["a", "3", "4", "ok"]]


def test_a_tree_keeps_its_paths():
    run = nbp.ptree(abs, {"a": [-1, -2], "b": -3})

    assert "level_0" in run.table().to_html()
    assert run.table().to_html().count(">ok<") == 3


@pytest.mark.parametrize("payload", payloads(["alert(1)"]))
def test_nothing_of_a_value_is_markup(payload):
    class Hostile:
        def __repr__(self):
            return payload

    def fails(*_):
        print(payload)  # noqa: T201 # what output is for
        raise type(payload.replace("\x00", ""), (Exception,), {})(payload)

    index = pd.Index([payload, payload + "2"], name=payload)
    given = pd.DataFrame({payload: [payload, Hostile()], "b": 1}, index=index)
    given.columns.name = payload
    tables = [
        nbp.pmap(fails, given, unpack="item"),
        nbp.pmap(fails, given.set_axis([payload] * 2), unpack="item"),
        nbp.pmap(lambda each: each, [payload, Hostile()]),
        nbp.ptree(abs, {payload: {payload: [-1]}}),
    ]

    assert all(len(Page(run.table().to_html()).rows) > 1 for run in tables)


def test_values_that_raise_when_shown_do_not_hide_the_others():
    class Mute:
        def __repr__(self):
            raise RuntimeError

        def __getattr__(self, name):
            raise RuntimeError

    found = cells(nbp.pmap(lambda each: each, [Mute(), 1]))

    assert [row["result"] for row in found] == [
        "<Mute: its repr raised RuntimeError>",
        "1",
    ]
