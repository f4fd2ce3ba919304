"""Tasks that compute in Python, one at a time."""

from __future__ import annotations

from typing import Final

from nbparallel.records.advice.base import Advice, percent
from nbparallel.records.measures import Measures

#: The share of the looks from which on it is said. Less may be tasks that wait and
#: compute by turns, for which threads are right.
MOST: Final = 0.8
#: Seconds that must have been looked at: some twenty looks. It is also about what a
#: process takes to start, so that less is not worth one.
ENOUGH: Final = 1.0


def lock(measures: Measures) -> Advice | None:
    """Say that processes would compute at the same time, where threads can't."""
    places = min(measures.workers, measures.cpus)
    share = measures.locked
    if measures.backend != "threads" or share is None or places < 2:  # noqa: PLR2004 # one CPU computes one at a time
        return None
    if share < MOST or measures.looked < max(ENOUGH, measures.active / 2):
        return None
    cure = (
        "Let tasks hand it to pmap(..., backend='processes')."
        if measures.near
        else "Write backend='processes'."
    )
    return Advice(
        saves=measures.active * share * (1 - 1 / places),
        sentence=(
            f"{percent(share)} of the time was Python code holding the interpreter, "
            f"one task at a time: threads cannot help. {cure}"
        ),
    )
