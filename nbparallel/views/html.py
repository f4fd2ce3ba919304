"""Snapshots as HTML.

Guarantees:

- Every character that is not ours is escaped, in text and in attributes alike; a page
  may hold any item, result, message or output.
- Nothing depends on the style sheet, on scripts or on colours: tables, words and
  ``details`` tell everything.
- The size is bounded, whatever the run holds; what an ended run leaves in the notebook
  stays well under 100 kB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping, Sequence
from html import escape

from nbparallel.quantities import count, took
from nbparallel.records.output import last_line
from nbparallel.records.queries import Page
from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.short_text import brief, ends, one_line, printable
from nbparallel.types import MISSING, State, Status
from nbparallel.views import exhibits, strip, text
from nbparallel.views.edges import Edges, look
from nbparallel.views.style import STYLE
from nbparallel.views.table import two_ends
from nbparallel.views.together import gain

#: The texts of a task's item and outcome by task, tries and status; see `panel_table`.
Memo = MutableMapping[tuple[int, int, Status], tuple[str, str]]

#: How much HTML all tracebacks of an ended run may take together, in bytes.
TRACEBACKS = 40_000

#: How long an item may be in a table: it is shown whole where pages are narrow.
ITEM = 30

#: How much task output is shown, in characters.
OUTPUT = 4_000

#: What a row is that has one line on narrow pages, too, and what opens it.
BRIEF = "nbp-brief"

#: What stands where no task does.
NOTHING = "No task."

#: Between two texts that the style sheet puts at the two ends of a line.
_BETWEEN = '<span class="nbp-unstyled"> · </span>'


# --- parts of a run under way ------------------------------------------------------


def head(snapshot: Snapshot) -> str:
    """Return a run as one line: its name and state, the bar, the counts, the pace.

    It is no block: without a style sheet it stands beside the triangle that opens.
    """
    pace = " · ".join(text.pace(snapshot))
    tally = _emphasized(text.tally(snapshot, running=False))
    return (
        f'<span class="nbp nbp-head"><span class="nbp-name">'
        f"<b>{escape(text.title(snapshot))}</b> {_state(snapshot)}</span>"
        f' {bar(snapshot)} <span class="nbp-counts">{text.done(snapshot)}'
        f"{_BETWEEN} <span>{tally}</span></span>"
        f'{_BETWEEN}<span class="nbp-quiet nbp-pace">{pace}</span></span>'
    )


def _state(snapshot: Snapshot) -> str:
    """Return where a run stands; what everybody sees is told to who listens alone."""
    word = text.state(snapshot)
    usual = snapshot.state is State.RUNNING
    return f'<span class="nbp-unseen">{word}</span>' if usual else word


def below(snapshot: Snapshot, note: str = "") -> str:
    """Return what stands below the head whether the panel is open or not.

    That is what the loop over the run says of it, what running tasks at the same time
    has gained, and a *note*.
    """
    inside = _line(text.postfix(snapshot)) + _line(gain(snapshot))
    inside += paragraph(note)
    return f'<div class="nbp nbp-below">{inside}</div>' if inside else ""


def timeline(snapshot: Snapshot) -> str:
    """Return a picture of when which worker was busy; nothing before the first task."""
    drawn = strip.svg(snapshot.strip, live=not snapshot.state.ended)
    return f'<div class="nbp nbp-live">{drawn}</div>' if drawn else ""


def above(snapshot: Snapshot) -> str:
    """Return what stands above the tasks once the panel is open.

    What the processes use, what the run waits for or which coroutine keeps the others
    waiting, and what its face shows of it.
    """
    lagging = "" if snapshot.state.ended else text.lagging(snapshot)
    words = "".join(map(paragraph, (*text.caveats(snapshot), lagging)))
    if snapshot.state.ended:
        words += "".join(map(paragraph, text.notices(snapshot)))
    inside = _line(_usage(snapshot), "nbp-quiet") + words
    inside += exhibits.html(snapshot.exhibits)
    return f'<div class="nbp nbp-above">{inside}</div>' if inside else ""


def _usage(snapshot: Snapshot) -> str:
    return text.usage(snapshot).replace(" - ", " · ")


def _line(words: str, kind: str = "") -> str:
    if not words:
        return ""
    classes = f"nbp-line {kind}".rstrip()
    return f'<div class="{classes}">{escape(words)}</div>'


def _emphasized(tally: str) -> str:
    """Return the tally with its failures in bold."""
    return re.sub(r"[0-9,]+ failed", r'<b class="nbp-bad">\g<0></b>', tally)


def bar(snapshot: Snapshot) -> str:
    """Return the bar; its right end shows the share of failures."""
    label = escape(text.title(snapshot))
    word = "input-failed" if text.input_failed(snapshot) else snapshot.state.value
    kind = f"nbp-{word}"
    total = text.goal(snapshot)
    if total is None:
        return f'<progress class="{kind}" aria-label="{label}"></progress>'
    done = snapshot.carried_out
    failed = max(100 * snapshot.failed / done, 1) if snapshot.failed else 0
    return (
        f'<progress class="{kind}" aria-label="{label}" value="{done}" '
        f'max="{max(total, 1)}" style="--nbp-failed:{failed:.1f}%">'
        f"{text.done(snapshot)}</progress>"
    )


def live_table(
    rows: Sequence[Row],
    caption: str,
    left_out: tuple[int, int] = (0, 0),
    memo: Memo | None = None,
    edges: Edges | None = None,
    *,
    printed: bool = False,
    nothing: str = NOTHING,
) -> str:
    """Return tasks as a table.

    Parameters
    ----------
    rows
        The tasks.
    caption
        What they are.
    left_out
        Before which row to say how many tasks run besides, and how many.
    memo
        Where to keep the text of values from one call to the next, so that a slow
        ``__repr__`` is called once per task and not once per drawing.
    edges
        The lines to draw beside them, for rows in the order of the input.
    printed
        Whether other tasks have printed something: columns stay while rows change.
    nothing
        What to say if there are none.
    """
    memo = {} if memo is None else memo
    keys = {_key(row): row for row in rows}
    kept = {key: memo.get(key) or cell_texts(row) for key, row in keys.items()}
    memo.clear()
    memo.update(kept)
    if not rows:
        told = f'<p class="nbp-quiet">{escape(nothing)}</p>'
        return f'<div class="nbp nbp-live">{told}</div>'
    output = printed or any(row.output for row in rows)
    body = [task_row(row, kept[_key(row)], output=output, edges=edges) for row in rows]
    at, more = left_out
    body.insert(at, gap_row(more, 6 if output else 5, "more running"))
    table = tasks_table(caption, body, output, look(edges))
    return f'<div class="nbp nbp-live">{table}</div>'


def no_hits(words: str, page: Page, *, everywhere: bool) -> str:
    """Return that nothing was found, and how to see all tasks again.

    Parameters
    ----------
    words
        What was searched for.
    page
        What was found.
    everywhere
        Whether all tasks of the run were to be searched.
    """
    which = "No task" if everywhere else "None of these tasks"
    if page.searched is not None:
        which = f"None of the {count(page.searched)} tasks searched"
    return f'{which} has "{one_line(words, ITEM)}" in it. Empty the search to see all.'


def chosen(
    snapshot: Snapshot, rows: int
) -> tuple[tuple[Row, ...], tuple[Row, ...], int]:
    """Return which tasks to show that go on, which that ended, and how many more run.

    A third of the *rows* is for what has ended. If not all that go on fit in, a line
    says how many more there are.
    """
    going = max(snapshot.counts[Status.RUNNING], len(snapshot.running))
    kept = min(len(snapshot.latest), -(-rows // 3))
    if going <= rows - kept:
        return snapshot.running, snapshot.latest[: rows - going], 0
    shown = snapshot.running[: max(rows - kept - 1, 0)]
    return shown, snapshot.latest[:kept], going - len(shown)


def log(snapshot: Snapshot) -> str:
    """Return the latest output of the tasks, oldest first; empty if there is none."""
    lines = output_lines(snapshot)
    if not lines:
        return ""
    # A box that scrolls is reached by keyboard through something in it.
    named = 'tabindex="0" role="group" aria-label="Output of the tasks"'
    return f'<div class="nbp nbp-live" {named}><pre>{lines}</pre></div>'


def spoken(words: str) -> str:
    """Return *words* for those who listen to the page, not seen on it.

    The style sheet of all the other parts travels with them, for they change least.
    """
    return (
        f'{STYLE}<div class="nbp"><div class="nbp-spoken" role="status" '
        f'aria-live="polite">{escape(words)}</div></div>'
    )


def paragraph(words: str) -> str:
    """Return *words* as a paragraph; nothing if there are none."""
    return f"<p>{escape(words)}</p>" if words else ""


# --- rows ---------------------------------------------------------------------------


def tasks_table(
    caption: str,
    body: Iterable[str],
    output: bool,  # noqa: FBT001
    style: str = "",
) -> str:
    """Return a table of tasks, with a column for what they printed if there is any."""
    printed = '<th scope="col" class="nbp-output">Output</th>' if output else ""
    return (
        f'<table class="nbp-tasks nbp-rows"{style}><caption>{caption}</caption>'
        "<thead><tr>"
        '<th scope="col" class="nbp-task">Task</th>'
        '<th scope="col" class="nbp-item">Item</th>'
        '<th scope="col" class="nbp-status">Status</th>'
        '<th scope="col">Result or error</th>'
        f"{printed}"
        '<th scope="col" class="nbp-number">Time</th>'
        f"</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def gap_row(tasks: int, columns: int, word: str = "more") -> str:
    """Return a row that tells of tasks left out; nothing if there are none."""
    if tasks <= 0:
        return ""
    words = f"… {count(tasks)} {word}"
    gap = f'<td class="nbp-quiet" colspan="{columns}">{words}</td>'
    return f'<tr class="{BRIEF}">{gap}</tr>'


def task_row(
    row: Row, values: tuple[str, str], *, output: bool, edges: Edges | None = None
) -> str:
    """Return the row of a task, whose `cell_texts` are *values*."""
    item, outcome = values
    shown = f'<td class="nbp-value">{two_ends(item)}</td>'
    if edges is not None:
        shown = edges.cell(row.task, escape(item), kind="nbp-value")
    kind = f' class="{BRIEF}"' if is_brief(row) else ""
    return (
        f'<tr{kind}><td class="nbp-task">{row.task}</td>{shown}'
        f'<td class="nbp-status nbp-is-{row.status.word}">{text.status(row)}</td>'
        f"{_cell(outcome)}{_printed(row) if output else ''}"
        f'<td class="nbp-number">{took(row.seconds)}</td></tr>'
    )


def is_brief(row: Row) -> bool:
    """Whether nothing has come of a task that takes a second line on narrow pages."""
    return row.error is None and row.result is MISSING


def cell_texts(row: Row) -> tuple[str, str]:
    """Return the texts of a task's item and outcome."""
    # Of text both ends matter; all else the page cuts at its end, where it must.
    limit = ITEM if isinstance(row.item, (str, bytes)) else 2 * ITEM
    return brief(row.item, limit), text.outcome(row)


def _key(row: Row) -> tuple[int, int, Status]:
    """Return what tells one text of a task from another: ended tasks stay the same."""
    return row.task, row.attempts, row.status


def _printed(row: Row) -> str:
    said = escape(last_line(row.output, 80))
    return f'<td class="nbp-value nbp-output">{said}</td>'


def _cell(value: str) -> str:
    return f'<td class="nbp-value">{escape(value)}</td>'


def output_lines(snapshot: Snapshot) -> str:
    """Return the latest output, each line with its task, escaped and bounded."""
    lines = (
        f"[{task}] {line}"
        for task, printed in snapshot.log
        for line in printable(ends(printed, OUTPUT)).splitlines()
    )
    return escape("\n".join(lines)[-OUTPUT:])
