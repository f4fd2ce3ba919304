"""Tasks of an ended run as a table of short rows, of which many fit into a notebook.

The guarantees of `views.html` hold. What all items begin with is said once, in the
head of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from time import perf_counter
from typing import Final

from nbparallel.quantities import count, took
from nbparallel.records.snapshot import Row
from nbparallel.short_text import brief, cut, one_line
from nbparallel.types import Status
from nbparallel.views import text
from nbparallel.views.edges import Edges, look

#: The most characters of an item, of an outcome, and of a text shown in full on demand.
ITEM: Final = 80
OUTCOME: Final = 80
FULL: Final = 200
#: So many characters are seen however narrow the page is.
SEEN: Final = 36
#: The fewest characters that are worth saying once, and the most that are looked at.
WORTH: Final = 12
LONG: Final = 200
#: The bytes that the head of a table and its gaps take at most.
ROOM: Final = 3_000
#: Seconds after which no further row is made: a ``__repr__`` may be slow.
PATIENCE: Final = 0.5

_BOUNDARY = re.compile(r"[/\\_ -]")


def shared_prefix(rows: Iterable[Row]) -> str:
    """Return what the items of all *rows* begin with, up to a boundary, or ``""``.

    There is none unless all items are text, and each goes on after it.
    """
    items = {row.task: row.item for row in rows}
    texts = [item[:LONG] for item in items.values() if type(item) is str]
    if len(texts) < len(items) or len(texts) < 2:  # noqa: PLR2004 # one has no other
        return ""
    # What the first and the last in order share, all between them share as well.
    least, most = min(texts), max(texts)
    pairs = enumerate(zip(least, most, strict=False))
    length = next((at for at, (a, b) in pairs if a != b), len(least))
    shared = least[: min(length, *(len(each) - 1 for each in texts))]
    ends = [found.end() for found in _BOUNDARY.finditer(shared)]
    ends = [end for end in ends if end >= WORTH]
    if len(ends) > 1 and ends[-1] - ends[-2] <= WORTH:
        return shared[: ends[-2]]  # "page/7" says more than "7"
    return shared[: ends[-1]] if ends else ""


def item_text(item: object, prefix: str, limit: int = ITEM) -> str:
    """Return an item on one line, without the *prefix* that is said elsewhere."""
    if not prefix or not isinstance(item, str):
        return brief(item, limit)
    rest = item[len(prefix) :]
    if len(rest) <= limit:
        return one_line(rest, limit)
    half = (limit - 3) // 2
    return one_line(f"{rest[:half]}...{rest[-half:]}", limit)


def ordered_table(rows: Iterable[Row], prefix: str, room: int) -> str:
    """Return tasks as a table in the order of *rows*, as far as there is *room*."""
    made = _made(rows, prefix, room - ROOM)
    return _table(prefix, made.values())


def table_with_gaps(
    rows: Iterable[Row],
    known: int,
    prefix: str,
    room: int,
    edges: Edges | None = None,
) -> tuple[str, int]:
    """Return tasks as a table in the order of the input, and how many it shows.

    Parameters
    ----------
    rows
        The tasks, the most important first.
    known
        How many tasks there are; the table says how many it leaves out, and where.
    prefix
        What all items begin with, said in the head of the table.
    room
        The most bytes.
    edges
        The lines to draw beside them.
    """
    made = _made(rows, prefix, room - ROOM, edges)
    body, expected = [], 0
    for task in sorted(made):
        body += [_gap(task - expected), made[task]]
        expected = task + 1
    body.append(_gap(known - expected))
    return _table(prefix, body, look(edges)), len(made)


def _made(
    rows: Iterable[Row], prefix: str, room: int, edges: Edges | None = None
) -> dict[int, str]:
    """Return rows as HTML by task: as many as there is room and time for."""
    made: dict[int, str] = {}
    until = perf_counter() + PATIENCE
    for row in rows:
        if row.task in made:
            continue
        shown = _row(row, prefix, edges)
        room -= len(shown.encode())
        if room < 0:
            break
        made[row.task] = shown
        if perf_counter() > until:
            break
    return made


def _table(prefix: str, body: Iterable[str], style: str = "") -> str:
    inside = "".join(body)
    return f"{_head(prefix, style)}<tbody>{inside}</tbody></table>" if inside else ""


def _head(prefix: str, style: str) -> str:
    told = (
        f" <code>{escape(cut(one_line(prefix, LONG), ITEM))}…</code>" if prefix else ""
    )
    return (
        f'<table class="nbp-tasks nbp-short"{style}><caption>Tasks</caption><thead><tr>'
        '<th scope="col" class="nbp-task">Task</th>'
        f'<th scope="col" class="nbp-item">Item{told}</th>'
        '<th scope="col" class="nbp-status">Status</th>'
        '<th scope="col">Result or error</th>'
        '<th scope="col" class="nbp-number">Time</th></tr></thead>'
    )


def _gap(tasks: int) -> str:
    if tasks <= 0:
        return ""
    return f'<tr><td colspan="5">… {count(tasks)} more</td></tr>'


def _row(row: Row, prefix: str, edges: Edges | None) -> str:
    kind = "" if row.status is Status.OK else f' class="nbp-is-{row.status.word}"'
    seconds = took(row.seconds).replace(" ", "\N{NO-BREAK SPACE}")
    return (
        f"<tr{kind}><td>{row.task}</td>{_item(row, prefix, edges)}"
        f"<td>{text.status(row)}</td>{_outcome(row)}<td>{seconds}</td></tr>"
    )


def _item(row: Row, prefix: str, edges: Edges | None) -> str:
    item = row.item
    if prefix and isinstance(item, str):
        full, shown = one_line(item, FULL), item_text(item, prefix)
    else:
        full = brief(item, FULL)
        # Of a sentence the beginning tells most, of an address or a path both ends.
        shown = cut(full, ITEM) if " " in full else item_text(item, "")
    full = full if len(shown) > SEEN else ""
    if edges is None:
        return _cell(two_ends(shown), full)
    return edges.cell(row.task, two_ends(shown), full=full)


def _outcome(row: Row) -> str:
    full = text.outcome(row, FULL)
    return _cell(escape(cut(full, OUTCOME)), full if len(full) > SEEN else "")


def _cell(shown: str, full: str) -> str:
    title = f' title="{escape(full)}"' if full else ""
    return f"<td{title}>{shown}</td>"


def two_ends(shown: str) -> str:
    """Return an address or a path so that the page cuts it before its last part."""
    start = max(shown.rfind("/", 0, -1), shown.rfind("\\", 0, -1)) + 1
    if not start or " " in shown or len(shown) <= SEEN:
        return escape(shown)
    start = max(start, len(shown) - SEEN // 2)
    return (
        f'<div class="nbp-ends"><span>{escape(shown[:start])}</span>'
        f"<span>{escape(shown[start:])}</span></div>"
    )
