"""A function over the leaves of a tree: order, shape, branches, and what goes wrong."""

from __future__ import annotations

import csv
import threading
from collections import UserString
from dataclasses import dataclass
from itertools import product
from random import Random
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.testing import DEADLINE
from nbparallel.types import State, Status
from nbparallel.views import text
from tests.engine.conftest import wait_for

CHAPTERS = {
    f"chapter {chapter}": [
        [100 * chapter + 10 * task + n for n in (1, 2)] for task in (1, 2, 3)
    ]
    for chapter in range(4)
}
LEAVES = [leaf for tasks in CHAPTERS.values() for task in tasks for leaf in task]
SWITCHES = list(product([True, False], repeat=3))

pytestmark = pytest.mark.usefixtures("quiet")


def total(outcomes):
    """Add up a branch of numbers."""
    return sum(outcomes.values() if isinstance(outcomes, dict) else outcomes)


def double(number):
    """Do so, where processes find it."""
    return 2 * number


class Watching:
    """A task that takes a random time, and notes which leaves had ended before it."""

    def __init__(self, seed, longest=0.001):
        self.random, self.longest = Random(seed), longest
        self.lock = threading.Lock()
        self.going = self.most = 0
        self.ended, self.before = [], {}

    def __call__(self, item, path):
        with self.lock:
            self.going += 1
            self.most = max(self.most, self.going)
            self.before[path] = {*self.ended}
            pause = self.random.random() * self.longest
        nbp.sleep(pause)
        with self.lock:
            self.going -= 1
            self.ended.append(path)
        return 2 * item


# --- order --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(50))
def test_results_are_the_same_for_all_switches_under_random_delays(seed):
    for switches in SWITCHES:
        task = Watching(seed)
        run = nbp.ptree(
            task,
            CHAPTERS,
            concurrent=switches,
            workers=5,
            path=True,
            combine=lambda o, _: total(o),
        )
        assert run.results == [2 * leaf for leaf in LEAVES]
        assert run.branches[()] == 2 * sum(LEAVES)
        assert run.branches[("chapter 2", 1)] == 2 * (221 + 222)
        assert task.most <= 5
        assert all(earlier <= task.before[path] for path, earlier in before(switches))


@pytest.mark.parametrize("switches", [s for s in SWITCHES if sum(s) > 1])
def test_of_a_large_tree_eight_leaves_are_carried_out_at_a_time(switches):
    tree = [[[1] * 3 for _ in range(4)] for _ in range(10)]
    task = Watching(0, longest=0.1)
    nbp.ptree(task, tree, concurrent=switches, workers=8, path=True)
    assert task.most == 8


def before(switches):
    """Give each path with all that have to end before it, by the switches."""
    paths = [
        (c, t, n) for c, tasks in CHAPTERS.items() for t in range(3) for n in range(2)
    ]
    for path in paths:
        yield (
            path,
            {
                each
                for each in paths
                for level in range(3)
                if not switches[level]
                and each[:level] == path[:level]
                and each[level] < path[level]
            },
        )


def test_two_levels_as_in_a_report(gate):
    # Given chapters one after another, the tasks of each at the same time
    report = {"one": ["a", "b"], "two": ["c", "d"]}
    run = nbp.ptree(gate, report, concurrent=(False, True), workers=4, block=False)
    gate.wait_for("a", "b")
    gate.open("a")
    wait_for(lambda: run.snapshot().counts[Status.OK] == 1)
    assert gate.started in (["a", "b"], ["b", "a"])
    gate.open()
    assert run.tree == report

    # And the other way round
    gate.close()
    gate.started.clear()
    run = nbp.ptree(gate, report, concurrent=(True, False), workers=4, block=False)
    gate.wait_for("a", "c")
    gate.open("a")
    gate.wait_for("b")
    assert sorted(gate.started) == ["a", "b", "c"]
    gate.open()
    assert run.tree == report


