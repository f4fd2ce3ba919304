"""Waiting to try failed tasks again."""

from __future__ import annotations

from nbparallel.quantities import count, duration
from nbparallel.records.advice.base import WORTH, Advice
from nbparallel.records.measures import Measures


def backoff(measures: Measures) -> Advice | None:
    """Say that nothing was done until failed tasks were due again."""
    waited = measures.waited_for_backoff - measures.waited_as_asked
    if not measures.backoff_waits or waited < WORTH * measures.active:
        return None
    tasks = "task" if measures.backoff_waits == 1 else "tasks"
    return Advice(
        saves=waited,
        sentence=(
            f"For {duration(waited)} of {duration(measures.active)} nothing was left "
            f"to do but to wait until {count(measures.backoff_waits)} failed {tasks} "
            "could be tried again: a smaller backoff= would shorten that."
        ),
    )
