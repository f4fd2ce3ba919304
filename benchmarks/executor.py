"""What it costs to submit a call that does nothing: alone, and until all are made."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

import nbparallel as nbp
from benchmarks.measure import Table, compare, interleave, seconds
from benchmarks.overhead import nothing

COUNT, WORKERS, ROUNDS = 20_000, 8, 11

Make = Callable[[], ThreadPoolExecutor]


def submitted(pool: ThreadPoolExecutor) -> list[Future[object]]:
    return [pool.submit(nothing, number) for number in range(COUNT)]


def carried_out(pool: ThreadPoolExecutor) -> object:
    futures = submitted(pool)
    wait(futures)
    return futures


def submit_alone(make: Make) -> float:
    """Measure it while all workers are held up, so that they take no part in it."""
    gate = threading.Event()
    with make() as pool:
        held = [pool.submit(gate.wait) for _ in range(WORKERS)]
        try:
            return seconds(partial(submitted, pool))
        finally:
            gate.set()
            wait(held)


def until_made(make: Make) -> float:
    with make() as pool:
        pool.submit(nothing, 0).result()
        return seconds(partial(carried_out, pool))


def submitting() -> Table:
    contenders: dict[str, Make] = {
        "nbparallel": partial(nbp.Executor, WORKERS, progress=False),
        "ThreadPoolExecutor": partial(ThreadPoolExecutor, WORKERS),
    }
    alone, made = (
        {
            name: found
            for name, *found in compare(
                interleave({n: partial(way, m) for n, m in contenders.items()}, ROUNDS),
                1e6 / COUNT,
            )
        }
        for way in (submit_alone, until_made)
    )
    return Table(
        "An executor: `submit` of 20 000 no-op calls, 8 threads",
        "The call of `submit` alone, while other calls keep the threads; and from the "
        "first `submit` until all calls have been made. Only nbparallel keeps the "
        "start, duration, status and worker of every call. Figures are µs per task.",
        ("", "`submit`", "ratio to nbparallel", "until made", "ratio to nbparallel"),
        [(name, *alone[name], *made[name]) for name in alone],
    )
