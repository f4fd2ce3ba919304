"""A run as a notebook keeps it: no widget, no script.

What matters most comes first, for pages without a style sheet show all of it, one part
below the other. Guarantees: those of `views.html`, and its size stays below 100 kB.
"""

from __future__ import annotations

from html import escape
from typing import Final

from nbparallel.quantities import count
from nbparallel.records.groups import grouped
from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.records.store import MOST_LOG
from nbparallel.short_text import ends, printable
from nbparallel.views import html, strip, table, text
from nbparallel.views.edges import edges_of
from nbparallel.views.groups import groups_html
from nbparallel.views.page_act import EVERYTHING, act
from nbparallel.views.style import STYLE
from nbparallel.views.tabs import Tab, tabs_html

#: The most bytes of a page without its head, and of single parts of it; the table of
#: all tasks has the rest, and so many bytes at least.
MOST: Final = 94_000
FAILED: Final = 24_000
SLOWEST: Final = 8_000
OUTPUT: Final = 12_000
LEAST: Final = 8_000


def static(
    snapshot: Snapshot,
    note: str = "",
    *,
    opened: bool | None = None,
    buttons: str | None = "",
) -> str:
    """Return a run as a notebook keeps it: no widget, no script.

    Parameters
    ----------
    snapshot
        The run, usually ended.
    note
        What the user should know besides, in one sentence.
    opened
        Whether what is below the head is shown; None leaves it to the run.
    buttons
        What the buttons call the run that run it again; none for no buttons. Nobody
        sees them before a kernel shows them. None says that there never are any.
    """
    is_open = text.opens(snapshot) if opened is None else opened
    head = html.head(snapshot) + html.below(snapshot, note)
    return (
        f'{STYLE}<details class="nbp nbp-run"{" open" if is_open else ""}>'
        f"<summary>{head}</summary>{body(snapshot, buttons)}</details>"
    )


def body(snapshot: Snapshot, buttons: str | None = "") -> str:
    """Return all that there is to tell below the head of a run; *buttons* as above."""
    rows = (*snapshot.latest, *snapshot.running, *snapshot.first)
    every = (*rows, *snapshot.failures, *snapshot.slowest)
    prefix = table.shared_prefix(every)
    above, way_on = _strip(snapshot) + html.above(snapshot), _way_on(snapshot, buttons)
    items = {row.task: row.item for row in every}
    failed = _failed(snapshot, items, prefix, buttons or "")
    slowest = _slowest(snapshot, prefix)
    output = _output(snapshot)
    others = (STYLE, above, failed.pane, slowest.pane, output.pane, way_on)
    room = MOST - sum(len(part.encode()) for part in others)
    every_task = _all(snapshot, rows, prefix, max(room, LEAST))
    first = [failed, every_task]
    if snapshot.reasons is not None:  # of what fails, the cell itself has the traceback
        first.reverse()
    tabs = tabs_html([*first, slowest, output], text.title(snapshot))
    kind = "nbp nbp-body" if tabs else "nbp"
    return f'<div class="{kind}">{above}{tabs}{way_on}</div>'


def _strip(snapshot: Snapshot) -> str:
    """Return the timeline, and as an image for pages that take all else out."""
    drawn = html.timeline(snapshot)
    if not drawn:
        return ""
    return f'{drawn}<div class="nbp-unstyled">{strip.image(snapshot.strip)}</div>'


def _failed(
    snapshot: Snapshot, items: dict[int, object], prefix: str, buttons: str
) -> Tab:
    where = f"{snapshot.handle}.errors"
    found = grouped(snapshot.errors)
    pane = groups_html(
        found, items, FAILED, prefix=prefix, where=where, buttons=buttons
    )
    if (more := snapshot.failed - len(snapshot.errors)) > 0:
        found_at = f"<code>{escape(where)}</code>"
        pane += f'<p class="nbp-quiet">… {count(more)} more in {found_at}</p>'
    return Tab("Failed", count(snapshot.failed), pane, alarming=True)


def _all(snapshot: Snapshot, rows: tuple[Row, ...], prefix: str, room: int) -> Tab:
    known = snapshot.known
    edges = edges_of(snapshot.reasons)
    shown, told = table.table_with_gaps(rows, known, prefix, room, edges)
    if shown and told < known and snapshot.state.ended:
        words = f"{count(told)} of {count(known)} tasks, the first and the last to end"
        shown = _left_out(words, snapshot) + shown
    return Tab("All", count(known), shown)


def _slowest(snapshot: Snapshot, prefix: str) -> Tab:
    rows = snapshot.slowest if len(snapshot.slowest) > 1 else ()
    return Tab("Slowest", "", table.ordered_table(rows, prefix, SLOWEST))


def _output(snapshot: Snapshot) -> Tab:
    """Return what tasks have printed, each line with its task: as much as fits in."""
    lines = [
        escape(f"[{task}] {line}")
        for task, printed in snapshot.log
        for line in printable(ends(printed, OUTPUT)).splitlines()
    ]
    room, first = OUTPUT, len(lines)
    while first and (room := room - len(lines[first - 1].encode()) - 1) >= 0:
        first -= 1
    full = len(snapshot.log) >= MOST_LOG
    words = "The last of what was printed" if full or first else ""
    note = _left_out(words, snapshot) if words else ""
    shown = "\n".join(lines[first:])
    pane = f"{note}<pre>{shown}</pre>" if lines else ""
    return Tab("Output", f"{count(len(snapshot.log))}{'+' if full else ''}", pane)


def _left_out(words: str, snapshot: Snapshot) -> str:
    """Return what a part shows, and where all is that it leaves out."""
    found = f"; all: <code>{escape(snapshot.handle)}.df</code>"
    kept = found if snapshot.keeps_results else ""
    return f'<p class="nbp-quiet">{words}{kept}</p>'


def _way_on(snapshot: Snapshot, buttons: str | None) -> str:
    if not snapshot.state.ended or not text.not_ok(snapshot):
        return ""
    which, run = text.retries(snapshot), snapshot.handle
    again = act(buttons, EVERYTHING, text.retry_label(snapshot)) if buttons else ""
    without = f' class="nbp-without-{buttons}"' if buttons else ""
    way = f"; display <code>{run}</code> for buttons"
    shown = "" if buttons is None else f"<span{without}>{way}</span>"
    return (
        f'<p class="nbp-quiet nbp-way-on">{again}<span><code>{run}.retry()</code> runs '
        f"{which} again{shown}.</span></p>"
    )
