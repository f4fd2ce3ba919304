"""What `pmap` refuses before anything starts, and what it makes of its input."""

from __future__ import annotations

import functools
import sys
import types

import numpy as np
import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.work.inputs import work_of
from nbparallel.work.reading import LONG_RANGE

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
def refused():
    """Expect a refusal that says all this, and that no task was started."""
    started, before = [], nbp.last

    def task(x):
        started.append(x)

    def check(kind, *parts, call):
        with pytest.raises(kind) as caught:
            call(task)
        message = str(caught.value)
        assert [part for part in parts if part not in message] == []
        assert started == []
        assert nbp.last is before

    return check


def divide(top, bottom):
    return top / bottom


class TestRefused:
    @pytest.mark.parametrize("what", [3, "fetch", None, [1, 2]], ids=repr)
    def test_what_cannot_be_called(self, refused, what):
        refused(
            nbp.BadType,
            "first argument must be a function",
            repr(what),
            "Write pmap(fetch, urls), not pmap(fetch(urls)) or pmap(urls, fetch)",
            call=lambda _: nbp.pmap(what, [1]),
        )

    def test_nothing_to_go_through(self, refused):
        refused(nbp.BadType, "write pmap(task, items)", call=nbp.pmap)

    @pytest.mark.parametrize(
        ("text", "pieces"),
        [
            ("http://x", "letters"),
            ("", "letters"),
            (b"ab", "bytes"),
            (bytearray(b"ab"), "bytes"),
        ],
        ids=repr,
    )
    def test_text_which_is_one_item(self, refused, text, pieces):
        refused(
            nbp.BadType,
            f"the single {pieces} of {type(text).__name__} {text!r}",
            f"For a single item write pmap(task, [{text!r}])",
            f"For its {pieces} write pmap(task, list(…))",
            call=lambda task: nbp.pmap(task, text),
        )

    def test_texts_which_are_items(self, refused):
        refused(
            nbp.BadType,
            "For these items write pmap(task, ['a', 'b'])",
            call=lambda task: nbp.pmap(task, "a", "b"),
        )
        refused(
            nbp.BadType,
            "For these items write pmap(task, ['a', 'a', 'a', …])",
            call=lambda task: nbp.pmap(task, *"a" * 1000),
        )

    @pytest.mark.parametrize("verb", ["compare", "sweep"])
    def test_text_that_is_measured(self, refused, verb):
        refused(
            nbp.BadType,
            f"write nbp.{verb}(task, ['http://x'])",
            call=lambda task: getattr(nbp, verb)(task, "http://x"),
        )

    @pytest.mark.parametrize("what", [7, None, np.array(5), object], ids=repr)
    def test_what_cannot_be_gone_through(self, refused, what):
        refused(
            nbp.BadType,
            "not iterable",
            "write pmap(task, [item])",
            call=lambda task: nbp.pmap(task, what),
        )

    @pytest.mark.parametrize(
        ("option", "value", "kind", "parts"),
        [
            ("workers", 0, nbp.BadValue, ["workers=0", "at least 1"]),
            ("workers", -3, nbp.BadValue, ["workers=-3"]),
            ("workers", 2.5, nbp.BadType, ["workers=2.5", "workers=8"]),
            ("workers", True, nbp.BadType, ["workers=True", "whole number"]),
            ("workers", "4", nbp.BadType, ["workers='4'"]),
            ("buffer", 0, nbp.BadValue, ["buffer=0", "at least 1"]),
            ("rows", None, nbp.BadType, ["rows=None"]),
            ("wrokers", 4, nbp.BadType, ["'wrokers'", "Did you mean 'workers'?"]),
            ("zzz", 4, nbp.BadType, ["'zzz'", "The options are workers, backend"]),
            ("backend", "thread", nbp.BadValue, ["'thread'", "mean 'threads'?"]),
            (
                "backend",
                "zzz",
                nbp.BadValue,
                ["'threads', 'processes', 'asyncio', 'inline'"],
            ),
            ("backend", 3, nbp.BadType, ["backend=3", "must be a string"]),
            ("on_error", "rise", nbp.BadValue, ["mean 'raise'?", "on_error='collect'"]),
            ("on_error", None, nbp.BadType, ["on_error=None"]),
            ("unpack", "arg", nbp.BadValue, ["Did you mean 'args'?", "unpack='item'"]),
            ("ordered", 1, nbp.BadType, ["ordered=1", "True or False"]),
            ("block", "no", nbp.BadType, ["block='no'", "True or False"]),
            ("grace", -1, nbp.BadValue, ["grace=-1"]),
            ("grace", "1s", nbp.BadType, ["grace='1s'", "grace=1.5"]),
            ("grace", float("nan"), nbp.BadValue, ["grace=nan"]),
            ("desc", 5, nbp.BadType, ["desc=5", "must be a string"]),
        ],
    )
    def test_options_that_cannot_be(self, refused, option, value, kind, parts):
        refused(kind, *parts, call=lambda task: nbp.pmap(task, [1], **{option: value}))
        with pytest.raises(kind), nbp.defaults(**{option: value}):
            nbp.pmap(str, [1])

    def test_a_misspelt_column(self, refused):
        given = pd.DataFrame({"top": [1], "botom": [2]})
        refused(
            nbp.BadType,
            "divide(top, bottom)",
            "'botom' is not one of its parameters. Did you mean 'bottom'?",
            call=lambda _: nbp.pmap(divide, given),
        )

    def test_a_missing_column(self, refused):
        refused(
            nbp.BadType,
            "divide(top, bottom) cannot be called with one argument per column: top",
            "missing a required argument: 'bottom'",
            call=lambda _: nbp.pmap(divide, pd.DataFrame({"top": [1]})),
        )

    def test_columns_that_are_no_names(self, refused):
        refused(
            nbp.BadType,
            "the column 0 cannot be a keyword argument",
            'unpack="args"',
            call=lambda task: nbp.pmap(task, pd.DataFrame({0: [1]})),
        )

    def test_columns_of_the_same_name(self, refused):
        given = pd.DataFrame([[1, 2]], columns=["x", "x"])
        refused(
            nbp.BadType,
            "'x'",
            "more than once",
            'unpack="args"',
            call=lambda task: nbp.pmap(task, given),
        )

    def test_too_many_columns_for_the_function(self, refused):
        given = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
        refused(
            nbp.BadType,
            "divide(top, bottom)",
            "3 in all",
            call=lambda _: nbp.pmap(divide, given, unpack="args"),
        )

    @pytest.mark.parametrize(
        ("items", "unpack", "parts"),
        [
            ([1], "args", ["each item must be a tuple", "task(*item)", "int 1"]),
            ([1], "kwargs", ["each item must be a dict", "task(**item)", "int 1"]),
            ([(1, 2)], "args", ["task(x)", "too many positional arguments"]),
            ([{"y": 1}], "kwargs", ["'y' is not one of its parameters"]),
        ],
        ids=repr,
    )
    def test_items_that_do_not_unpack(self, refused, items, unpack, parts):
        refused(
            nbp.BadType,
            *parts,
            call=lambda task: nbp.pmap(task, items, unpack=unpack),
        )

    def test_more_iterables_than_arguments(self, refused):
        refused(
            nbp.BadType,
            "task(x)",
            "one argument per iterable: 2 in all",
            call=lambda task: nbp.pmap(task, [1], [2]),
        )

    def test_fewer_iterables_than_arguments(self, refused):
        refused(
            nbp.BadType,
            "missing a required argument: 'bottom'",
            "pmap(lambda item: divide(…), …)",
            call=lambda _: nbp.pmap(divide, [1]),
        )

    @pytest.mark.parametrize("unpack", ["kwargs", "item"])
    def test_unpacking_several_iterables(self, refused, unpack):
        refused(
            nbp.BadType,
            f"unpack='{unpack}' needs one iterable, but 2 were given",
            "Leave unpack out",
            call=lambda _: nbp.pmap(divide, [1], [2], unpack=unpack),
        )

    def test_values_that_cannot_be_shown_are_left_out(self, refused):
        class Mute:
            def __repr__(self):
                raise RuntimeError

        refused(nbp.BadType, "not iterable", call=lambda task: nbp.pmap(task, Mute()))

    def test_long_values_are_cut(self):
        with pytest.raises(nbp.BadType) as caught:
            nbp.pmap("x" * 100_000, [1])

        assert len(str(caught.value)) < 400


