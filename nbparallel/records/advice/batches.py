"""Tasks so small that handing them out is a good part of the work."""

from __future__ import annotations

from typing import Final

from nbparallel.quantities import count, measured_time
from nbparallel.records.advice.base import Advice
from nbparallel.records.measures import Measures

#: Ten times what a task costs that does nothing: 0.3 µs on threads, 3 µs in processes
#: (benchmarks/README.md). From there on that is less than a tenth.
NEAR: Final = 3e-6
AFAR: Final = 30e-6
#: Where each kind of worker is; of others nobody knows what a task costs.
_BOUNDS: Final = {"threads": NEAR, "inline": NEAR, "processes": AFAR}


def batches(measures: Measures) -> Advice | None:
    """Say that the function should take many items at once.

    The time of a task is that of the run, divided by the number of tasks, times the
    number of those that could go on at once: threads so quick never do.
    """
    bound = _BOUNDS.get(measures.backend)
    if bound is None or measures.waited_for_rate or measures.waited_for_backoff:
        return None
    lanes = min(measures.workers, measures.cpus) if bound == AFAR else 1
    each = measures.active * lanes / measures.done
    if each >= bound:
        return None
    return Advice(
        saves=measures.active,
        sentence=(
            f"The {count(measures.done)} tasks took {measured_time(each)} each, and "
            "handing one out takes a good part of that: have the function take a batch "
            "of items."
        ),
    )
