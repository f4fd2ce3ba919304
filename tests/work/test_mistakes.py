"""The mistakes of new users: each is refused with the line that would be right."""

from __future__ import annotations

import asyncio
import functools
import itertools
import pathlib
import traceback

import pandas as pd
import pytest

import nbparallel as nbp

URLS = ["http://a", "http://b"]
TABLE = pd.DataFrame({"top": [6, 8], "bottom": [2, 4]})


def fetch(url):
    return url


def get(url, timeout):
    return url, timeout


def post(url, *, data, retries=1):
    return url, data, retries


def divide(top, bottom):
    return top / bottom


def total(row):
    return row["top"] + row["bottom"]


def job():
    return 1


async def names():
    yield "a"


async def load():
    return URLS


pytestmark = pytest.mark.usefixtures("quiet")


#: What was called, and what its refusal says.
CALLS = {
    "an argument more": (
        lambda: nbp.pmap(get, URLS),
        "Where timeout is the same in every call",
        "write pmap(functools.partial(get, timeout=…), …)",
        "pmap(lambda item: get(…), …)",
    ),
    "a keyword more": (
        lambda: nbp.pmap(post, URLS),
        "pmap(functools.partial(post, data=…), …)",
    ),
    "two more": (
        lambda: nbp.pmap(lambda a, b, c: (a, b, c), URLS),
        "Where b and c are the same in every call",
        "pmap(functools.partial(fn, b=…, c=…), …)",
    ),
    "a value beside": (
        lambda: nbp.pmap(get, URLS, 5),
        "write pmap(functools.partial(get, timeout=5), …)",
    ),
    "the number of workers beside": (
        lambda: nbp.pmap(fetch, URLS, 8),
        "If it is meant as an option: pmap(fetch, …, workers=8)",
    ),
    "tuples that are not read yet": (
        lambda: nbp.pmap(get, zip(URLS, [1, 2], strict=True)),
        'Where items are tuples of arguments write pmap(get, items, unpack="args").',
        "functools.partial(get, timeout=…)",
    ),
    "text beside": (
        lambda: nbp.pmap(get, URLS, "soon"),
        "write pmap(functools.partial(get, timeout='soon'), …)",
        "For its letters write pmap(get, …, list(…))",
    ),
    "a value before": (
        lambda: nbp.pmap(get, "http://a", [1, 2]),
        "write pmap(functools.partial(get, 'http://a'), …)",
    ),
    "a value between": (
        lambda: nbp.pmap(max, URLS, 5, URLS),
        "write pmap(lambda item: max(item, 5), …)",
    ),
    "values instead of a list": (
        lambda: nbp.pmap(fetch, 1, 2),
        "For these items write pmap(fetch, [1, 2])",
    ),
    "tuples": (
        lambda: nbp.pmap(get, [("http://a", 5)]),
        'Write pmap(get, items, unpack="args").',
    ),
    "dicts": (
        lambda: nbp.pmap(get, [{"url": "http://a", "timeout": 5}]),
        'Write pmap(get, items, unpack="kwargs").',
    ),
    "dicts that don't fit": (
        lambda: nbp.pmap(get, [{"uri": "http://a"}]),
        "functools.partial(get, timeout=…)",
    ),
    "letters are no arguments": (
        lambda: nbp.pmap(get, ["ab"]),
        "functools.partial(get, timeout=…)",
    ),
    "unpacked for nothing": (
        lambda: nbp.pmap(fetch, [("a", "b")], unpack="args"),
        "Write pmap(fetch, items).",
    ),
    "a function of nothing": (
        lambda: nbp.pmap(job, range(3)),
        "pmap(lambda item: job(), …)",
    ),
    "pairs that are one argument": (
        lambda: nbp.pmap(fetch, URLS, URLS),
        "Write pmap(fetch, zip(…)).",
    ),
    "a function of a row": (
        lambda: nbp.pmap(total, TABLE),
        'Write pmap(total, table, unpack="item").',
    ),
    "columns called otherwise": (
        lambda: nbp.pmap(pow, TABLE),
        'Write pmap(pow, table, unpack="args").',
    ),
    "a misspelt column": (
        lambda: nbp.pmap(divide, TABLE.rename(columns={"bottom": "botom"})),
        "Write pmap(divide, table.rename(columns={'botom': 'bottom'}))",
    ),
    "a column too many": (
        lambda: nbp.pmap(divide, TABLE.assign(note="")),
        "Write pmap(divide, table[['top', 'bottom']]).",
    ),
    "one column": (
        lambda: nbp.pmap(fetch, TABLE[["top"]]),
        "Write pmap(fetch, table['top']).",
    ),
    "a column too few": (
        lambda: nbp.pmap(divide, TABLE[["top"]]),
        "pmap(functools.partial(divide, bottom=…), …)",
    ),
    "a class": (
        lambda: nbp.pmap(fetch, list),
        "cannot go through the class list",
        "write pmap(fetch, list(…))",
    ),
    "a class without items": (
        lambda: nbp.pmap(fetch, nbp.Options),
        "the class Options: it is not iterable. For a single item",
    ),
    "a function not called": (
        lambda: nbp.pmap(fetch, job),
        "cannot go through the function job",
        "call it: pmap(fetch, job())",
    ),
    "a lambda not called": (
        lambda: nbp.pmap(fetch, lambda: URLS),
        "call it: pmap(fetch, items())",
    ),
    "a method not called": (
        lambda: nbp.pmap(fetch, pathlib.Path().iterdir),
        "call it: pmap(fetch, ….iterdir())",
    ),
    "an async generator": (
        lambda: nbp.pmap(fetch, names()),
        "write pmap(fetch, [item async for item in …])",
    ),
    "a coroutine": (
        lambda: nbp.pmap(fetch, load()),
        "It has not been awaited: write pmap(fetch, await …)",
    ),
    "a coroutine as the function": (
        lambda: nbp.pmap(load(), URLS),
        "must be a function, not coroutine",
    ),
    "a number": (
        lambda: nbp.pmap(fetch, 10),
        "For the numbers below it write pmap(fetch, range(10))",
    ),
    "what returned nothing": (
        lambda: nbp.pmap(fetch, URLS.copy().sort()),
        "What returns nothing, as list.sort() does, gives None",
    ),
    "an async queue": (
        lambda: nbp.pmap(fetch, asyncio.Queue()),
        "For a single item write pmap(fetch, [item])",
    ),
    "of what is bound already": (
        lambda: nbp.pmap(functools.partial(get, "http://a"), [1], [2]),
        "Write pmap(fn, zip(…)).",
    ),
    "measured": (
        lambda: nbp.compare(get, URLS),
        "nbp.compare(functools.partial(get, timeout=…), …)",
    ),
    "a class measured": (
        lambda: nbp.sweep(fetch, list),
        "nbp.sweep cannot go through the class list",
    ),
}


