"""Measurements and runs that were never carried out: the same figures every time."""

from __future__ import annotations

from array import array

import numpy as np

from nbparallel.records.columns import Columns
from nbparallel.timing.legs import Leg
from nbparallel.timing.measuring import Timed
from nbparallel.timing.results import Comparison, Sweep
from nbparallel.types import Status

#: Factors by which the rounds of a measurement differ.
ROUNDS = (1.0, 0.97, 1.04)


def timed(number, workers, seconds, *, sequential=False, failed=0, tasks=40):
    error = ValueError("three < $x$") if failed else None
    leg = Leg(number, workers, sequential)
    return Timed(leg, 1.7e9 + number, seconds, tasks, failed, error)


def comparison(*, sequential=3.1, parallel=0.41, workers=8, failed=0, rounds=ROUNDS):
    legs = []
    for number, change in enumerate(rounds, 1):
        legs += [
            timed(number, 1, sequential * change, sequential=True),
            timed(number, workers, parallel / change, failed=failed),
        ]
    return Comparison("fetch", workers, tuple(legs), 2 * len(rounds))


def usl(workers, contention=0.05, coherency=0.004):
    return workers / (
        1 + contention * (workers - 1) + coherency * workers * (workers - 1)
    )


def sweep(counts=(1, 2, 4, 8, 16, 32), *, failed=(), law=usl, tasks=40):
    legs = [
        timed(
            number,
            count,
            4.0 / law(count) * change ** (-1) ** place,
            sequential=count == 1,
            failed=3 if count in failed else 0,
            tasks=tasks,
        )
        for number, change in enumerate(ROUNDS, 1)
        for place, count in enumerate(counts)
    ]
    return Sweep("fetch", tuple(counts), tuple(legs), len(ROUNDS) * len(counts))


def columns(tasks=240, workers=8, *, bad=True, seed=0):
    """A run of so many tasks that take 50 ms or so, one after another per worker."""
    chance = np.random.default_rng(seed)
    took = chance.gamma(3.0, 0.017, tasks)
    free = np.zeros(workers)
    started, who = np.zeros(tasks), np.zeros(tasks, dtype=int)
    for task in range(tasks):
        who[task] = worker = int(free.argmin())
        started[task] = free[worker]
        free[worker] += took[task]
    status = np.full(tasks, Status.OK, dtype=np.uint8)
    if bad:
        status[chance.random(tasks) < 0.06] = Status.ERROR
        status[tasks // 3] = Status.TIMEOUT
        status[tasks // 2] = Status.CRASHED
        status[-5:] = Status.CANCELLED
    begin = 100.0
    return Columns(
        items=range(tasks),
        results=range(tasks),
        started=array("d", begin + started),
        ended=array("d", begin + started + took),
        status=bytearray(status.tobytes()),
        attempts=bytes([1]) * tasks,
        workers=array("H", who.tolist()),
        errors={},
        output={},
        epoch=1.7e9,
    )
