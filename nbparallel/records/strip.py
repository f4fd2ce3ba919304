"""The timeline of a run, frozen: what views draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Bar(NamedTuple):
    """What one worker did for some time.

    Attributes
    ----------
    begin, end
        Seconds of the run.
    status
        The word of what came of it; of several tasks, that of one that failed if any
        did, else ``ok`` if any was.
    first
        The first task.
    tasks, failed
        How many tasks there were, and how many of them failed.
    """

    begin: float
    end: float
    status: str
    first: int
    tasks: int = 1
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Strip:
    """The timeline of a run at one instant.

    Attributes
    ----------
    lanes
        The bars of each worker, or of a few; what goes on has the status ``running``.
    since, until
        The seconds of the run that they are of.
    workers
        How many workers the run may use.
    share
        The part of their time in which they were busy, from 0 to 1, or None if nobody
        knows; of the whole run, as all that follows.
    failures
        How many attempts have failed.
    failing
        When the first of them ended and when the last one did, or None.
    running
        How many tasks are being carried out.
    """

    lanes: tuple[tuple[Bar, ...], ...]
    since: float
    until: float
    workers: int
    share: float | None = None
    failures: int = 0
    failing: tuple[float, float] | None = None
    running: int = 0
