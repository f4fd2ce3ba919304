"""What it costs to submit a call that does nothing, until all have been made."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import nbparallel as nbp
from benchmarks.measure import Table, compare, interleave, seconds
from benchmarks.overhead import HEADER, nothing

COUNT, WORKERS, ROUNDS = 20_000, 8, 11


def submitted(pool: ThreadPoolExecutor) -> object:
    futures = [pool.submit(nothing, number) for number in range(COUNT)]
    wait(futures)
    return futures


def once(make: Callable[[], ThreadPoolExecutor]) -> float:
    with make() as pool:
        pool.submit(nothing, 0).result()
        return seconds(partial(submitted, pool))


def submitting() -> Table:
    contenders = {
        "nbparallel": partial(nbp.Executor, WORKERS, progress=False),
        "ThreadPoolExecutor": partial(ThreadPoolExecutor, WORKERS),
    }
    figures = interleave(
        {name: partial(once, make) for name, make in contenders.items()}, ROUNDS
    )
    return Table(
        "An executor: `submit` of 20 000 no-op calls, 8 threads",
        "From the first `submit` until all futures are done. Only nbparallel keeps the "
        "start, duration, status and worker of every call.",
        HEADER,
        compare(figures, 1e6 / COUNT),
    )
