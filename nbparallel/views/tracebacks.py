"""Tracebacks with light markup: where it was raised, the line, the exception.

Guarantees:

- The words are those of `short_text.traceback_text`: markup is all that is added, and
  each piece of the text is escaped. Colours that the user's text brings along go.
- Nothing depends on the markup, and the size is bounded.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from nbparallel.short_text import traceback_text

#: The most characters of a traceback.
LONG: Final = 4_000

#: What exceptions of a group have before each of their lines; the line between two.
_MARGIN: Final = re.compile(r" *\| ?")
_BETWEEN: Final = re.compile(r" *\+(?:-\+)?-[ +0-9-]*")
#: Where a frame is, in a file or in a cell.
_PLACE: Final = re.compile(r'(  )(File "[^"]*"|Cell \S+)(, )(line \d+)(.*)')
_HEAD: Final = re.compile(r".*Traceback \(most recent call last\):")
#: What points at the part of a line that raised.
_ARROWS: Final = re.compile(r" {4}[ ~^]*\^[ ~^]*")
_RAISED: Final = re.compile(r"([^\W\d][\w.]*)(:.*)?")


def traceback_html(error: BaseException, limit: int = LONG) -> str:
    """Return the traceback of *error* as HTML, of about *limit* characters of text.

    Examples
    --------
    >>> traceback_html(ValueError("a < b"))
    '<pre class="nbp-trace"><b class="nbp-bad">ValueError</b>: a &lt; b</pre>'
    """
    lines, awaited = [], True
    for line in traceback_text(error, limit).split("\n"):
        margin = found[0] if (found := _MARGIN.match(line)) else ""
        marked, awaited = _line(line[len(margin) :], awaited=awaited)
        lines.append(_quiet(margin) + marked)
    text = "\n".join(lines)
    return f'<pre class="nbp-trace">{text}</pre>'


def _line(text: str, *, awaited: bool) -> tuple[str, bool]:
    """Return a line, and whether one with the name of an exception is *awaited* still.

    What comes after that name is its message, whatever it looks like.
    """
    if _HEAD.fullmatch(text) or _BETWEEN.fullmatch(text):
        return _quiet(text), True
    if not awaited or not text:
        return escape(text), awaited
    raised = _RAISED.fullmatch(text)
    if raised is None:
        return _frame(text), True
    name, message = escape(raised[1]), escape(raised[2] or "")
    return f'<b class="nbp-bad">{name}</b>{message}', False


def _frame(text: str) -> str:
    """Return a line of a frame: where it is, its source, or what points at that."""
    if place := _PLACE.fullmatch(text):
        before, where, comma, line, rest = map(escape, place.groups())
        where = f'<span class="nbp-file">{where}</span>'
        return f"{before}{where}{comma}<b>{line}</b>{rest}"
    if not text.startswith("    "):
        return escape(text)
    kind = "nbp-bad" if _ARROWS.fullmatch(text) else "nbp-source"
    return f'<span class="{kind}">{escape(text)}</span>'


def _quiet(text: str) -> str:
    return f'<span class="nbp-quiet">{escape(text)}</span>' if text else ""
