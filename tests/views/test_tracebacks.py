"""Tracebacks with markup: the same words, and nothing of a value is ever markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from nbparallel.short_text import traceback_text
from nbparallel.views.tracebacks import traceback_html
from tests.support.payloads import payloads

CLASSES = {"nbp-bad", "nbp-file", "nbp-quiet", "nbp-source", "nbp-trace"}


class Trace(HTMLParser):
    """A parsed traceback: its text, and by tag and class what is in there."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.text, self.open, self.found = "", [], []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        assert tag in {"b", "pre", "span"}
        kind = dict(attributes).pop("class", tag)
        assert kind in CLASSES | {"b"}
        assert len(attributes) <= 1
        self.open.append((tag, kind))
        self.found.append((kind, ""))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.text += data
        if len(self.open) > 1:
            kind, before = self.found[-1]
            self.found[-1] = kind, before + data

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment

    def all_of(self, kind):
        return [words for each, words in self.found if each == kind]


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def divided():
    try:
        return 1 / 0
    except ZeroDivisionError as error:
        return error


def test_the_words_are_those_of_the_traceback():
    chained = raised(KeyError("after"))
    chained.__cause__ = divided()
    group = raised(ExceptionGroup("two", [chained, ValueError("a\nb")]))

    for error in (ValueError("never raised"), divided(), chained, group):
        assert Trace(traceback_html(error)).text == traceback_text(error)


def test_place_line_and_name_are_marked():
    trace = Trace(traceback_html(divided()))

    assert trace.all_of("nbp-file") == [f'File "{__file__}"']
    (line,) = trace.all_of("b")
    assert line.startswith("line ")
    assert "    return 1 / 0" in trace.all_of("nbp-source")
    assert trace.all_of("nbp-bad")[-1] == "ZeroDivisionError"


def test_a_message_is_a_message_whatever_it_looks_like():
    trace = Trace(traceback_html(raised(ValueError("a\nKeyError: b\n    c"))))

    assert trace.all_of("nbp-bad")[-1] == "ValueError"
    assert not any("c" in source for source in trace.all_of("nbp-source")[1:])


def test_every_exception_of_a_group_is_marked():
    group = raised(ExceptionGroup("two", [KeyError("a"), ValueError("b")]))
    names = [
        words
        for words in Trace(traceback_html(group)).all_of("nbp-bad")
        if "^" not in words
    ]

    assert names == ["ExceptionGroup", "KeyError", "ValueError"]


def test_a_cell_is_a_place():
    class Cell(Exception):
        def __str__(self):
            return "\nTraceback (most recent call last):\n  Cell In[3], line 2, in f"

    assert Trace(traceback_html(Cell())).all_of("nbp-file") == ["Cell In[3]"]


def test_colours_of_the_user_go():
    assert "\x1b" not in traceback_html(ValueError("\x1b[31mred\x1b[0m"))


def test_the_size_is_bounded():
    assert len(traceback_html(raised(ValueError("<\n| " * 100_000)), 2000)) < 60_000


@pytest.mark.parametrize("payload", payloads(["alert(1)"]))
def test_nothing_of_an_exception_is_markup(payload):
    plain = payload.replace("\x00", "")
    made = type(plain, (Exception,), {})(payload, f'File "{payload}", line 3')
    made.add_note(payload)
    made.add_note(f'  File "{payload}", line 3, in {payload}')
    code = compile("raise error", f"{plain}.py", "exec")
    try:
        exec(code, {"error": made})
    except Exception as error:
        made = error

    assert Trace(traceback_html(made)).text == traceback_text(made)
