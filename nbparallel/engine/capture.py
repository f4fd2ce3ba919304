"""Tie printed text to the task that printed it."""

from __future__ import annotations

from collections.abc import Callable

from nbparallel.edge import streams
from nbparallel.workers.claim import current


def start() -> Callable[[], None]:
    """Keep what tasks of capturing runs print; return what ends it.

    Text that no view shows is let through as well.
    """
    return streams.catch(_take)


def _take(text: str) -> bool:
    claim = current.get()
    if claim is None or not claim.run.options.capture:
        return False
    if claim.revoked:
        return True  # nobody waits for this task any more; no cell wants its text
    if claim.running is None:
        return False  # a thread that a task left behind
    claim.print(text)
    return not claim.run.echo
