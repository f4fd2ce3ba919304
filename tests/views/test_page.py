"""What a notebook keeps of a run: its parts, their order, and what has no room."""

from __future__ import annotations

import re

import pytest

from nbparallel.records.strip import Bar, Strip
from nbparallel.types import MISSING, State, Status
from nbparallel.views import page, table
from nbparallel.views.style import BODY, STYLE
from nbparallel.views.tabs import Tab, tabs_html
from tests.views.test_html import Page


def tabs(source):
    """Return the labels of the tabs, the chosen one in brackets."""
    found = re.findall(r"<label><input[^>]*?( checked)?>(.*?)</label>", source)
    texts = [(chosen, re.sub("<.*?>", "", label).strip()) for chosen, label in found]
    return [f"[{words}]" if chosen else words for chosen, words in texts]


def pane(source, name):
    """Return what is in the pane of a tab."""
    after = source.partition(f'aria-label="fetch: {name}">')[2]
    return after.partition("<label>")[0]


def test_what_failed_comes_first_and_is_chosen(failing):
    source = page.static(failing())

    assert tabs(source) == ["[Failed 10]", "All 40", "Slowest", "Output 2"]


def test_only_what_has_something_has_a_tab(make_snapshot, make_row):
    one = make_snapshot(State.DONE, total=1, ok=1, first=(make_row(0),))

    assert tabs(page.static(one)) == ["[All 1]"]
    assert tabs_html([Tab("Failed", "", "")], "fetch") == ""


def test_a_choice_of_one_page_is_not_that_of_another(failing):
    """Both have the same words; only the form keeps their buttons apart."""
    both = page.static(failing()) * 2

    assert both.count('<form class="nbp-tabs" method="dialog">') == 2
    assert both.count("<button") == both.count(" id=") == both.count(" for=") == 0


def test_every_pane_can_be_reached_and_is_named(failing):
    source = page.static(failing())
    panes = re.findall(r'<div class="nbp-pane"([^>]*)>', source)

    assert len(panes) == 4
    for name, attributes in zip(
        ["Failed", "All", "Slowest", "Output"], panes, strict=True
    ):
        assert attributes == f' role="group" tabindex="0" aria-label="fetch: {name}"'


def test_a_body_is_as_high_as_that_of_a_run_under_way(failing):
    assert 'class="nbp nbp-body"' in page.static(failing())
    assert f".nbp.nbp-body {{\n  height: {BODY}px;" in STYLE


@pytest.mark.parametrize(("opened", "tag"), [(True, " open>"), (False, ">")])
def test_a_page_is_open_or_one_line(failing, opened, tag):
    source = page.static(failing(), "Said besides.", opened=opened)
    line, _, body = source.partition("</summary>")

    assert f'<details class="nbp nbp-run"{tag}<summary>' in line
    assert "10 failed" in line
    assert "Said besides." in line
    assert "ValueError" in body


def test_failures_are_told_in_groups_with_the_items_of_their_tasks(failing):
    shown = Page(pane(page.static(failing()), "Failed")[: -len("</div>")])

    assert "KeyError … · 5 tasks" in shown.text
    assert "ValueError … · 5 tasks" in shown.text
    assert "ValueError: 0" in shown.text  # the first of them, as it was raised
    assert "0 8 16 24 32" in shown.text
    assert "task 8: 'https://example.org/8'" in shown.told


def test_all_rows_of_a_run_are_there_in_order(failing):
    shown = Page(pane(page.static(failing()), "All")[: -len("</div>")]).text

    assert "Item https://example.org/…" in shown
    places = [
        shown.index(f"{task}{task}{word}") for task, word in ((0, "err"), (39, "ok"))
    ]
    assert places == sorted(places)
    assert "more" not in shown


def rows_of(make_row, count, **changes):
    return tuple(make_row(task, item=task, **changes) for task in range(count))


def test_what_has_no_room_is_counted_where_it_is_missing(make_snapshot, make_row):
    rows = rows_of(make_row, 500, result={"a'b" * 9: "c'd" * 9})
    last = tuple(make_row(task, item=task) for task in (11_999, 11_990))
    source = page.static(
        make_snapshot(State.DONE, ok=12_000, total=12_000, first=rows, latest=last)
    )

    told = re.search(r"(\d+) of 12,000 tasks, the first and the last to end", source)
    assert told is not None
    shown = int(told[1])
    assert 100 < shown < 500
    assert f"… {11_990 - shown + 2:,} more" in source
    assert "all: <code>run.df</code>" in source
    assert "11990" in source
    assert "11999" in source
    assert 90_000 < len(source.encode()) < 100_000


