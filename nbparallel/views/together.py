"""What it has gained that statements ran at the same time, in one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

from nbparallel.quantities import count, duration
from nbparallel.records.advice.lock import MOST as LOCKED
from nbparallel.records.reasons import Reasons
from nbparallel.records.snapshot import Snapshot

#: So many reasons are told why nothing could.
NAMED: Final = 2


class Span(NamedTuple):
    """When a task ran."""

    begin: float
    end: float
    task: int


def gain(snapshot: Snapshot) -> str:
    """Return how many statements ran at the same time, and what that has saved.

    Nothing is said of a run that goes on, nor of one without reasons to wait. What the
    statements took one after another is the sum of their own seconds.
    """
    known, reasons = snapshot.known, snapshot.reasons
    # Those of a journal have not run; more than a page has nobody looks at.
    whole = len(snapshot.first) == known > 1 and not snapshot.restored
    if reasons is None or not (whole and snapshot.state.ended):
        return ""
    if all(task - 1 in reasons.by_task.get(task, ()) for task in range(1, known)):
        return f"Nothing could run at the same time: {_why(reasons, known)}"
    spans = [
        Span(row.started, row.started + row.seconds, row.task)
        for row in snapshot.first
        if row.started is not None and row.seconds is not None
    ]
    together = len(at_the_same_time(spans))
    if not together:
        return "Nothing ran at the same time: each had ended before the next began"
    alone = sum(each.end - each.begin for each in spans)
    said = f"{count(together)} of {count(known)} statements ran at the same time"
    if snapshot.locked is not None and snapshot.locked >= LOCKED:
        return f"{said}, but computed one at a time: nothing was gained"
    gained = "" if snapshot.active < alone else ", which gained nothing"
    return f"{said}{gained}: {duration(snapshot.active)} instead of {duration(alone)}"


def at_the_same_time(spans: Iterable[Span]) -> set[int]:
    """Return the tasks that ran while another one did.

    Examples
    --------
    >>> sorted(at_the_same_time([Span(0, 2, 7), Span(1, 3, 8), Span(3, 4, 9)]))
    [7, 8]
    """
    found: set[int] = set()
    longest: Span | None = None
    for span in sorted(spans):
        if longest is not None and span.begin < longest.end:
            found |= {span.task, longest.task}
        if longest is None or span.end > longest.end:
            longest = span
    return found


def _why(reasons: Reasons, known: int) -> str:
    every = (each for task in range(known) for each in reasons.told(task))
    more = known - 1 - NAMED
    told = ", ".join(islice(every, NAMED))
    return f"{told} and {count(more)} more" if more > 0 else told
