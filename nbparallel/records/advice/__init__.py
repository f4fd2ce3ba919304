"""What to change about a run next time, in one sentence; or nothing.

Each kind of advice is a function in a file of its own: from the measures it makes an
`Advice`, or None. The one that would save most time is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nbparallel.records.advice.backoff import backoff
from nbparallel.records.advice.base import Advice
from nbparallel.records.advice.batches import batches
from nbparallel.records.advice.crowd import crowd
from nbparallel.records.advice.lock import lock
from nbparallel.records.advice.rate import rate
from nbparallel.records.advice.straggler import straggler
from nbparallel.records.measures import SHORT, Measures

#: Of two that would save the same, the earlier is given.
KINDS: Final[tuple[Callable[[Measures], Advice | None], ...]] = (
    batches,
    lock,
    straggler,
    rate,
    backoff,
    crowd,
)


def advice(measures: Measures) -> str:
    """Return the sentence that would save most time, or an empty one."""
    if measures.active < SHORT or not measures.done:
        return ""
    found = [made for kind in KINDS if (made := kind(measures)) is not None]
    return max(found, key=lambda each: each.saves).sentence if found else ""
