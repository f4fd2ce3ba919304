"""What a view is, and what its buttons may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from nbparallel.records.queries import Detail, Page, Query
from nbparallel.records.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Actions:
    """What the buttons of a view do.

    Each is called from a thread of the view's choosing and must return soon: it asks
    for something, it does not wait for it.

    Attributes
    ----------
    cancel
        Stop the run.
    pause
        Start no further task.
    resume
        Go on after a pause.
    retry
        Run again what is not ok.
    retry_some
        Run again those of some tasks that are not ok.
    browse
        Return a page of the run's tasks; None if the run is gone.
    detail
        Return everything about a task; None if nothing is known.
    """

    cancel: Callable[[], None]
    pause: Callable[[], None]
    resume: Callable[[], None]
    retry: Callable[[], None]
    retry_some: Callable[[Sequence[int]], None]
    browse: Callable[[Query], Page | None]
    detail: Callable[[int], Detail | None]


class View(Protocol):
    """Something that shows a run."""

    def draw(self, snapshot: Snapshot) -> None:
        """Show a run that is under way; called a few times a second."""

    def finish(self, snapshot: Snapshot) -> Callable[[], None] | None:
        """Show how the run ended; called once per end, after the last `draw`.

        Return what is left to be done then, for which nobody has to wait.
        """