def test_500_short_rows_have_room(make_snapshot, make_row):
    run = make_snapshot(State.DONE, total=500, ok=500, first=rows_of(make_row, 500))
    source = page.static(run)

    assert source.count("<tr><td>") == 500
    assert "run.df" not in source


def test_a_run_that_keeps_nothing_is_not_said_to_have_it(make_snapshot, make_row):
    run = make_snapshot(
        State.DONE, total=9, ok=9, first=(make_row(0),), keeps_results=False
    )

    assert "1 of 9 tasks" in page.static(run)
    assert "run.df" not in page.static(run)


def test_a_slow_repr_does_not_hold_up_the_end(make_snapshot, make_row, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(table, "perf_counter", lambda: next(clock))
    run = make_snapshot(State.DONE, total=9, ok=9, first=rows_of(make_row, 9))

    assert "1 of 9 tasks" in page.static(run)


def test_printed_lines_are_told_with_their_task_the_last_of_too_many(failing):
    source = page.static(failing())
    assert "<pre>[3] one\n[4] two\n[4] three</pre>" in source
    assert "The last of what was printed" not in source

    many = tuple((task, f"line {task} {'<' * 99}") for task in range(100))
    source = page.static(failing(log=many))
    assert "[99] line 99" in source
    assert "[0] line 0" not in source
    assert "The last of what was printed; all: <code>run.df</code>" in source


@pytest.mark.parametrize(
    ("items", "prefix"),
    [
        (["http://h.org/page/1", "http://h.org/page/2"], "http://h.org/"),
        (["/data/2024/january/a_b", "/data/2024/january/a_c"], "/data/2024/january/"),
        (["C:\\data\\files\\one.csv", "C:\\data\\files\\two.csv"], "C:\\data\\files\\"),
        (["some_longer_word_1", "some_longer_word_2"], "some_longer_"),
        (["short/1", "short/2"], ""),
        (["http://h.org/page/1"], ""),
        (["http://h.org/page/1", 2], ""),
        (["http://h.org/page/", "http://h.org/page/1"], "http://h.org/"),
        (["no boundary"[:2] + "x" * 30 + "1", "no" + "x" * 30 + "2"], ""),
    ],
)
def test_what_all_items_begin_with(make_row, items, prefix):
    rows = [make_row(task, item=item) for task, item in enumerate(items)]

    found = table.shared_prefix(rows)
    assert found == prefix
    for item in items:
        if found:
            assert found + table.item_text(item, found) == item


def test_the_end_of_an_address_and_the_start_of_a_sentence_are_kept(make_row):
    path = "/".join(["folder"] * 30) + "/last.txt"
    sentence = "It begins here and " + "goes on and " * 30
    rows = [make_row(0, item=path), make_row(1, item=sentence)]
    shown = Page(table.ordered_table(rows, "", 9_000))

    assert "/last.txt'" in shown.text
    assert "'It begins here and goes on" in shown.text
    assert all(len(words) <= table.FULL for words in shown.told)
    assert any("folder" in words for words in shown.told)


def test_a_task_without_an_outcome_has_an_empty_cell(make_row):
    row = make_row(0, Status.CANCELLED, result=MISSING, seconds=None)

    assert 'class="nbp-is-cancelled"' in table.ordered_table([row], "", 9_000)
    assert "<td></td>" in table.ordered_table([row], "", 9_000)


def test_the_timeline_is_there_as_an_image_where_a_picture_is_taken_out(failing):
    bars = (Bar(0.0, 1.0, "ok", 0), Bar(1.0, 2.0, "error", 1, 1, 1))
    drawn = Strip((bars,), 0.0, 2.0, workers=1)
    source = page.static(failing(strip=drawn))
    hidden = source.partition('<div class="nbp-unstyled"><img ')[2]

    assert source.index("<svg") < source.index("<img") < source.index("<form")
    assert 'src="data:image/svg+xml;base64,' in hidden.partition(">")[0]
    assert ".nbp .nbp-unstyled { display: none; }" in STYLE
    assert "<img" not in page.static(failing())
