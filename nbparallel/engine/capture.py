"""Tie printed text to the task that printed it."""

from __future__ import annotations

from collections.abc import Callable

from nbparallel.edge import streams
from nbparallel.engine.scheduler import Scheduler
from nbparallel.workers.scope import current


def start(run: Scheduler) -> Callable[[], None]:
    """Keep what the tasks of *run* print; return what ends it.

    Text that no view shows is let through as well, and so is what comes from a task
    that has ended.
    """

    def take(text: str) -> bool:
        scope = current.get()
        if scope is None or scope.run is not run or not scope.thread:
            return False
        if not scope.revoked:
            scope.print(text)
        return not run.echo

    return streams.catch(take)