def test_a_failed_leaf_leaves_all_others_alone():
    def fail(number):
        if number == 111:
            raise ValueError(number)
        return number

    for switches in SWITCHES:
        run = nbp.ptree(fail, CHAPTERS, concurrent=switches, workers=3)
        assert run.df["status"].value_counts()["ok"] == len(LEAVES) - 1
        assert run.df.loc[("chapter 1", 0, 0), "status"] == "error"
        with pytest.raises(ValueError, match="111"):
            _ = run.tree


def test_one_worker_is_enough_for_runs_inside_tasks_and_branches():
    def inner(number):
        return nbp.pmap(double, [number]).results[0]

    def combine(outcomes):
        return nbp.pmap(int, [total(outcomes)]).results[0]

    for switches in SWITCHES:
        run = nbp.ptree(
            inner, CHAPTERS, concurrent=switches, workers=1, combine=combine
        )
        assert run.branches[()] == 2 * sum(LEAVES)


def test_a_hundred_thousand_leaves():
    tree = [range(1000)] * 100
    run = nbp.ptree(abs, tree, concurrent=(False, True), combine=sum)
    assert run.branches[()] == 100 * sum(range(1000))
    assert len(run.df) == 100_000


# --- shape --------------------------------------------------------------------------


def test_results_have_the_shape_of_the_tree():
    tree = {"a": {}, "b": [], "c": 1, "d": [[2]], "e": ([], MappingProxyType({"f": 3}))}
    run = nbp.ptree(double, tree)
    assert run.tree == {"a": {}, "b": [], "c": 2, "d": [[4]], "e": [[], {"f": 6}]}
    assert run.results == [2, 4, 6]
    assert nbp.ptree(double, {}).tree == {}
    assert nbp.ptree(double, []).results == []
    assert list(nbp.ptree(double, []).df) == list(run.df)


def test_rows_are_indexed_by_path():
    df = nbp.ptree(double, {"a": [1, 2], "b": [3]}).df
    assert df.index.tolist() == [("a", 0), ("a", 1), ("b", 0)]
    assert df["result"].loc["a"].tolist() == [2, 4]
    assert df["item"].dtype == "int64"
    ragged = nbp.ptree(double, [[1, [2]], 3]).df
    assert ragged.index.nlevels == 3
    assert ragged.loc[(0, 1, 0), "result"] == 4
    assert [str(kind) for kind in ragged.index.dtypes] == ["int64"] * 3
    back = nbp.ptree(double, {"b": {"y": 1}, "a": {"y": 2, "x": 3}}).df
    assert back.loc[("a", "y"), "result"] == 4
    odd = nbp.ptree(double, {(1, 2): [1], "x": [2], None: [3]}).df.index
    assert [key for key, _ in odd][:2] == [(1, 2), "x"]


@dataclass
class Record:
    """A sequence by its looks, an item by its kind."""

    size: int


class Pair(NamedTuple):
    """A tuple by its looks, an item by its kind."""

    left: int
    right: int


def test_leaves_are_what_is_no_mapping_and_no_sequence_of_items():
    leaves = [
        "text",
        b"bytes",
        bytearray(b"b"),
        UserString("u"),
        1,
        None,
        {1, 2},
        Record(1),
        Pair(1, 2),
        np.arange(3),
        pd.Series([1]),
        pd.DataFrame({"a": [1]}),
        range,
    ]
    run = nbp.ptree(type, [leaves])
    assert run.tree == [[type(leaf) for leaf in leaves]]
    assert nbp.ptree(double, [range(3), (4,)]).tree == [[0, 2, 4], [8]]


def test_the_path_is_passed_where_it_is_asked_for():
    tree = {"a": [1], "b": {"c": 2}}
    run = nbp.ptree(lambda item, path: (item, path), tree, path=True)
    assert run.results == [(1, ("a", 0)), (2, ("b", "c"))]
    assert run.df["item"].tolist() == [1, 2]
    seen = []
    nbp.ptree(
        lambda item, _: item, tree, path=True, combine=lambda _, path: seen.append(path)
    )
    assert seen[-1] == ()
    assert sorted(seen[:2]) == [("a",), ("b",)]