@pytest.mark.parametrize("mistake", CALLS)
def test_a_mistake_is_told_with_its_cure(mistake):
    call, *parts = CALLS[mistake]
    before = nbp.last

    with pytest.raises(nbp.BadType) as caught:
        call()

    message = str(caught.value)
    assert [part for part in parts if part not in message] == []
    assert nbp.last is before


@pytest.mark.parametrize(
    ("line", "results"),
    [
        ("pmap(functools.partial(get, timeout=5), URLS)", [(u, 5) for u in URLS]),
        ("pmap(functools.partial(get, 'a'), [1, 2])", [("a", 1), ("a", 2)]),
        ("pmap(lambda item: job(), range(2))", [1, 1]),
        ("pmap(fetch, zip(URLS, URLS))", [(u, u) for u in URLS]),
        ('pmap(total, TABLE, unpack="item")', [8, 12]),
        ('pmap(pow, TABLE, unpack="args")', [36, 4096]),
        ("pmap(divide, TABLE[['top', 'bottom']])", [3, 2]),
        ("pmap(fetch, TABLE['top'])", [6, 8]),
    ],
)
def test_the_cures_work(line, results):
    assert eval(line, {"pmap": nbp.pmap, **globals()}).results == results


class Broken:
    def __iter__(self):
        raise OSError


class Wrong:
    def __iter__(self):
        return 5


class Never:
    __iter__ = None

    def __getitem__(self, index):
        return index


@pytest.mark.parametrize("given", [(Broken(),), (URLS, Broken()), (Broken(), URLS)])
def test_an_iterable_that_raises_at_once(given):
    before = nbp.last

    with pytest.raises(nbp.InputError) as caught:
        nbp.pmap(lambda *_: None, *given)

    assert str(caught.value) == (
        "the input (Broken) raised OSError before its first item; nothing was started"
    )
    cause = caught.value.__cause__
    assert [step.name for step in traceback.extract_tb(cause.__traceback__)] == [
        "__iter__"
    ]
    assert len(caught.traceback) == 2
    assert nbp.last is before


def test_an_iterable_whose_iterator_is_none():
    with pytest.raises(nbp.InputError, match=r"\(Wrong\) raised TypeError"):
        nbp.pmap(fetch, Wrong())
    with pytest.raises(nbp.BadType, match="not iterable"):
        nbp.pmap(fetch, Never())


def test_a_builtin_that_does_not_tell_its_parameters_is_left_alone():
    assert nbp.pmap(max, [[1, 2]], itertools.repeat(3), unpack=None).errors
