"""Several inputs side by side: which index the result keeps, and when there is none."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

import nbparallel as nbp

LABELS = pd.Index(["x", "y", "z"], name="key")
A = pd.Series([1, 2, 3], LABELS)
B = pd.Series([10, 20, 30], LABELS)


def add(a, b):
    return a + b


pytestmark = pytest.mark.usefixtures("quiet")


def test_series_keep_the_index_that_they_share():
    table = pd.DataFrame({"a": A, "b": B}).iloc[[2, 0]]
    table["total"] = nbp.pmap(add, table.a, table.b).df["result"]

    assert table["total"].to_dict() == {"z": 33, "x": 11}
    assert table.index.name == "key"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param([10, 20, 30], id="list"),
        pytest.param((10, 20, 30, 40), id="longer"),
        pytest.param(pd.Index([10, 20, 30]), id="index"),
        pytest.param(B.array, id="array"),
        pytest.param(B.to_numpy(), id="numpy"),
        pytest.param(B.rename_axis("other"), id="other name"),
        pytest.param(range(10, 40, 10), id="range"),
    ],
)
def test_a_series_beside_values_keeps_its_index(other):
    assert nbp.pmap(add, A, other).df["result"].to_dict() == {"x": 11, "y": 22, "z": 33}
    assert nbp.pmap(add, other, A).df.index.equals(LABELS)


@pytest.mark.parametrize("other", [[10, 20], iter([10, 20])], ids=["list", "iterator"])
def test_the_shortest_ends_it_and_the_labels_stay_right(other):
    table = nbp.pmap(add, A, other).df

    assert table["result"].to_dict() == {"x": 11, "y": 22}
    assert table["item"].tolist() == [(1, 10), (2, 20)]


def test_a_series_beside_endless_values():
    run = nbp.pmap(add, itertools.count(10, 10), A)

    assert run.df["result"].to_dict() == {"x": 11, "y": 22, "z": 33}


def test_values_without_an_index_have_none():
    assert list(nbp.pmap(add, LABELS, ["1", "2", "3"]).df.index) == [0, 1, 2]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(B.iloc[[1, 0, 2]], id="another order"),
        pytest.param(B.iloc[:2], id="shorter"),
        pytest.param(B.rename({"x": "w"}), id="another label"),
        pytest.param(B.reset_index(drop=True), id="another kind"),
    ],
)
def test_series_whose_indexes_differ_are_refused(other):
    before = nbp.last

    for given in [(A, other), (other, A), ([0, 0, 0], A, other)]:
        with pytest.raises(nbp.BadValue, match="have different indexes"):
            nbp.pmap(lambda *args: args, *given)

    assert nbp.last is before


def test_the_refusal_shows_lines_that_work():
    a, b = A, B.iloc[[1, 0]]
    with pytest.raises(nbp.BadValue) as caught:
        nbp.pmap(add, a, b)
    by_label = 'pmap(add, pd.concat([a, b], axis=1, join="inner"), unpack="args")'
    by_place = "pmap(add, a.tolist(), b.tolist())"

    message = str(caught.value)
    assert "['x', 'y', 'z'] (3 in all) and ['y', 'x'] (2 in all)" in message
    assert [line for line in (by_label, by_place) if line not in message] == []
    names = {"pmap": nbp.pmap, "pd": pd, "add": add, "a": a, "b": b}
    assert eval(by_label, names).df["result"].to_dict() == {"x": 11, "y": 22}
    assert eval(by_place, names).results == [21, 12]


def test_long_indexes_are_cut_in_the_refusal():
    given = pd.Series(range(1000))

    with pytest.raises(nbp.BadValue, match=r"\[0, 1, 2, …\] \(1000 in all\)"):
        nbp.pmap(add, given, given.iloc[::-1])
