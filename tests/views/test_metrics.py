"""Metrics and measurements in the look of the panel."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import nbparallel as nbp
from nbparallel.records import summary
from nbparallel.views import metrics, sheets
from nbparallel.views.style import STYLE

pytestmark = pytest.mark.usefixtures("quiet")


def cells(page):
    """Return the rows of a sheet, the head left out."""
    body = page.split("<tbody>")[1]
    return [
        tuple(re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row))
        for row in body.split("</tr>")[:-1]
    ]


def test_a_run_shows_its_metrics_as_a_table():
    page = nbp.pmap(abs, range(3), workers=2).metrics._repr_html_()
    found = {name: value for name, value, _ in cells(page)}

    assert page.startswith(STYLE)
    assert (found["tasks"], found["workers"]) == ("3", "2")
    assert re.fullmatch(r"[0-9.]+ (µs|ms|s)", found["wall"])
    assert "restored" not in found
    assert "cpu" not in found


def test_every_name_in_the_table_is_one_of_the_metrics():
    made = replace(
        nbp.pmap(abs, range(3)).metrics,
        restored=1,
        cpu=1.87,
        locked=0.4,
        waited_for_rate=0.1,
        waited_for_backoff=2.0,
        overhead=12e-6,
        widths=((0.0, 2), (1.0, 8)),
    )
    rows = cells(metrics.html(made))
    told = {name: (value, words) for name, value, words in rows}

    assert all(hasattr(made, name) for name in told)
    assert told["overhead"][0] == "12.0 µs"
    assert told["cpu"][0] == "1.87 CPUs"
    assert told["workers"][1] == "from 2 to 8 meanwhile"


def test_times_in_words_have_their_unit():
    made = replace(nbp.pmap(abs, [1]).metrics, wall=12e-6, busy=7e-6)

    assert "12.0 µs with" in str(made)
    assert "the tasks took 7.00 µs" in str(made)


def test_without_views_there_is_no_html(monkeypatch):
    monkeypatch.setattr(summary, "_html", None)

    assert nbp.pmap(abs, [1]).metrics._repr_html_() is None


def test_a_sheet_escapes_what_it_is_given():
    text = "<b onclick='x'>\"&"
    bar = sheets.Share(1, 2, text)
    page = sheets.page(text, sheets.sheet(text, [text], [[text, bar]]))

    assert "<b " not in page
    assert page.count("&lt;b onclick=&#x27;x&#x27;&gt;&quot;&amp;") == 6
