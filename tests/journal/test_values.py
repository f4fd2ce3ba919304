"""Values and keys: what goes in comes back, and is never taken for another."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import functools
import math
import pathlib
import threading
import types
import uuid
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbparallel as nbp
from nbparallel.journal.keys import JSON, key_of, keys_of
from nbparallel.journal.values import from_pickle, loads, to_json, to_pickle
from tests.journal.processes import said_with_other_hashes

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.binary()
    | st.complex_numbers()
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=20,
)


def same(one, two):
    """Whether they are equal, and of the same types all the way down."""
    if type(one) is not type(two):
        return False
    if isinstance(one, dict):
        return [*one] == [*two] and all(same(one[key], two[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))
    return one == two or repr(one) == repr(two)  # NaN is not equal to itself


@given(values)
def test_a_value_comes_back_as_it_was(value):
    text = to_json(value)
    back = from_pickle(to_pickle(value)) if text is None else loads(text)
    assert same(back, value)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(items=st.lists(values, max_size=30))
def test_a_run_gets_back_what_it_had(items, tmp_path):
    place = tmp_path / f"{uuid.uuid4()}.db"
    first = nbp.pmap(_same, items, journal=place)
    second = nbp.pmap(_same, items, journal=place)
    assert second.metrics.restored == len(items)
    assert all(map(same, second.results, first.results))
    assert len(nbp.read_journal(place)) == len(items)


def _same(item):
    return item


class Text(str):
    __slots__ = ()


class Colour(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [(1, 2), {1: 2}, Text("a"), Colour.RED, {"a": (1,)}, OrderedDict(a=1), b"", {1}],
)
def test_what_json_would_change_is_no_json(value):
    assert to_json(value) is None


def test_json_stops_at_what_it_cannot_write():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert to_json(deep) is None
    assert to_json(10**5000) is None
    circle = []
    circle.append(circle)
    assert to_json(circle) is None


@pytest.mark.parametrize(
    "result",
    ["x" * 100_000, ["y" * 5000], (1,) * 5000, 10**5000, [math.nan], b"\0" * 9000],
    ids=lambda value: str(type(value)),
)
def test_long_and_odd_results_come_back(result, path):
    for _ in range(2):
        run = nbp.pmap(lambda n: result if n == 1 else n, range(3), journal=path)
    assert same(run.results, [0, result, 2])
    assert run.metrics.restored == 3


@dataclass(frozen=True)
class Point:
    x: int
    y: int


def adding(number):
    def add(item):
        return item + number

    return add


def with_value(number):
    class Local:
        value = number

        @property
        def doubled(self):
            return 2 * number

    return Local


@functools.lru_cache
def cached(item):
    return item


class Metres(np.ndarray):
    """An array with an attribute, as those of libraries of units are."""


def metres(unit):
    found = np.arange(2).view(Metres)
    found.unit = unit
    return found


class Caller:
    def __init__(self, fn):
        self.fn = fn

    def call(self, item):
        return self.fn(item)


def of_categories(*names):
    return pd.Series(pd.Categorical(["a"], categories=names))


CALLABLES = [
    adding(1),
    adding(2),
    lambda item: item + 1,
    lambda item: item + 2,
    functools.partial(adding(1), 1),
    functools.partial(adding(1), 2),
    functools.partial(adding(2), 1),
    (adding(1),),
    (adding(2),),
    {"call": adding(1)},
    {"call": adding(2)},
    Caller(adding(1)),
    Caller(adding(2)),
    Caller(1).call,
    Caller(2).call,
    types.MethodType(adding(1), 1),
    types.MethodType(adding(2), 1),
    with_value(1),
    with_value(2),
    type("Made", (), {"value": 1}),
    type("Made", (), {"value": 2}),
    type("Made", (int,), {"value": 2}),
    cached,
]
ARRAYS = [
    np.ma.array([1, 2], mask=[0, 1]),
    np.ma.array([1, 2], mask=[1, 0]),
    np.ma.array([1, 3], mask=[1, 0]),
    np.zeros(1, dtype=[("a", "i8"), ("b", "i8")]),
    np.zeros(1, dtype=[("a", "f8"), ("b", "f8")]),
    np.zeros(1, dtype=[("a", "i8"), ("c", "i8")]),
    np.zeros(1, dtype="V16"),
    np.zeros(1, dtype=[("a", "i8"), ("b", "O")]),
    np.zeros(1, dtype=[("a", "i8"), ("b", "i8")])[0],
    np.empty((0, 2), dtype=object),
    np.empty((0, 3), dtype=object),
    metres("m"),
    metres("km"),
    of_categories("a", "b"),
    of_categories("b", "a"),
    of_categories("a", "b").values,  # noqa: PD011 # the Categorical
    of_categories("b", "a").values,  # noqa: PD011
    pd.Series(["a"]),
    pd.Series(["a"], name="b"),
    pd.Series([1]),
    pd.Series([1], dtype="int8"),
    pd.Index([1]),
]
ITEMS = [
    *CALLABLES,
    *ARRAYS,
    1,
    1.0,
    True,
    "1",
    None,
    (1,),
    [1],
    {"a": 1},
    {1},
    frozenset({1}),
    b"1",
    10**5000,
    Colour.RED,
    Text("1"),
    Point(1, 2),
    dt.date(2020, 1, 1),
    dt.datetime(2020, 1, 1),  # noqa: DTZ001
    decimal.Decimal(1),
    pathlib.PurePosixPath("1"),
    uuid.UUID(int=1),
    np.int64(1),
    np.float32(1),
    np.arange(2),
    np.arange(2.0),
    pd.Timestamp("2020-01-01"),
    pd.Series([1], index=["a"]),
    "x" * 1000,
    "x" * 1001,
    len,
    Point,
    "\ud800",
]


def test_different_items_have_different_keys():
    found = [key_of(item) for item in ITEMS]
    assert len(set(found)) == len(ITEMS)
    assert keys_of(ITEMS) == found
    assert keys_of(["a", "x" * 1000]) == [key_of("a"), key_of("x" * 1000)]


@given(values)
def test_a_key_that_is_json_gives_the_item_back(item):
    key = key_of(item)
    if key[0] in JSON:
        assert same(loads(key), item)


def test_keys_are_the_same_in_every_process():
    code = "from tests.journal.test_values import *; print([key_of(i) for i in WORDS])"
    assert said_with_other_hashes(code) == {f"{[key_of(item) for item in WORDS]}\n"}


WORDS = [
    {"a", "b", "c"},
    {"b": 1, "a": frozenset("xyz")},
    ("a", {"d", "e"}),
    *CALLABLES,
    *ARRAYS,
    *ITEMS[len(CALLABLES) + len(ARRAYS) :][:14],
]


def test_an_item_without_a_key_is_refused(path):
    with pytest.raises(nbp.BadValue, match=r"item 1 .*its own key.*as in key=lambda"):
        nbp.pmap(str, [1, (n for n in "a")], journal=path)


def test_a_function_of_keys_that_raises_is_refused(path):
    with pytest.raises(nbp.BadValue, match=r"item 1 .*KeyError: 'id'"):
        nbp.pmap(str, [{"id": 1}, {}], journal=path, key=lambda item: item["id"])
    with pytest.raises(nbp.InputError, match="BadValue at position 1"):
        nbp.pmap(str, iter([{"id": 1}, {}]), journal=path, key=lambda item: item["id"])


def test_functions_as_items_get_back_their_own_results(path):
    def at_zero(add):
        return add(0)

    nbp.pmap(at_zero, [adding(1), adding(2)], journal=path)
    run = nbp.pmap(at_zero, [adding(3), adding(2)], journal=path)
    assert run.results == [3, 2]
    assert run.metrics.restored == 1


def test_what_lies_between_the_fields_of_a_structure_does_not_count():
    dtype = np.dtype({"names": ["a"], "formats": ["i1"], "offsets": [0], "itemsize": 4})
    one, two = (np.frombuffer(data, dtype) for data in (b"1abc", b"1xyz"))
    assert key_of(one) == key_of(two)


@pytest.mark.parametrize(
    "item", [object(), [object()], adding(threading.Lock()), adding(object())]
)
def test_an_item_that_is_like_any_other_is_refused(path, item):
    with pytest.raises(nbp.BadValue, match=r"item 0 .*its own key.*as in key=lambda"):
        nbp.pmap(str, [item], journal=path)


@pytest.mark.parametrize("key", [math.nan, np.float32("nan"), pd.NaT, object()])
def test_a_key_that_tells_nothing_is_refused(path, key):
    with pytest.raises(nbp.BadValue, match=r"item 0 .*a key by key=.*Write what tells"):
        nbp.pmap(str, [1], journal=path, key=lambda _: key)


def test_one_key_for_all_items_is_refused_unless_they_are_the_same(path):
    with pytest.raises(nbp.BadValue, match=r"all of the 2 items .*can't be told apart"):
        nbp.pmap(str, [1, 2], journal=path, key=lambda _: None)
    table = pd.DataFrame({"id": [1, 1], "x": [1, 2]})
    with pytest.raises(nbp.BadValue, match=r"all of the 2 items .*can't be told apart"):
        nbp.pmap(dict, table, journal=path, key="id")
    for _ in range(2):
        run = nbp.pmap(str, [1, 1], journal=path, key=lambda _: "a")
    assert run.metrics.restored == 2


@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_column_with_missing_values_is_no_key(path, missing):
    table = pd.DataFrame({"id": [1, missing], "x": [1, 2]})
    with pytest.raises(nbp.BadValue, match=r"'id': .* no value in 1 of 2 rows"):
        nbp.pmap(dict, table, journal=path, key="id")
