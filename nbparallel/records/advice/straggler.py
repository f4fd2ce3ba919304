"""One task that goes on when all others have ended."""

from __future__ import annotations

from nbparallel.quantities import count, duration
from nbparallel.records.advice.base import WORTH, Advice
from nbparallel.records.advice.lock import MOST
from nbparallel.records.measures import Measures


def straggler(measures: Measures) -> Advice | None:
    """Say that a long task should have come first.

    What that would save is the time in which it ran alone, which others would have
    filled meanwhile; but no more than what it was begun after the first task. Where
    tasks compute one at a time, in whatever order, it would save nothing.
    """
    last, workers = measures.straggler, measures.workers
    if last is None or workers == 1 or (measures.locked or 0.0) >= MOST:
        return None
    saves = min(last.alone * (1 - 1 / workers), last.late)
    if saves < WORTH * measures.active:
        return None
    return Advice(
        saves=saves,
        sentence=(
            f"Task {count(last.task)}, of {duration(last.seconds)}, ran alone at the "
            f"end for {duration(last.alone)} of {duration(measures.active)}: put it "
            "first."
        ),
    )
