"""Text of hostile values and exceptions."""

from __future__ import annotations

import json
import sys
import time
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from nbparallel.short_text import (
    brief,
    error_line,
    one_line,
    printable,
    traceback_text,
    with_type,
)

BOOM = "boom"
Point = namedtuple("Point", "x y")  # noqa: PYI024 # untyped ones exist as well


@dataclass
class City:
    name: str
    streets: list[int]


class Raises:
    def __init__(self, error):
        self.error = error

    def __repr__(self):
        raise self.error


class NotText:
    def __repr__(self):
        return 5


class OddText(str):
    __slots__ = ()

    def __getitem__(self, key):
        raise RuntimeError

    def __str__(self):
        raise RuntimeError

    __len__ = __iter__ = __str__


class ReturnsOddText:
    def __repr__(self):
        return OddText("odd")


class Meta(type):
    @property
    def __name__(cls):
        raise RuntimeError


class Nameless(metaclass=Meta):
    def __repr__(self):
        raise RuntimeError


class Liar:
    @property
    def __class__(self):
        raise RuntimeError


def deep(levels):
    nested = []
    for _ in range(levels):
        nested = [nested]
    return nested


def recursive():
    loop = [1]
    loop.append(loop)
    return loop


HOSTILE = {
    "raises": lambda: Raises(ValueError("no")),
    "exits": lambda: Raises(SystemExit(1)),
    "interrupts": lambda: Raises(KeyboardInterrupt()),
    "base exception": lambda: Raises(BaseException()),
    "not text": NotText,
    "odd text": ReturnsOddText,
    "nameless": Nameless,
    "liar": Liar,
    "deep": lambda: deep(100_000),
    "recursive": recursive,
    "huge text": lambda: "x" * 100_000_000,
    "huge bytes": lambda: b"x" * 100_000_000,
    "huge int": lambda: 1 << 100_000_000,
    "huge list": lambda: [0] * 20_000_000,
    "huge dict": lambda: dict.fromkeys(range(2_000_000)),
    "huge set": lambda: set(range(2_000_000)),
    "list of huge": lambda: ["x" * 10_000_000] * 100,
    "huge text inside": lambda: {"a": {"b": ["x" * 100_000_000]}},
    "dataclass of huge": lambda: City("x" * 10_000_000, [0] * 10_000_000),
    "half characters": lambda: "\ud800\udfff",
    "nul": lambda: "\x00\x1b[31m",
    "array": lambda: np.zeros((3000, 1000)),
    "frame": lambda: pd.DataFrame({"a": range(1_000_000)}),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_brief_is_short_quick_and_never_raises(make):
    value = make()
    before = time.perf_counter()
    text = brief(value, limit=80)
    took = time.perf_counter() - before
    assert type(text) is str
    assert 0 < len(text) <= 80
    assert took < 0.1
    assert "\n" not in text
    json.dumps(text).encode()
    text.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (12, "12"),
        (1.5, "1.5"),
        ("it's", '"it\'s"'),
        (b"abc", "b'abc'"),
        (bytearray(b"abc"), "bytearray(b'abc')"),
        ((), "()"),
        ((1,), "(1,)"),
        ([1, "a", None], "[1, 'a', None]"),
        (set(), "set()"),
        ({1}, "{1}"),
        (frozenset({1}), "frozenset({1})"),
        ({"a": [1, 2]}, "{'a': [1, 2]}"),
        (deque([1]), "deque([1])"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (defaultdict(int, a=1), "defaultdict({'a': 1})"),
        (Point(1, 2), "Point(x=1, y=2)"),
        (City("Rome", [1]), "City(name='Rome', streets=[1])"),
        ([[[[1]]]], "[[[[...]]]]"),
        (np.zeros((2000, 3)), "ndarray 2,000 x 3 float64"),
        (np.float64(1.5), "np.float64(1.5)"),
        (pd.DataFrame({"a": [1, 2]}), "DataFrame 2 x 1"),
        (pd.Series([1, 2]), "Series 2 int64"),
        (NotText(), "<NotText: its repr raised TypeError>"),
        (Nameless(), "<object: its repr raised RuntimeError>"),
    ],
)
def test_brief_of(value, text):
    assert brief(value) == text


