"""A tree of 10 chapters of 4 tasks of 3 sub-tasks, beside the ideal time."""

from __future__ import annotations

import threading
import time
from functools import partial

import nbparallel as nbp
from benchmarks.measure import ROUNDS, Table, figure, interleave, seconds, spread

WORKERS, EACH = 8, 0.05
TREE = [[[None] * 3 for _ in range(4)] for _ in range(10)]
#: What is ideal: by the switches, how often so long a task is waited for.
IDEAL = {
    (True, True, True): 15,
    (False, True, True): 20,
    (True, False, True): 15,
    (True, True, False): 15,
    (False, False, True): 40,
}


class Sleep:
    """A task that sleeps, and counts how many do so at a time."""

    def __init__(self) -> None:
        self.most = self._going = 0
        self._lock = threading.Lock()

    def __call__(self, _: object) -> None:
        with self._lock:
            self._going += 1
            self.most = max(self.most, self._going)
        time.sleep(EACH)
        with self._lock:
            self._going -= 1


def tree() -> Table:
    sleep = Sleep()

    def go(switches: tuple[bool, ...]) -> object:
        return nbp.ptree(
            sleep,
            TREE,
            concurrent=switches,
            workers=WORKERS,
            combine=len,
            progress=False,
        )

    ways = {
        str(switches): partial(seconds, partial(go, switches)) for switches in IDEAL
    }
    go((True, True, True))
    figures = interleave(ways, ROUNDS)
    rows = []
    for switches, waits in IDEAL.items():
        took, ideal = figures[str(switches)], waits * EACH
        over = [each / ideal for each in took]
        shown = ", ".join("at once" if each else "in turn" for each in switches)
        rows.append(
            (shown, figure(ideal), figure(sorted(took)[len(took) // 2]), spread(over))
        )
    return Table(
        f"A tree: 10 chapters of 4 tasks of 3 sub-tasks of 50 ms, {WORKERS} workers",
        f"Seconds, with `combine`; at most {sleep.most} calls were going on at any "
        "instant, counted inside the tasks.",
        ("chapters, tasks, sub-tasks", "ideal", "took", "ratio to the ideal"),
        rows,
    )
