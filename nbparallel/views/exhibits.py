"""Exhibits as HTML and as plain text; of HTML the guarantees of `views.html` hold."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from nbparallel.quantities import count, counted, took
from nbparallel.records.exhibits import Bar, Bars, Exhibit, Graph, Sheet
from nbparallel.short_text import one_line
from nbparallel.views import graphs

#: The most characters of a label or a cell.
LONG = 60
#: How many characters a bar of text has.
WIDTH = 20


def html(exhibits: Iterable[Exhibit]) -> str:
    """Return exhibits as a page shows them; nothing if there are none."""
    return "".join(map(_html, exhibits))


def lines(exhibits: Iterable[Exhibit]) -> list[str]:
    """Return exhibits as lines of text."""
    return [line for each in exhibits for line in _lines(each)]


def _html(exhibit: Exhibit) -> str:
    if isinstance(exhibit, Graph):
        return graphs.svg(exhibit)
    return _bars(exhibit) if isinstance(exhibit, Bars) else _sheet(exhibit)


def _lines(exhibit: Exhibit) -> list[str]:
    if isinstance(exhibit, Graph):
        return graphs.lines_of(exhibit)
    return _bar_lines(exhibit) if isinstance(exhibit, Bars) else _rows(exhibit)


# --- HTML ---------------------------------------------------------------------------


def _bars(exhibit: Bars) -> str:
    rows = [*map(_bar, exhibit.bars), _more(exhibit.more, 3)]
    return _table("nbp-bars", "Parts of the run", "", rows)


def _bar(bar: Bar) -> str:
    label = escape(one_line(bar.label, LONG))
    most = "" if bar.total is None else f' max="{max(bar.total, 1)}" value="{bar.done}"'
    failed = max(100 * bar.failed / bar.done, 1) if bar.failed and bar.done else 0
    ended = ' class="nbp-done"' if bar.done == bar.total else ""
    return (
        f'<tr><th scope="row">{label}</th><td><progress{ended} aria-label="{label}"'
        f'{most} style="--nbp-failed:{failed:.1f}%"></progress></td>'
        f"<td>{escape(_told(bar))}</td></tr>"
    )


def _sheet(exhibit: Sheet) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in exhibit.columns)
    rows = [
        f"<tr>{''.join(f'<td>{escape(_cell(cell))}</td>' for cell in row)}</tr>"
        for row in exhibit.rows
    ]
    rows.append(_more(exhibit.more, len(exhibit.columns)))
    head = f"<thead><tr>{head}</tr></thead>"
    return _table("nbp-sheet", exhibit.caption, head, rows)


def _table(kind: str, caption: str, head: str, rows: Iterable[str]) -> str:
    return (
        f'<table class="nbp-tasks {kind}"><caption>{escape(caption)}</caption>{head}'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _more(more: int, columns: int) -> str:
    if more <= 0:
        return ""
    words = f"… {count(more)} more"
    return f'<tr><td class="nbp-quiet" colspan="{columns}">{words}</td></tr>'


# --- text ---------------------------------------------------------------------------


def _bar_lines(exhibit: Bars) -> list[str]:
    labels = [one_line(bar.label, LONG) for bar in exhibit.bars]
    wide = max(map(len, labels), default=0)
    made = []
    for label, bar in zip(labels, exhibit.bars, strict=True):
        filled = WIDTH * bar.done // bar.total if bar.total else 0
        drawn = f"[{'#' * filled}{'.' * (WIDTH - filled)}] " if bar.total else ""
        made.append(f"  {label:<{wide}}  {drawn}{_told(bar)}")
    return made + _more_line(exhibit.more)


def _rows(exhibit: Sheet) -> list[str]:
    cells = [exhibit.columns, *(tuple(map(_cell, row)) for row in exhibit.rows)]
    wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
    made = [
        "  " + "  ".join(f"{cell:<{n}}" for cell, n in zip(row, wide, strict=True))
        for row in cells
    ]
    return [line.rstrip() for line in made] + _more_line(exhibit.more)


def _more_line(more: int) -> list[str]:
    return [f"  ... {count(more)} more"] if more > 0 else []


def _told(bar: Bar) -> str:
    """Return a bar in words: ``"3 of 4, 1 failed"``."""
    total = " so far" if bar.total is None else f" of {count(bar.total)}"
    failed = counted((bar.failed, "failed"))
    return ", ".join(filter(None, [f"{count(bar.done)}{total}", failed, bar.note]))


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return one_line(value, LONG)
    return count(value) if isinstance(value, int) else took(value)