class TestCallables:
    @pytest.mark.parametrize(
        "fn",
        [
            int,
            "{}".format,
            functools.partial(pow, 2),
            types.MethodType(lambda self, x: (self, x), "self"),
            np.sqrt,
            len.__call__,
        ],
        ids=lambda fn: type(fn).__name__,
    )
    def test_anything_that_can_be_called(self, fn):
        given = ["12"] if fn == len.__call__ else [1]

        assert nbp.pmap(fn, given).results == [fn(given[0])]

    def test_the_run_is_called_like_the_function(self):
        assert nbp.pmap(divide, [1], [2]).snapshot().name == "divide"
        assert nbp.pmap(functools.partial(divide, 1), [2]).snapshot().name == "divide"
        assert nbp.pmap(str, [1], desc="mine").snapshot().name == "mine"


class TestIterables:
    @pytest.mark.parametrize(
        ("given", "items"),
        [
            ([3, 1], [3, 1]),
            ((3, 1), [3, 1]),
            ({"a": 1, "b": 2}, ["a", "b"]),
            ({"a": 1}.items(), [("a", 1)]),
            (range(3), [0, 1, 2]),
            (np.array([1, 2]), [1, 2]),
            (pd.Series([1, 2]), [1, 2]),
            (pd.Index([1, 2]), [1, 2]),
        ],
        ids=lambda given: type(given).__name__,
    )
    def test_what_has_its_items_at_hand(self, given, items):
        work = work_of(str, (given,), None)

        assert work.items == items
        assert work.total == len(items)
        assert work.source is None

    @pytest.mark.parametrize(
        ("given", "total"),
        [
            (iter([1, 2]), None),
            (range(LONG_RANGE + 1), LONG_RANGE + 1),
            (range(10**30), None),
        ],
        ids=["iterator", "long range", "endless range"],
    )
    def test_what_is_read_lazily(self, given, total):
        work = work_of(str, (given,), None)

        assert work.items is None
        assert work.total == total
        assert next(work.source) in {0, 1}

    def test_a_length_that_does_not_say_is_not_asked_for_twice(self):
        class Loader:
            def __len__(self):
                raise TypeError

            def __iter__(self):
                return iter([1, 2])

        assert nbp.pmap(str, Loader()).results == ["1", "2"]
        assert nbp.pmap(divide, Loader(), [1, 2]).results == [1, 1]

    def test_what_can_only_be_indexed(self):
        class Old:
            def __getitem__(self, index):
                if index == 3:
                    raise IndexError
                return index

        assert nbp.pmap(str, Old()).results == ["0", "1", "2"]

    def test_an_empty_one_among_several(self):
        assert work_of(divide, ([], [1, 2]), None).total == 0
        assert nbp.pmap(divide, [], [1, 2]).results == []

    def test_items_that_are_iterators_are_unpacked_whole(self):
        items = [iter([6, 3]), iter([8, 2])]

        assert nbp.pmap(divide, items, unpack="args").results == [2, 4]

    def test_a_library_that_is_just_being_imported_by_another_thread(self, monkeypatch):
        for name in ("numpy", "pandas"):
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))

        assert work_of(str, ([1, 2],), None).items == [1, 2]

    def test_changing_the_list_afterwards_does_not_change_the_run(self):
        given = [1, 2]
        run = nbp.pmap(str, given)
        given.append(3)

        assert len(run) == 2
        assert run.df["item"].tolist() == [1, 2]
