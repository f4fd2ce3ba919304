"""The benchmarks compare what they say: every contender does the same work."""

from __future__ import annotations

import sys
from functools import partial

import pytest

from benchmarks import lock, report, survival, width
from benchmarks.__main__ import CASES
from benchmarks.contenders import RESULTS
from benchmarks.measure import interleave, ratios, spread
from benchmarks.streams import STREAMS


def double(item):
    return 2 * item


def test_every_contender_gives_every_result():
    expected = [double(item) for item in range(50)]
    for name, contender in RESULTS.items():
        assert sorted(contender(double, list(range(50)), 4)) == expected, name


def test_every_stream_gives_a_first_result():
    for contender in STREAMS.values():
        with contender(double, range(50), 4) as stream:
            assert next(stream) is not None


def test_contenders_take_turns_at_being_first():
    order = []
    contenders = {name: lambda name=name: order.append(name) or 1.0 for name in "abc"}
    interleave(contenders, rounds=2)
    assert "".join(order) == "abcbca"


def test_a_ratio_is_taken_within_a_round():
    figures = {"nbparallel": [1.0, 2.0, 4.0], "other": [10.0, 20.0, 80.0]}
    assert ratios(figures, "other") == [10.0, 10.0, 20.0]
    assert spread(ratios(figures, "other")) == "10 (10 to 20)"


def test_every_case_has_its_place_in_the_readme(tmp_path):
    copy = tmp_path / "README.md"
    copy.write_text(report.README.read_text(encoding="utf-8"), encoding="utf-8")
    for name in {"machine", "lock", *CASES}:
        report.write(name, f"{name} was here", copy)
        assert f"{name} was here" in copy.read_text(encoding="utf-8")


def test_the_lock_is_measured_by_programs_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "FREE_THREADED", sys.executable)
    monkeypatch.setattr(lock, "PICTURE", tmp_path / "lock.png")
    times = {way: [2.0, 4.0] for way in (lock.LOOP, "processes")}
    answers = iter([("3.1", times), ("3.2, free-threaded", times)])
    monkeypatch.setattr(lock, "measured_by", lambda _: next(answers))

    rows = lock.lock().rows

    assert rows[1] == ("CPython 3.1", "processes", "3 (2 to 4)", "1 (1 to 1)")
    assert len(rows) == 4
    assert lock.PICTURE.stat().st_size > 1000


def test_a_case_without_a_place_says_which_lines_to_add(tmp_path):
    (tmp_path / "README.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(LookupError, match="<!-- news: begin -->"):
        report.write("news", "text", tmp_path / "README.md")


@pytest.mark.parametrize("made", [width.requests, width.files, width.computing])
def test_work_is_paced_with_any_number_of_workers(made):
    with made() as task:
        pace, workers = width.pace(task, 2, seconds=0.2)
        assert pace > 0
        assert workers == 2
        row = width.rows_of("work", task, rounds=1, seconds=0.1)

    assert row[0] == "work"
    assert int(row[1]) in width.FIXED


def test_a_journal_is_measured(monkeypatch):
    monkeypatch.setattr(survival, "COUNT", 100)
    monkeypatch.setattr(survival, "interleave", partial(interleave, rounds=1))

    rows = survival.journal().rows

    assert [row[0] for row in rows] == ["threads", "processes"]
    assert all(float(row[1]) > 0 < float(row[2]) for row in rows)


def test_hanging_tasks_are_measured(monkeypatch):
    monkeypatch.setattr(survival, "TASKS", 20)
    monkeypatch.setattr(survival, "interleave", partial(interleave, rounds=1))

    rows = survival.hanging().rows

    assert [row[0] for row in rows] == ["threads", "processes", "asyncio"]
    assert all(float(row[1]) >= survival.TIMEOUT for row in rows)