def test_bars_show_the_branches_at_the_top(gate):
    run = nbp.ptree(
        gate, {"one": [1, 2], "two": [[3]], "no": []}, workers=3, block=False
    )
    gate.open(1)
    wait_for(lambda: run.snapshot().counts[Status.OK] == 1)
    (bars,) = run.snapshot().exhibits
    assert [(bar.label, bar.done, bar.total) for bar in bars.bars] == [
        ("one", 1, 2),
        ("two", 0, 1),
    ]
    gate.open()
    run.wait()
    assert "two  [####################] 1 of 1" in text.plain(run.snapshot())
    assert run.snapshot().exhibits[0].bars[0].done == 2
    many = nbp.ptree(abs, [[1]] * 1000).snapshot().exhibits[0]
    assert (len(many.bars), many.more) == (20, 980)
    assert nbp.ptree(abs, [1]).snapshot().exhibits == ()


# --- branches -----------------------------------------------------------------------


def test_branches_are_combined_as_soon_as_they_are_complete(gate):
    combined = []

    def combine(outcomes, path):
        combined.append(path)
        return outcomes

    def task(item, _):
        return gate(item)

    tree = {"one": ["a", "b"], "two": ["c"]}
    run = nbp.ptree(task, tree, path=True, combine=combine, workers=3, block=False)
    gate.open("a", "b")
    wait_for(lambda: ("one",) in run.branches)
    assert run.branches == {("one",): ["a", "b"]}
    assert run.state is State.RUNNING
    gate.open()
    run.wait()
    assert combined == [("one",), ("two",), ()]
    assert run.branches[()] == {"one": ["a", "b"], "two": ["c"]}


def test_a_branch_goes_before_leaves_that_wait():
    order = []

    def combine(outcomes):
        order.append(len(outcomes))

    nbp.ptree(order.append, [["a"], ["b"], ["c"]], combine=combine, workers=1)
    assert order == ["a", 1, "b", 1, "c", 1, 3]


def test_what_has_failed_is_an_exception_for_the_branch_around_it():
    heard = {}

    def fail(item, path):
        if item == 2:
            raise ValueError(path)
        return item

    def combine(outcomes, path):
        heard[path] = outcomes
        if any(isinstance(each, ValueError) for each in outcomes):
            raise LookupError(path)
        return len(outcomes)

    run = nbp.ptree(fail, [[1, 2], [3]], path=True, combine=combine)
    assert heard[0,][0] == 1
    assert str(heard[0,][1]) == "(0, 1)"
    assert heard[1,] == [3]
    assert isinstance(heard[()][0], LookupError)
    assert heard[()][1] == 1
    assert run.branches == {(1,): 1, (): 2}
    assert [type(each) for each in run.errors.values()] == [ValueError, LookupError]
    assert run.df["status"].tolist() == ["ok", "error", "ok"]


def test_a_retry_carries_out_what_failed_and_combines_what_is_around_it():
    failing, calls = {2}, []

    def flaky(item, path):
        calls.append(path)
        if item in failing:
            raise ValueError(item)
        return item

    def combine(outcomes, path):
        calls.append(path)
        return sum(outcomes)

    tree = [[1, 2], [3, [4]]]
    run = nbp.ptree(flaky, tree, path=True, combine=combine, workers=2)
    assert run.branches == {(1, 1): 4, (1,): 7}
    failing.clear()
    calls.clear()
    run.retry()
    assert calls == [(0, 1), (0,), ()]
    assert run.branches[()] == 10
    assert run.snapshot().exhibits[0].bars[0].failed == 0


def test_a_tree_that_is_combined_is_retried_at_its_end(gate):
    run = nbp.ptree(gate, [[1]], combine=total, block=False)
    with pytest.raises(nbp.StillRunning, match=r"run\.wait\(\)"):
        run.retry()
    gate.open()
    run.wait()
    assert run.retry().branches[()] == 1


# --- engine -------------------------------------------------------------------------


