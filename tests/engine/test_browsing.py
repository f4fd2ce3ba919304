"""Looking around in a run, page by page."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.engine import browsing
from nbparallel.records.queries import PAGE, Query
from nbparallel.types import Status

MESSAGE = "no page"


def work(item):
    sys.stdout.write(f"printed {item}\n")
    if item % 50 == 7:
        raise LookupError(MESSAGE, item)
    return {"page": item}


@pytest.fixture(scope="module")
def run():
    return nbp.pmap(work, range(120), progress=False)


@pytest.fixture
def browse(run):
    def look(**changes):
        found = browsing.browse(run._life.scheduler, Query(**changes))
        return found, [row.task for row in found.rows]

    return look


def test_pages_hold_all_tasks_in_the_order_of_the_input(browse):
    seen = []
    for number in range(5):
        page, tasks = browse(page=number)
        assert (page.number, page.pages, page.found) == (number, 5, 120)
        seen += tasks
    assert seen == list(range(120))
    assert len(browse()[1]) == PAGE


def test_a_page_that_is_not_there_is_the_nearest(browse):
    assert browse(page=99)[0].number == 4
    assert browse(page=-3)[0].number == 0


@pytest.mark.parametrize(
    ("words", "tasks"),
    [
        ("No Page", [7, 57, 107]),
        ("error", [7, 57, 107]),
        ("'page': 11}", [11]),
        ("printed 9\n", [9]),
        ("118", [118]),
        ("nowhere", []),
    ],
)
def test_words_are_looked_for_wherever_a_task_shows_something(browse, words, tasks):
    page, found = browse(words=words)
    assert found == tasks
    assert (page.found, page.pages, page.searched) == (len(tasks), 1, None)


def test_a_number_finds_its_task_first(browse):
    assert browse(words="17")[1][:2] == [17, 117]


def test_the_slowest_and_the_latest_come_first(run, browse):
    seconds = run.df["seconds"]
    shown = [seconds[task] for task in browse(order="slowest")[1]]
    assert shown == sorted(seconds, reverse=True)[:PAGE]
    ended = run.df["started"] + pd.to_timedelta(seconds, unit="s")
    latest = [ended[task] for task in browse(order="latest")[1]]
    assert latest[0] > ended.quantile(0.7)


def test_a_search_takes_a_bounded_time_and_says_how_far_it_came(browse, monkeypatch):
    monkeypatch.setattr(browsing, "SEARCH", 0.0)
    monkeypatch.setattr(browsing, "STEP", 30)
    page, found = browse(words="no page")
    assert found == [7]
    assert page.searched == 30


def test_tasks_under_way_are_shown_as_running(gate):
    run = nbp.pmap(gate, range(3), workers=1, block=False, progress=False)
    gate.wait_for(0)
    page = browsing.browse(run._life.scheduler, Query())
    assert page.rows[0].status is Status.RUNNING
    assert page.rows[2].status is Status.PENDING
    gate.open()
    run.wait()


def test_the_detail_of_a_task_has_its_tries():
    fixes = iter([ValueError("not yet"), None])

    def flaky(_item):
        if error := next(fixes):
            raise error

    run = nbp.pmap(flaky, [1], retries=1, progress=False)
    found = run.detail(0)
    assert (found.row.status, found.row.attempts) == (Status.OK, 2)
    assert [str(each.error) for each in found.tries] == ["not yet"]


def test_what_is_not_kept_is_not_shown():
    run = nbp.pmap(abs, range(50_000), keep_results=False, progress=False)
    assert run.detail(2500) is None
    assert browsing.browse(run._life.scheduler, Query()).rows
