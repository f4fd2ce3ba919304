"""More processes that compute than CPUs."""

from __future__ import annotations

from typing import Final

from nbparallel.records.advice.base import Advice, percent
from nbparallel.records.measures import Measures

#: The share of the CPUs that was in use, and of the processes that wanted one, from
#: which on fewer processes would do as much. Tasks that wait now and then need more.
FULL: Final = 0.9
#: Seconds that must have been looked at: there is one look a second.
ENOUGH: Final = 3.0


def crowd(measures: Measures) -> Advice | None:
    """Say that as many workers as CPUs are as fast, and need less memory."""
    usage, cpus, workers = measures.usage, measures.cpus, measures.workers
    if measures.backend != "processes" or usage is None or workers <= cpus:
        return None
    if usage.span < max(ENOUGH, measures.active / 2) or usage.children < workers:
        return None
    if usage.cpu < FULL * cpus or usage.computing < FULL * usage.children:
        return None
    return Advice(
        saves=0.0,
        sentence=(
            f"{workers} processes computed on {cpus} CPUs, which were in use for "
            f"{percent(usage.cpu / cpus)} of the time: workers={cpus} is as fast, and "
            "needs less memory."
        ),
    )
