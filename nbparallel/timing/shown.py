"""Measurements in the look of the panel: the finding first, then a row for each way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbparallel.quantities import factor, measured_time
from nbparallel.timing import sentences
from nbparallel.timing.legs import workers_in_words
from nbparallel.timing.spread import Spread
from nbparallel.views import sheets

if TYPE_CHECKING:
    from nbparallel.timing.findings import ComparisonFindings, SweepFindings

#: The heads of the columns after the first.
REST = ("legs", "time", "speed-up", "")

Row = tuple[str, int, str, str, Spread | None]


def comparison_html(found: ComparisonFindings) -> str:
    """Return a comparison: its sentence, and both ways one above the other."""
    rows: list[Row] = []
    if (alone := found.sequential) is not None:
        one = Spread.of([1.0]) if found.speedup else None
        took = alone.words(measured_time)
        rows.append((found.baseline, alone.count, took, "1" if one else "", one))
    if (together := found.parallel) is not None:
        gain = found.speedup
        told = gain.words(factor) if gain else ""
        took, name = together.words(measured_time), workers_in_words(found.workers)
        rows.append((name, together.count, took, told, gain))
    return _page(sentences.comparison_in_words(found), "how", rows)


def sweep_html(found: SweepFindings) -> str:
    """Return a sweep: its sentences, and a row for each number of workers."""
    legs = Counter(timed.leg.workers for timed in found.legs)
    _, *table = sentences.sweep_table(found)
    rows = [
        (name, legs[int(name)], took, told, found.speedup.get(int(name)))
        for name, took, told in table
    ]
    return _page(sentences.sweep_line(found), "workers", rows)


def _page(sentence: str, first: str, rows: Sequence[Row]) -> str:
    if not rows:
        return sheets.page(sentence)
    most = max((gain.median for *_, gain in rows if gain), default=1.0)
    cells = [
        (name, str(legs), took, told, _bar(gain, most))
        for name, legs, took, told, gain in rows
    ]
    return sheets.page(sentence, sheets.sheet("The legs", (first, *REST), cells))


def _bar(gain: Spread | None, most: float) -> sheets.Cell:
    if gain is None:
        return ""
    return sheets.Share(gain.median, most, f"{factor(gain.median)} times as fast")
