"""Which functions are the same to a journal: what they hold is looked at, too."""

from __future__ import annotations

import functools
import operator
import os
import re
import threading
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.journal.identity import identity_of
from tests.journal.processes import said_with_other_hashes


def around(held):
    def call(item):
        return item, held

    return call


def default(held):
    def call(item, held=held, *, word=held):
        return item, held, word

    return call


def decorated(held):
    def decorate(fn):
        @functools.wraps(fn)
        def call(*args):
            return fn(*args), held

        return call

    return decorate


def masked(*mask):
    return np.ma.array([1, 2], mask=mask)


def of_categories(*names):
    return pd.Series(pd.Categorical(["a"], categories=names))


class Model:
    def __init__(self, k, inner=None):
        self.k, self.inner = k, inner

    def __call__(self, item):
        return self.k, item

    def call(self, item):
        return self.k, item

    @functools.cached_property
    def double(self):
        return 2 * self.k


@dataclass
class Point:
    x: object


def one(item):
    return item


def two(item):
    return [item]


PAIRS = [
    (default(2), default(5)),
    (around(2), around(2.0)),
    (around("a"), around(b"a")),
    (around([1, (2, None)]), around([1, (2, True)])),
    (around({"a": 1}), around({"a": 2})),
    (around({"a", "b"}), around({"a", "c"})),
    (around(np.arange(3)), around(np.arange(4))),
    (around(masked(0, 1)), around(masked(1, 0))),
    (around(of_categories("a", "b")), around(of_categories("b", "a"))),
    (
        around(of_categories("a", "b").values),  # the Categorical
        around(of_categories("b", "a").values),
    ),
    (around(pd.DataFrame({"a": [1]})), around(pd.DataFrame({"a": [2]}))),
    (around(Point(1)), around(Point(2))),
    (around(one), around(two)),
    (around(around(1)), around(around(2))),
    (around(str), around(int)),
    (around(operator), around(os)),
    (around(Model(1)), around(Model(2))),
    (Model(1), Model(2)),
    (Model(1).call, Model(2).call),
    ("x".join, "y".join),
    ({1: 2}.get, {1: 3}.get),
    (operator.itemgetter(0), operator.itemgetter(1)),
    (re.compile("a").match, re.compile("b").match),
    (decorated(2)(one), decorated(3)(one)),
    (functools.lru_cache(one), functools.lru_cache(two)),
    (functools.partial(around(1), 1), functools.partial(around(2), 1)),
    (functools.partial(one, Model(1)), functools.partial(one, Model(2))),
    (str.upper, str.lower),
    (dict.copy, dict.get),
    (Point(1).__eq__, Point(2).__eq__),
]
ALL = [fn for pair in PAIRS for fn in pair]


@pytest.mark.parametrize("pair", PAIRS, ids=range(len(PAIRS)))
def test_what_functions_hold_tells_them_apart(pair):
    first, second = map(identity_of, pair)
    assert first != second
    assert [first, second] == [*map(identity_of, pair)]


def test_it_is_the_same_in_every_process():
    code = "from tests.journal.test_identity import *; print([*map(identity_of, ALL)])"
    assert said_with_other_hashes(code) == {f"{[*map(identity_of, ALL)]}\n"}


def test_what_changes_by_being_used_is_no_other_function():
    lock, event, numbers = threading.Lock(), threading.Event(), iter(range(9))
    model = Model(1, inner=Model(2))
    circle = []
    circle.append(circle)
    rng = np.random.default_rng(1)

    def call(item):
        return lock, event, numbers, model.double, circle, rng, call, item

    before = identity_of(call), identity_of(model.call)
    with lock:
        event.set()
        next(numbers)
        model.double  # noqa: B018 # it is kept
        model.inner.k = 3
        rng.random()
        assert (identity_of(call), identity_of(model.call)) == before


def test_the_refusal_says_what_is_different(path):
    nbp.pmap(default(2), [1], journal=path)
    nbp.pmap(default(2), [1], journal=path)
    with pytest.raises(
        nbp.BadValue,
        match=r"call when the default of held and the default of word were different\. "
        "Write another path",
    ):
        nbp.pmap(default(5), [1], journal=path)


def test_a_function_that_changes_what_it_holds_is_retried(path):
    seen = []

    def call(item):
        seen.append(item)
        if len(seen) < 2:
            raise ValueError(item)
        return item

    run = nbp.pmap(call, [1], journal=path)
    assert run.retry().results == [1]


@pytest.mark.parametrize("fn", [str.upper, "x".join, Model(1), dict.fromkeys])
def test_any_callable_has_a_journal(path, fn):
    for _ in range(2):
        run = nbp.pmap(fn, ["a"], journal=path)
    assert run.metrics.restored == 1
