"""Tie printed text to the task that printed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nbparallel.edge import streams
from nbparallel.workers.claim import current

if TYPE_CHECKING:
    from nbparallel.engine.scheduler import Scheduler


def start(run: Scheduler) -> Callable[[], None]:
    """Keep what the tasks of *run* print; return what ends it.

    Text that no view shows is let through as well, and so is what comes from a task
    that has ended.
    """

    def take(text: str) -> bool:
        claim = current.get()
        if claim is None or claim.run is not run or not claim.thread:
            return False
        if not claim.revoked:
            claim.print(text)
        return not run.echo

    return streams.catch(take)