def test_brief_keeps_both_ends_of_a_text():
    text = brief("https://example.org/" + "x" * 200 + "?page=7", limit=40)
    assert text.startswith("'https://")
    assert text.endswith("?page=7'")


def test_brief_shows_as_many_items_as_fit():
    assert brief(list(range(1000)), limit=30) == "[0, 1, 2, 3, 4, 5, 6, 7, ...]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07", "red link"),
        ("10 %\r50 %\rdone\n", "done\n"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("a\x00b\x08", "a\ufffdb\ufffd"),
        ("\u202eevil", "\ufffdevil"),
        ("naïve 東京\u3000🙂", "naïve 東京\u3000🙂"),
        ("\ud83d", "\ufffd"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown


def test_one_line():
    assert one_line("a\n  b\tc", 80) == "a b c"
    assert one_line("x" * 100, 10) == "xxxxxxx..."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "int 3"),
        ([1, "two"], "list [1, 'two']"),
        ("int", "str 'int'"),
        (len, "<built-in function len>"),
        (np.zeros((2, 3)), "ndarray 2 x 3 float64"),
        (Raises(ValueError), "<Raises: its repr raised ValueError>"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_the_type_is_told_once(value, text):
    assert with_type(value) == text


def test_what_is_wrong_is_told_on_one_short_line():
    assert len(with_type(list(range(10**6)))) < 70
    assert "\n" not in with_type(pd.DataFrame({"a": range(100)}))


class BadStrError(Exception):
    def __str__(self):
        raise SystemExit


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("bad"), "ValueError: bad"),
        (ValueError(), "ValueError"),
        (ValueError("two\nlines"), "ValueError: two lines"),
        (KeyError("k"), "KeyError: 'k'"),
        (BadStrError(), "BadStrError: (its str raised SystemExit)"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_error_line(error, text):
    assert error_line(error) == text


def test_error_line_of_a_huge_message():
    before = time.perf_counter()
    assert len(error_line(ValueError("x" * 100_000_000))) == 160
    assert time.perf_counter() - before < 0.5


def caught(function, *args):
    try:
        function(*args)
    except BaseException as error:
        return error
    raise AssertionError


def fails():
    raise ValueError(BOOM)


def recurses():
    recurses()


def chains():
    try:
        fails()
    except ValueError as error:
        raise KeyError(BOOM) from error


def test_traceback_shows_where_it_was_raised():
    text = traceback_text(caught(fails))
    assert text.startswith("Traceback (most recent call last):")
    assert "raise ValueError(BOOM)" in text
    assert text.endswith("ValueError: boom")


def test_traceback_leaves_our_own_frames_out():
    code = compile("def call(f): f()", brief.__code__.co_filename, "exec")
    ours = {}
    exec(code, ours)
    text = traceback_text(caught(ours["call"], chains))
    assert "in call" not in text
    assert "direct cause" in text
    assert "in chains" in text


@pytest.mark.parametrize(
    "error",
    [
        caught(recurses),
        BadStrError(),
        ValueError("x" * 10_000_000),
        ExceptionGroup("many", [caught(chains)] * 1000),
        SyntaxError("m", (1, 2, 3, 4, 5, 6)),
    ],
    ids=["recursion", "bad str", "huge", "group", "odd syntax error"],
)
def test_traceback_is_bounded_and_never_raises(error):
    before = time.perf_counter()
    text = traceback_text(error, limit=4000)
    assert time.perf_counter() - before < 1
    assert 0 < len(text) <= 4010


def test_traceback_of_a_chain_longer_than_the_stack():
    error = ValueError(0)
    for number in range(3 * sys.getrecursionlimit()):
        newer = ValueError(number)
        newer.__context__ = error
        error = newer
    assert 0 < len(traceback_text(error)) <= 4010
