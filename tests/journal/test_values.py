"""Values and keys: what goes in comes back, and is never taken for another."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import pathlib
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


ITEMS = [
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
    *ITEMS[:14],
]


def test_an_item_without_a_key_is_refused(path):
    with pytest.raises(nbp.BadValue, match=r"item 1 .*its own key.*as in key=lambda"):
        nbp.pmap(str, [1, (n for n in "a")], journal=path)


def test_a_function_of_keys_that_raises_is_refused(path):
    with pytest.raises(nbp.BadValue, match=r"item 1 .*KeyError: 'id'"):
        nbp.pmap(str, [{"id": 1}, {}], journal=path, key=lambda item: item["id"])
    with pytest.raises(nbp.InputError, match="BadValue at position 1"):
        nbp.pmap(str, iter([{"id": 1}, {}]), journal=path, key=lambda item: item["id"])
