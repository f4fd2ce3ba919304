"""A run as a notebook keeps it: no widget, no script.

Guarantees: those of `views.html`, and its size stays well under 100 kB.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from nbparallel.quantities import count
from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.short_text import brief, error_line, traceback_text
from nbparallel.views import html, text
from nbparallel.views.style import STYLE

#: How much HTML all tracebacks of an ended run may take together, in bytes.
TRACEBACKS = 40_000


def static(snapshot: Snapshot, note: str = "", *, opened: bool | None = None) -> str:
    """Return a run as a notebook keeps it: no widget, no script.

    Parameters
    ----------
    snapshot
        The run, usually ended.
    note
        What the user should know besides, in one sentence.
    opened
        Whether what is below the head is shown; None leaves it to the run.
    """
    head, below = html.head(snapshot), html.below(snapshot, note)
    if not (text.opens(snapshot) if opened is None else opened):
        inside = f"<summary>{head}</summary>{body(snapshot)}"
        return f'{STYLE}<details class="nbp">{inside}</details>{below}'
    return f"{STYLE}{head}{below}{body(snapshot)}"


def body(snapshot: Snapshot) -> str:
    """Return all that there is to tell below the head of a run."""
    parts = [
        html.above(snapshot),
        _ends_table(snapshot),
        *_failures(snapshot),
        _output_details(snapshot),
        _way_on(snapshot),
    ]
    return f'<div class="nbp">{"".join(parts)}</div>'


def _ends_table(snapshot: Snapshot) -> str:
    """Return the tasks that stand for all, with the gaps between them told."""
    rows = text.shown_rows(snapshot)
    if not rows:
        return ""
    output = any(row.output for row in rows)
    columns = 6 if output else 5
    body = []
    expected = 0
    for row in rows:
        body.append(html.gap_row(row.task - expected, columns))
        body.append(html.task_row(row, html.cell_texts(row), output=output))
        expected = row.task + 1
    body.append(html.gap_row(snapshot.known - expected, columns))
    return html.tasks_table("The first tasks and the last to end", body, output)


def _failures(snapshot: Snapshot) -> Iterator[str]:
    """Yield a heading and the tracebacks, as many as there is room for."""
    if not snapshot.failed:
        return
    yield html.paragraph(f"{count(snapshot.failed)} failed:")
    room = TRACEBACKS
    told = 0
    for row in snapshot.failures:
        shown = _failure(row)
        room -= len(shown.encode())
        if room < 0:
            break
        told += 1
        yield shown
    if told < snapshot.failed:
        more, where = count(snapshot.failed - told), f"{snapshot.handle}.errors"
        yield f'<p class="nbp-quiet">… {more} more in <code>{where}</code></p>'


def _failure(row: Row) -> str:
    item = f"task {row.task}, <code>{escape(brief(row.item, 60))}</code>"
    if row.error is None:
        return f"<p>{item}: {row.status.word}</p>"
    return (
        f"<details><summary>{item}: {escape(error_line(row.error))}</summary>"
        f"<pre>{escape(traceback_text(row.error, 2000))}</pre></details>"
    )


def _output_details(snapshot: Snapshot) -> str:
    lines = html.output_lines(snapshot)
    if not lines:
        return ""
    return (
        f"<details><summary>Output of the tasks</summary><pre>{lines}</pre></details>"
    )


def _way_on(snapshot: Snapshot) -> str:
    left = text.not_ok(snapshot)
    if not snapshot.state.ended or not left:
        return ""
    which = "it" if left == 1 else f"the {count(left)}"
    run = snapshot.handle
    return (
        f'<p class="nbp-quiet"><code>{run}.retry()</code> runs {which} again; '
        f"display <code>{run}</code> for buttons.</p>"
    )
