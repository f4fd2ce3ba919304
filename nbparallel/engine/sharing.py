"""Whose workers carry a run out: its own, or those of a run that it is nested in."""

from __future__ import annotations

from typing import Protocol, Self

from nbparallel.engine.crew import Crew
from nbparallel.engine.limits import Limits
from nbparallel.errors import BadValue
from nbparallel.options import AUTO, Options
from nbparallel.workers import load
from nbparallel.workers.base import Backend, Kind
from nbparallel.workers.bounds import Bounds


class Outer(Protocol):
    """A run inside whose task another is made."""

    crew: Crew
    backend: Backend
    limits: Limits
    parent: Self | None


def workers_for(options: Options, parent: Outer | None) -> tuple[Crew, Backend, int]:
    """Return the crew of a run, what carries its tasks out, and how many at a time.

    Raises
    ------
    BadValue
        The number is to follow the work, and can't.
    """
    kind = load(options.backend)
    if parent is not None and _can_share(kind, parent):
        outer = parent.limits.workers
        return parent.crew, parent.backend, _number(options, kind, outer)
    workers = _number(options, kind, None)
    crew = Crew()
    return crew, kind(crew, workers), workers


def bounds_of(kind: Kind, asked: str = "'auto'") -> Bounds:
    """Return between which numbers of workers of *kind* the work may choose.

    Raises
    ------
    BadValue
        It can't.
    """
    bounds = kind.bounds()
    if bounds is None:
        message = (
            f"workers={asked}: backend='inline' carries tasks out in the thread that "
            "waits, and there is only one. Leave workers out, or write "
            "backend='threads'."
        )
        raise BadValue(message)
    return bounds


def _number(options: Options, kind: Kind, outer: int | None) -> int:
    if options.workers == AUTO:
        return outer or bounds_of(kind).first
    return options.workers or kind.default_workers()


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
