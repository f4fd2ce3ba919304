"""Waiting for the rate."""

from __future__ import annotations

from nbparallel.quantities import count, duration
from nbparallel.records.advice.base import WORTH, Advice
from nbparallel.records.measures import Measures


def rate(measures: Measures) -> Advice | None:
    """Say that the rate, and not the workers, bounded the run."""
    waited = measures.waited_for_rate
    if not measures.rate_waits or waited < WORTH * measures.active:
        return None
    tasks = "task" if measures.rate_waits == 1 else "tasks"
    return Advice(
        saves=waited,
        sentence=(
            f"{count(measures.rate_waits)} {tasks} waited on the rate limit "
            f"(rate={measures.rate!r}), for {duration(waited)} of "
            f"{duration(measures.active)}: more workers would not help, a higher "
            "rate would."
        ),
    )
