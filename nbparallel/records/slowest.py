"""Which tasks took longest, of millions in some ten milliseconds."""

from __future__ import annotations

from array import array
from heapq import nlargest
from typing import Final

from nbparallel.types import FINAL

#: So many tasks are looked through before numpy is imported, which takes as long.
FEW: Final = 20_000


def slowest(
    status: bytearray,
    attempts: array[int],
    started: array[float],
    ended: array[float],
    count: int,
) -> list[int]:
    """Return up to *count* tasks that were tried and ended, the slowest first."""
    if len(status) > FEW:
        return _of_many(status, attempts, started, ended, count)
    seconds = {
        task: ended[task] - started[task]
        for task, now in enumerate(status)
        if now in FINAL and attempts[task]
    }
    return nlargest(count, seconds, key=seconds.__getitem__)


def _of_many(
    status: bytearray,
    attempts: array[int],
    started: array[float],
    ended: array[float],
    count: int,
) -> list[int]:
    import numpy as np

    kept = np.zeros(256, dtype=bool)
    kept[list(FINAL)] = True
    tried = kept[np.frombuffer(status, dtype=np.uint8)]
    tried &= np.frombuffer(attempts, dtype=attempts.typecode) > 0
    seconds = np.frombuffer(started) - np.frombuffer(ended)
    seconds[~tried] = np.inf
    count = min(count, int(tried.sum()))
    top = (
        np.argpartition(seconds, count - 1)[:count] if count else tried[:0].nonzero()[0]
    )
    return [int(task) for task in top[np.argsort(seconds[top])]]
