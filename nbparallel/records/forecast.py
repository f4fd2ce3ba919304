"""When a run will have ended, as far as what has ended of it tells."""

from __future__ import annotations

from statistics import median, quantiles
from typing import Final, NamedTuple

from nbparallel.records.snapshot import Snapshot
from nbparallel.types import State, Status

#: A straggler takes so many times the median, and so many seconds at least.
TIMES: Final = 3.0
LEAST: Final = 1.0
#: Of fewer tasks nothing is said but how fast they came.
FEWEST: Final = 5


class Stragglers(NamedTuple):
    """The tasks that all others have ended before, long ago.

    Attributes
    ----------
    tasks
        How many there are.
    seconds
        How long the first of them has been running.
    times
        How many times the median of the others that is.
    """

    tasks: int
    seconds: float
    times: float


def to_go(snapshot: Snapshot) -> tuple[float, float] | None:
    """Return the least and the most seconds that a run is likely to go on.

    The least is what its tasks take at the rate so far; the most leaves the last of
    them the time that only one in ten exceeded lately. None where nobody can tell.
    """
    total, rate = snapshot.total, snapshot.rate
    if total is None or rate is None or snapshot.state is not State.RUNNING:
        return None
    least = (total - snapshot.finished) / rate
    if len(snapshot.recent) < FEWEST:
        return least, least
    return least, least + quantiles(snapshot.recent, n=10, method="inclusive")[-1]


def stragglers(snapshot: Snapshot) -> Stragglers | None:
    """Return the tasks that alone are left if they take much longer than the others."""
    count = snapshot.counts[Status.RUNNING]
    begun = snapshot.finished + count == snapshot.total
    goes_on = snapshot.state is State.RUNNING and begun and snapshot.running
    if not goes_on or len(snapshot.recent) < FEWEST:
        return None
    longest, usual = snapshot.running[0].seconds, median(snapshot.recent)
    if longest is None or longest < max(LEAST, TIMES * usual):
        return None
    return Stragglers(count, longest, longest / usual if usual else float("inf"))
