"""Measurements in sentences.

No sentence claims a speed-up that the measurements don't bear out: not where tasks
failed, and none that the spread of the rounds leaves open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nbparallel.quantities import factor, measured_time
from nbparallel.short_text import error_line, one_line
from nbparallel.timing.legs import LOOP, workers_in_words
from nbparallel.timing.spread import Spread

if TYPE_CHECKING:
    from nbparallel.timing.findings import ComparisonFindings, SweepFindings
    from nbparallel.timing.measuring import Timed

#: The most characters of a name or of an error's text.
MOST_SHOWN: Final = 80


def times_as_fast(speedup: Spread, than: str = "") -> str:
    """Return ``"7.5 times as fast (7.2 to 7.7)"``, or what else is true."""
    low, high = factor(speedup.low), factor(speedup.high)
    ends = "" if low == high else f" ({low} to {high})"
    told = f"{factor(speedup.median)} times as fast{than}{ends}"
    if speedup.low < 1 < speedup.high:
        return f"no clear difference, {told}"
    return f"slower, {told}" if speedup.median < 1 else told


def comparison_in_words(found: ComparisonFindings) -> str:
    """Return a comparison in a sentence or two."""
    return _line(found.name, _compared(found), _troubles(found.legs), _cut_short(found))


def _compared(found: ComparisonFindings) -> str:
    if found.sequential is None or found.parallel is None:
        return "not measured."
    workers = workers_in_words(found.workers)
    both = (
        f"{workers} took {measured_time(found.parallel.median)}, "
        f"{found.baseline} {measured_time(found.sequential.median)}"
    )
    return f"{both}: {times_as_fast(found.speedup)}." if found.speedup else f"{both}."


def sweep_in_words(found: SweepFindings) -> str:
    """Return a sweep as a line, a small table, and what the fit says."""
    rows = sweep_table(found)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join([sweep_line(found), *lines[: len(lines) if found.legs else 0]])


def sweep_line(found: SweepFindings) -> str:
    """Return the findings of a sweep in a few sentences."""
    return _line(
        found.name,
        _swept(found),
        _few_tasks(found),
        str(found.fit or ""),
        _troubles(found.legs),
        _cut_short(found),
    )


def _swept(found: SweepFindings) -> str:
    if found.best is None:
        return "nothing to go by." if found.legs else "not measured."
    best = workers_in_words(found.best)
    took = f"{best} took {measured_time(found.seconds[found.best].median)}"
    base = LOOP if _is_loop(found) else workers_in_words(found.base)
    if len(found.seconds) == 1:
        return f"{took}."
    if found.best == found.base:
        return f"{took}: no number of workers was faster than {base}."
    if found.best not in found.speedup:
        return f"{took}, the fastest."
    gain = times_as_fast(found.speedup[found.best], f" as {base}")
    return f"{took}, the fastest: {gain}."


def sweep_table(found: SweepFindings) -> list[tuple[str, str, str]]:
    """Return the rows of a small table, its head first."""
    rows = [("workers", "time", "speed-up")]
    for count in found.workers:
        took, gain = found.seconds.get(count), found.speedup.get(count)
        if took is not None:
            told = gain.words(factor) if gain and count != found.base else "1"
            rows.append((str(count), took.words(measured_time), told if gain else ""))
        elif count in found.failed:
            rows.append((str(count), f"{found.failed[count]} failed", ""))
    return rows


def _is_loop(found: SweepFindings) -> bool:
    return any(t.leg.sequential for t in found.legs if t.leg.workers == found.base)


def _few_tasks(found: SweepFindings) -> str:
    tasks = found.legs[0].tasks if found.legs and _is_loop(found) else None
    if tasks is None or tasks >= found.workers[-1]:
        return ""
    there = "is 1 task" if tasks == 1 else f"are {tasks} tasks"
    return f"There {there}: more workers than that have nothing to do."


def _troubles(legs: tuple[Timed, ...]) -> str:
    bad = [timed for timed in legs if timed.failed]
    if not bad:
        return ""
    worst = max(bad, key=lambda timed: timed.failed)
    how = "in the plain loop" if worst.leg.sequential else f"with {worst.leg.way}"
    some = f"{worst.failed} of {worst.tasks} tasks failed {how}"
    why = f" ({error_line(worst.error, MOST_SHOWN)})" if worst.error is not None else ""
    return f"No speed-up is claimed where tasks failed: {some}{why}."


def _cut_short(found: ComparisonFindings | SweepFindings) -> str:
    if len(found.legs) >= found.planned:
        return ""
    return f"Cancelled after {len(found.legs)} of {found.planned} legs."


def _line(name: str, *sentences: str) -> str:
    return f"{one_line(name, MOST_SHOWN)}: {' '.join(filter(None, sentences))}"
