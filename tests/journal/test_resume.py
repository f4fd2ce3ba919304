"""What a run gets back from its journal, and what it carries out."""

from __future__ import annotations

import functools
import math
import threading

import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.types import Status
from tests.engine.conftest import wait_for
from tests.journal import tasks


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    tasks.fresh(tmp_path / "calls", monkeypatch)


@pytest.mark.usefixtures("backend")
def test_what_was_ok_comes_back_and_the_rest_runs(path):
    with tasks.failing({3, 7}):
        first = nbp.pmap(tasks.task, range(20), journal=path)
    assert sorted(first.errors) == [3, 7]
    before = tasks.calls()

    second = nbp.pmap(tasks.task, range(20), journal=path)

    assert second.results == [(n, str(n)) for n in range(20)]
    assert tasks.calls()[len(before) :] in ([3, 7], [7, 3])
    assert second.metrics.restored == second.snapshot().restored == 18
    assert sorted(second.columns().restored) == [
        n for n in range(20) if n not in (3, 7)
    ]
    both = [first.df.drop([3, 7]), second.df.drop([3, 7])]
    for name in ("item", "status", "result", "attempts", "output"):
        assert both[0][name].tolist() == both[1][name].tolist()
    assert both[0]["seconds"].tolist() == pytest.approx(both[1]["seconds"].tolist())
    apart = both[0]["started"] - both[1]["started"]
    assert abs(apart).max() < pd.Timedelta("1ms")


@pytest.mark.usefixtures("backend")
def test_a_lazy_input_is_read_and_what_is_there_is_no_work(path):
    nbp.pmap(tasks.task, range(0, 40, 2), journal=path)
    before = tasks.calls()

    run = nbp.pmap(tasks.task, (n for n in range(40)), journal=path)

    assert run.results == [(n, str(n)) for n in range(40)]
    assert sorted(tasks.calls()[len(before) :]) == list(range(1, 40, 2))
    assert run.metrics.restored == 20


def test_a_run_of_which_everything_is_there_ends_at_once(path):
    nbp.pmap(str, range(10), journal=path)

    run = nbp.pmap(str, range(10), journal=path)

    assert run.results == [str(n) for n in range(10)]
    assert run.state.value == "done"
    assert run.metrics.restored == 10
    assert run.metrics.throughput == 0
    assert run.snapshot().rate is None
    lazy = nbp.pmap(str, iter(range(10)), journal=path)
    assert lazy.metrics.restored == 10


@pytest.mark.usefixtures("backend")
def test_a_retry_goes_on_in_the_same_journal(path):
    with tasks.failing({1}):
        run = nbp.pmap(tasks.task, range(3), journal=path)
    run.retry()
    assert run.results == [(n, str(n)) for n in range(3)]

    again = nbp.pmap(tasks.task, range(3), journal=path)

    assert again.metrics.restored == 3
    assert nbp.read_journal(path)["status"].tolist() == ["ok"] * 3
    assert again.df["attempts"].tolist() == [1, 2, 1]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("backend", ["threads", "inline"], indirect=True)
def test_a_cancelled_run_resumes(path, gate, go):
    tasks.gate = gate
    run = go(tasks.gated, range(10), journal=path, workers=1, grace=0)
    try:
        wait_for(lambda: run.snapshot().counts[Status.OK] == 4)
    finally:
        run.cancel()
        gate.open()
        run.wait()
    done = run.snapshot().counts[Status.OK]

    again = nbp.pmap(tasks.gated, range(10), journal=path)

    assert again.results == list(range(10))
    assert again.metrics.restored == done


def test_retries_are_kept_as_one_row(path):
    fails = iter([True, True, False])

    def flaky(item):
        if next(fails):
            raise OSError(item)
        return item

    nbp.pmap(flaky, [5], retries=3, backoff=0, journal=path, workers=1)

    table = nbp.read_journal(path)
    assert table["status"].tolist() == ["ok"]
    assert table["attempts"].tolist() == [3]


def test_a_timeout_is_a_row(path):
    hung = threading.Event()
    nbp.pmap(lambda _: hung.wait(), [1], timeout=0.01, journal=path)
    hung.set()

    (row,) = nbp.read_journal(path).itertuples()
    assert row.status == "timeout"
    assert "0.01" in row.error


def test_nested_runs_may_have_journals(path, tmp_path):
    def inner(item):
        return item + 1

    def outer(item):
        own = str(tmp_path / f"{item}.db")
        return nbp.pmap(inner, range(item), journal=own).results

    run = nbp.pmap(outer, [2, 3], journal=path)

    assert run.results == [[1, 2], [1, 2, 3]]
    assert len(nbp.read_journal(tmp_path / "3.db")) == 3


def test_the_end_is_told_once_all_is_there(path):
    for item, result, _ in nbp.pmap(math.sqrt, range(50), journal=path, block=False):
        assert result == math.sqrt(item)
    assert len(nbp.read_journal(path)) == 50


def test_whoever_reads_a_run_reads_what_is_in_the_file(path, go, monkeypatch):
    """No commit, no row: a reader waits."""
    from nbparallel.journal.journal import Journal

    write, may_write = Journal.write, threading.Event()

    def held(self, *args):
        may_write.wait()
        return write(self, *args)

    monkeypatch.setattr(Journal, "write", held)
    run = go(str, range(3), journal=path)
    wait_for(run._life.scheduler.phase.over.is_set)
    told = []
    reader = threading.Thread(target=lambda: told.append(run.df))
    reader.start()
    reader.join(0.05)
    assert not told
    assert not run.wait(0)
    may_write.set()
    reader.join()
    assert told[0]["status"].tolist() == ["ok"] * 3
    run.wait()


