"""Whose workers carry a run out: its own, or those of a run that it is nested in."""

from __future__ import annotations

from typing import Protocol, Self

from nbparallel.engine.crew import Crew
from nbparallel.options import Options
from nbparallel.workers import load
from nbparallel.workers.base import Backend, Kind


class Outer(Protocol):
    """A run inside whose task another is made."""

    crew: Crew
    backend: Backend
    parent: Self | None


def workers_for(options: Options, parent: Outer | None) -> tuple[Crew, Backend, int]:
    """Return the crew of a run, what carries its tasks out, and how many at a time."""
    kind = load(options.backend)
    workers = options.workers or kind.default_workers()
    if parent is not None and _can_share(kind, parent):
        return parent.crew, parent.backend, workers
    crew = Crew()
    return crew, kind(crew, workers), workers


def _can_share(kind: Kind, parent: Outer) -> bool:
    """Whether the workers of *parent* may carry out runs of *kind* inside its tasks.

    The user's own workers carry out theirs. But where one of them, further out, waits
    for this very run, they are busy: the nearest ones do it.
    """
    if not (kind.nests and parent.backend.nests):
        return False
    run: Outer | None = parent
    while run is not None and kind.pool is not None:
        if run.backend.pool is kind.pool:
            return True
        run = run.parent
    return kind.pool is None