def test_cancel_and_the_rest_afterwards(gate):
    tree = {"one": [1, 2], "two": [3, 4]}
    run = nbp.ptree(
        gate, tree, concurrent=False, combine=total, workers=2, grace=0.05, block=False
    )
    gate.open(1)
    gate.wait_for(2)
    run.cancel()
    assert run.wait(DEADLINE)
    assert run.state is State.CANCELLED
    assert run.df["status"].tolist() == ["ok", "cancelled", "cancelled", "cancelled"]
    assert sum(run.snapshot().counts.values()) == 7
    gate.open()
    assert run.retry(block=True).branches[()] == 10
    assert gate.started == [1, 2, 2, 3, 4]


def test_pause_and_resume(gate):
    run = nbp.ptree(gate, [[1, 2], [3]], concurrent=False, combine=total, block=False)
    gate.wait_for(1)
    run.pause()
    gate.open()
    wait_for(lambda: run.snapshot().counts[Status.OK] == 1)
    assert run.state is State.PAUSED
    assert gate.started == [1]
    run.resume()
    assert run.wait(DEADLINE)
    assert run.branches[()] == 6


@pytest.mark.parametrize(
    "switches", [(True, True), (False, True), (True, False), (False, False)]
)
def test_on_processes(switches):
    tree = {"one": [1, 2], "two": [3]}
    run = nbp.ptree(
        double, tree, concurrent=switches, backend="processes", workers=2, combine=total
    )
    assert run.tree == {"one": [2, 4], "two": [6]}
    assert run.branches == {("one",): 6, ("two",): 6, (): 12}


def test_failures_and_paths_reach_branches_in_processes():
    def fail(item, path):
        return path if item else item / 0

    def combine(outcomes, path):
        return path, [type(each).__name__ for each in outcomes]

    run = nbp.ptree(
        fail, [[0, 1]], path=True, combine=combine, backend="processes", workers=1
    )
    assert run.branches[(0,)] == ((0,), ["ZeroDivisionError", "tuple"])


def test_on_an_event_loop():
    async def fetch(item):
        return 2 * item

    async def combine(outcomes):
        return total(outcomes)

    for each in (combine, total):
        run = nbp.ptree(fetch, {"one": [1, 2], "two": [3]}, combine=each)
        assert run.options.backend == "asyncio"
        assert run.branches[()] == 12
    assert nbp.ptree(double, [[1]], combine=combine).branches[()] == 2


def test_options_are_those_of_pmap(gate):
    tries = []

    def flaky(item):
        tries.append(item)
        if len(tries) == 1:
            raise ValueError(item)
        return item

    run = nbp.ptree(flaky, [[1]], retries=1, backoff=0, rate="1000/s", combine=total)
    assert (tries, run.branches[()]) == ([1, 1], 1)
    heard = []
    run = nbp.ptree(gate, [[1]], timeout=0.05, combine=heard.append)
    assert run.df["status"].tolist() == ["timeout"]
    assert isinstance(heard[0][0], nbp.TaskTimeout)
    gate.open()
    with pytest.raises(ZeroDivisionError):
        nbp.ptree(lambda item: item / 0, [[1], [2]], on_error="raise", combine=total)


calls, failing = [], set()


def flaky(item):
    calls.append(item)
    if item in failing:
        raise ValueError(item)
    return item


def test_a_journal_keeps_leaves_and_branches_are_combined_anew(tmp_path):
    failing.add(2)

    def resumed():
        calls.clear()
        options = {"journal": tmp_path / "tree.db", "combine": combine}
        return nbp.ptree(flaky, [[1, 2], [3]], concurrent=(False, True), **options)

    def combine(outcomes):
        calls.append("combine")
        return total(outcomes)

    assert resumed().branches == {(1,): 3}
    failing.clear()
    run = resumed()
    assert calls == [2, "combine", "combine", "combine"]
    assert run.branches[()] == 6
    assert run.metrics.restored == 2
    assert len(nbp.read_journal(tmp_path / "tree.db")) == 3


def test_what_is_forgotten_is_gone():
    run = nbp.ptree(double, [[1]], combine=total)
    run.forget()
    with pytest.raises(nbp.UsageError, match="forget"):
        _ = run.results
    with pytest.raises(nbp.UsageError, match="forget"):
        _ = run.branches
    assert {*map(str, run._tree.outcomes)} == {"Missing.MISSING"}