class TestKeys:
    def test_items_that_were_added_run_and_those_in_front_are_found(self, path):
        nbp.pmap(tasks.task, [10, 20, 30], journal=path)
        before = tasks.calls()

        run = nbp.pmap(tasks.task, [5, 10, 20, 30, 40], journal=path)

        assert sorted(tasks.calls()[len(before) :]) == [5, 40]
        assert [result[0] for result in run.results] == [5, 10, 20, 30, 40]

    def test_equal_items_are_told_apart_by_their_place(self, path):
        with tasks.failing_first(2):
            nbp.pmap(tasks.task, ["a"] * 5, journal=path, workers=1)
        assert len(tasks.calls()) == 5

        run = nbp.pmap(tasks.task, ["a"] * 5, journal=path)

        assert len(tasks.calls()) == 7
        assert sorted(run.columns().restored) == [2, 3, 4]

    def test_equal_items_of_a_lazy_input_run_as_often_as_they_are_missing(self, path):
        with tasks.failing_first(2):
            nbp.pmap(tasks.task, ["a"] * 5, journal=path, workers=1)

        run = nbp.pmap(tasks.task, iter(["a"] * 6), journal=path)

        assert len(tasks.calls()) == 8
        assert run.metrics.restored == 3

    def test_a_function_names_them(self, path):
        nbp.pmap(lambda item: item["n"], [{"n": 1, "at": 0}], journal=path, key=_number)
        run = nbp.pmap(
            lambda item: item["n"],
            [{"n": 1, "at": 9}, {"n": 2, "at": 9}],
            journal=path,
            key=_number,
        )
        assert run.results == [1, 2]
        assert run.metrics.restored == 1
        assert nbp.read_journal(path)["key"].tolist() == [1, 2]

    def test_a_column_names_the_rows_of_a_table(self, path):
        table = pd.DataFrame({"id": [1, 2], "x": [0.5, 1.5]}, index=["a", "b"])
        nbp.pmap(_sum, table, journal=path, key="id")

        run = nbp.pmap(_sum, table.assign(x=9).iloc[::-1], journal=path, key="id")

        assert run.df["result"].to_dict() == {"b": 3.5, "a": 1.5}
        assert run.metrics.restored == 2

    @pytest.mark.parametrize("unpack", ["args", "kwargs", "item"])
    def test_rows_of_tables_are_told_apart(self, path, unpack):
        table = pd.DataFrame({"id": [1, 2], "day": pd.to_datetime(["2020", "2021"])})
        for _ in range(2):
            run = nbp.pmap(lambda *_, **__: 1, table, unpack=unpack, journal=path)
        assert run.metrics.restored == 2


def _number(item):
    return item["n"]


def _sum(id, x):  # noqa: A002
    return id + x


class TestFunctions:
    def test_a_changed_source_is_another_function(self, path):
        def make(text):
            space = {"__name__": "notebook"}
            exec(text, space)
            return space["fetch"]

        nbp.pmap(make("def fetch(x):\n    return x"), [1], journal=path)
        nbp.pmap(make("def fetch(x):\n    return x"), [1], journal=path)
        with pytest.raises(nbp.BadValue, match=r"notebook\.fetch as it was before"):
            nbp.pmap(make("def fetch(x):\n    return x + 1"), [1], journal=path)

    def test_bound_arguments_are_part_of_it(self, path):
        nbp.pmap(functools.partial(pow, 2), [1, 2], journal=path)
        assert nbp.pmap(
            functools.partial(pow, 2), [1, 2], journal=path
        ).metrics.restored
        with pytest.raises(nbp.BadValue, match="the bound argument 0 was different"):
            nbp.pmap(functools.partial(pow, 3), [1, 2], journal=path)

    def test_a_lambda_is_known_by_what_it_does(self, path):
        nbp.pmap(lambda x: x in {"a", "b"}, ["a"], journal=path)
        assert nbp.pmap(lambda x: x in {"a", "b"}, ["a"], journal=path, rows=3).results
        with pytest.raises(nbp.BadValue, match="as it was before"):
            nbp.pmap(lambda x: x in {"a", "c"}, ["a"], journal=path)


class TestMagic:
    CELL = "def half(x):\n    return x / 2\nhalf(x)"

    @pytest.fixture
    def shell(self):
        from types import ModuleType

        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        settings = Config()
        settings.HistoryManager.enabled = False
        made = InteractiveShell(config=settings, user_module=ModuleType("notebook"))
        made.run_line_magic("load_ext", "nbparallel")
        return made

    def run(self, shell, line, cell):
        done = shell.run_cell(f"%%parallel {line}\n{cell}")
        done.raise_error()
        return done.result

    def test_a_loop_resumes_by_the_source_of_its_body(self, shell, path):
        line = f"--journal {path} --no-progress for x in [1, 2]"
        assert self.run(shell, line, self.CELL).metrics.restored == 0
        again = self.run(shell, line, f"{self.CELL}  # a comment")
        assert again.metrics.restored == 2
        assert again.results == [0.5, 1.0]
        with pytest.raises(nbp.BadValue, match="as it was before it was changed"):
            self.run(shell, line, self.CELL.replace("2", "3"))

    def test_statements_have_none(self, shell, path):
        with pytest.raises(nbp.BadValue, match="statements of a cell are neither"):
            self.run(shell, f"--journal {path}", "a = 1\nb = 2")
