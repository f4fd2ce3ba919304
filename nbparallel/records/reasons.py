"""Why tasks of a run wait for others of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Reasons:
    """Which tasks wait for which, and why.

    Attributes
    ----------
    by_task
        By task, by the earlier task that it waits for, a sentence that says why; what
        others among these wait for already may be left out.
    """

    by_task: Mapping[int, Mapping[int, str]]

    def told(self, task: int) -> tuple[str, ...]:
        """Return why *task* waits, a sentence for each that it waits for."""
        return (*self.by_task.get(task, {}).values(),)
