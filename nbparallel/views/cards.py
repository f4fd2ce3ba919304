"""One task as a card: all that is known about it; of HTML as `views.html` makes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from nbparallel.quantities import took
from nbparallel.records.queries import Detail
from nbparallel.records.tries import Try
from nbparallel.short_text import brief, ends, error_line, printable
from nbparallel.types import MISSING
from nbparallel.views import text
from nbparallel.views.tracebacks import traceback_html

#: The most characters of an item or a result, and of what a task has printed.
LONG = 2_000
#: How many of its tries are shown, the latest.
TRIES = 10


def html(detail: Detail, rich: str = "", displayed: Sequence[str] = ()) -> str:
    """Return everything about a task.

    Parameters
    ----------
    detail
        What is known.
    rich, displayed
        Of its result, and of what it has displayed, the rich forms.
    """
    row = detail.row
    head = (
        f"<p><b>Task {row.task}</b> "
        f'<span class="nbp-status nbp-is-{row.status.word}">{text.status(row)}</span> '
        f'<span class="nbp-quiet">{took(row.seconds)}</span></p>'
    )
    parts = "".join(
        f"<dt>{name}</dt><dd>{value}</dd>"
        for name, value in _parts(detail, rich, displayed)
    )
    return f'<div class="nbp nbp-live nbp-card">{head}<dl>{parts}</dl></div>'


def _parts(
    detail: Detail, rich: str, displayed: Sequence[str]
) -> Iterator[tuple[str, str]]:
    row = detail.row
    yield "Item", _value(row.item)
    if row.result is not MISSING:
        yield "Result", rich or _value(row.result)
    if row.error is not None:
        yield "Error", traceback_html(row.error, LONG)
    if row.output:
        yield "Output", _text(printable(ends(row.output, LONG)))
    for shown in filter(None, displayed):
        yield "Displayed", shown
    for each in detail.tries[-TRIES:]:
        yield f"Try {each.number}", _try(each)


def _value(value: object) -> str:
    if isinstance(value, str):
        return _text(printable(ends(value, LONG)))
    return _text(brief(value, LONG))


def _text(words: str) -> str:
    return f"<pre>{escape(words)}</pre>"


def _try(made: Try) -> str:
    return f"{took(made.ended - made.started)}: {escape(error_line(made.error))}"