# --- files --------------------------------------------------------------------------


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_branches_are_saved_as_their_leaves_end(gate, tmp_path):
    tree = {"one": {"a": 1, "b": 2}, "two": [3]}
    export = tmp_path / "new" / "chapters" / "{0}.csv"
    run = nbp.ptree(gate, tree, export=export, workers=3, block=False)
    one, two = export.with_name("one.csv"), export.with_name("two.csv")
    gate.open(1)
    wait_for(one.exists)
    assert [row["item"] for row in rows_of(one)] == ["1"]
    assert not two.exists()

    gate.open()
    run.wait()
    assert [(row["level_1"], row["result"]) for row in rows_of(one)] == [
        ("a", "1"),
        ("b", "2"),
    ]
    assert rows_of(two)[0] == {
        "level_0": "two",
        "level_1": "0",
        "item": "3",
        "status": "ok",
        "result": "3",
        "error": "",
    }
    assert sorted(each.name for each in one.parent.iterdir()) == ["one.csv", "two.csv"]


def test_what_had_ended_is_saved_when_a_run_is_cancelled(gate, tmp_path):
    export = f"{tmp_path}/{{0}}.csv"
    run = nbp.ptree(
        gate, [[1, 2]], concurrent=False, export=export, grace=0.05, block=False
    )
    gate.open(1)
    gate.wait_for(2)
    run.cancel()
    run.wait(DEADLINE)
    statuses = [row["status"] for row in rows_of(tmp_path / "0.csv")]
    assert statuses == ["ok"]
    gate.open()
    run.retry(block=True)
    assert [row["result"] for row in rows_of(tmp_path / "0.csv")] == ["1", "2"]


def test_names_of_files_lead_nowhere_else(tmp_path):
    keys = [
        "../../etc/x",
        "a/b",
        "A_B",
        "",
        "..",
        "con",
        "é",
        "x" * 1000,
        1,
        "1",
        "C:\\d",
    ]
    folder = tmp_path / "in"
    run = nbp.ptree(double, {key: [1] for key in keys}, export=folder / "{0}.csv")
    assert run.state is State.DONE
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == len(keys)
    assert [*tmp_path.iterdir()] == [folder]
    assert {"_.._etc_x.csv", "a_b.csv", "A_B-2.csv", "_con.csv", "1-2.csv"} <= {*names}


def test_a_file_that_cannot_be_written_is_said_and_the_run_goes_on(tmp_path, caplog):
    (tmp_path / "one.csv").mkdir()
    run = nbp.ptree(double, {"one": [1], "two": [2]}, export=tmp_path / "{0}.csv")
    one, two = run.snapshot().exhibits[0].bars
    assert one.note.startswith("not saved: ")
    assert two.note == ""
    assert "one.csv is not saved" in caplog.text
    assert run.results == [2, 4]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["two.csv"]


def test_a_number_that_has_no_text_is_said_too(tmp_path):
    run = nbp.ptree(
        double, {"one": [10**6000], "two": [2]}, export=tmp_path / "{0}.csv"
    )
    one, two = run.snapshot().exhibits[0].bars
    assert one.note.startswith("not saved: ValueError")
    assert (two.note, run.state) == ("", State.DONE)


def test_what_was_saved_need_not_be_kept(tmp_path):
    tree = {"one": [1, 2], "two": [3]}
    run = nbp.ptree(double, tree, export=tmp_path / "{0}.csv", keep_results=False)
    assert [row["result"] for row in rows_of(tmp_path / "one.csv")] == ["2", "4"]
    assert {*map(str, run._tree.outcomes)} == {"Missing.MISSING"}
    both = nbp.ptree(double, tree, combine=total, keep_results=False)
    assert both.branches == {("one",): 6, ("two",): 6, (): 12}


def test_hostile_values_are_saved_as_text(tmp_path):
    class Hostile:
        def __repr__(self):
            raise RuntimeError

        __str__ = __repr__

    def make(item):
        if item == 1:
            raise ValueError(Hostile())
        return Hostile()

    run = nbp.ptree(make, {Hostile(): [0, 1]}, export=tmp_path / "{0}.csv")
    (path,) = tmp_path.iterdir()
    assert [row["status"] for row in rows_of(path)] == ["ok", "error"]
    assert run.state is State.DONE


# --- mistakes -----------------------------------------------------------------------


def cyclic():
    inner = [1]
    inner.append(inner)
    return {"a": inner}


def deep():
    tree = [1]
    for _ in range(200):
        tree = [tree]
    return tree


MISTAKES = [
    ((abs, cyclic()), {}, r"cycle: tree\['a'\]\[1\] is tree\['a'\] itself"),
    ((abs, deep()), {}, "more than 100 levels"),
    ((abs, 5), {}, r"ptree\(fn, \[item\]\)"),
    ((abs, "ab"), {}, r"ptree\(fn, \['ab'\]\)"),
    ((abs, iter([1])), {}, r"ptree\(fn, list\(…\)\)"),
    ((abs, pd.DataFrame({"a": [1]})), {}, r"1 is an item.*pmap\(fn, table\)"),
    (([1], abs), {}, "must be a function"),
    ((pow, [[1]]), {}, "cannot be called with one argument"),
    ((lambda item: item, [[1]]), {"path": True}, r"Write ptree\(fn, tree\)"),
    ((abs, [[1]]), {"path": 1}, "must be True or False"),
    ((abs, [[1]]), {"concurrent": (True,)}, r"Write concurrent=\(True, True\)"),
    ((abs, [1]), {"concurrent": (True, False)}, r"Write concurrent=\(True,\)"),
    ((abs, [[1]]), {"concurrent": (1, 0)}, "must be True or False for each level"),
    ((abs, [[1]]), {"concurrent": "no"}, "must be True or False for each level"),
    ((abs, [[1]]), {"combine": 3}, "must be a function of"),
    ((abs, [[1]]), {"combine": lambda: 1}, "cannot be called with a branch's outcomes"),
    ((abs, [[1]]), {"export": 3}, "must be the path of a file"),
    ((abs, [[1]]), {"export": "all.csv"}, r'export="chapters/\{0\}.csv"'),
    ((abs, [[1]]), {"export": "{0}.xlsx"}, "end in .csv"),
    ((abs, [[1]]), {"export": "{0}/{1}.csv"}, "must have"),
    ((abs, [[1]]), {"export": "{0!r:{1}}.csv"}, "must have"),
    ((abs, [[1]]), {"export": "/dev/null/{0}.csv"}, "cannot be made"),
    ((abs, [[1]]), {"unpack": "args"}, "takes no unpack"),
    ((abs, [[1]]), {"worker": 3}, "Did you mean 'workers'"),
    ((abs, [[1]]), {"concurent": False}, "Did you mean 'concurrent'"),
    ((abs, [[1]]), {"combin": sum}, "Did you mean 'combine'"),
    ((abs, {"a": 1, "b": [2]}), {"export": "{0}.csv"}, r"tree\['a'\] is an item there"),
]


@pytest.mark.parametrize("tree", [{}, {"a": {}, "b": []}, [[[]]]])
def test_a_tree_without_items_may_be_of_any_depth(tree):
    run = nbp.ptree(double, tree, concurrent=(False, True))
    assert (run.results, run.tree) == ([], tree)


@pytest.mark.parametrize(("args", "options", "told"), MISTAKES)
def test_mistakes_are_refused_before_anything_runs(args, options, told):
    before = nbp.last
    with pytest.raises(nbp.UsageError, match=told):
        nbp.ptree(*args, **options)
    assert nbp.last is before


def test_what_raises_while_it_is_read_stops_before_anything_runs():
    class Broken(list):
        def __iter__(self):
            raise OSError

    calls = []
    with pytest.raises(nbp.InputError, match=r"tree\[1\]"):
        nbp.ptree(calls.append, [[1], Broken()])
    assert calls == []


def test_one_thing_may_stand_in_two_places():
    shared = [1]
    assert nbp.ptree(double, {"a": shared, "b": [shared, shared]}).results == [2, 2, 2]
