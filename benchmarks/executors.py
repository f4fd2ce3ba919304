"""What a task costs on a pool of the user's: ours, and by the pool's own ``map``."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import nbparallel as nbp
from benchmarks.measure import Table, compare_over
from benchmarks.overhead import HEADER, nothing

#: Tasks; the pool's own map of single tasks to processes would take minutes for more.
COUNT = 100_000
FEW = 10_000


def by_map(pool: Executor, items: list[int], chunk: int = 1) -> list[object]:
    return list(pool.map(nothing, items, chunksize=chunk))


def by_pmap(pool: Executor, items: list[int]) -> list[object]:
    return nbp.pmap(nothing, items, backend=pool, progress=False).results


def timed(
    contenders: dict[str, Callable[[Executor, list[int]], list[object]]],
    pool: Executor,
    count: int,
) -> list[tuple[str, ...]]:
    return compare_over(
        {name: partial(contender, pool) for name, contender in contenders.items()},
        count,
    )


def threads() -> Table:
    contenders = {"nbparallel": by_pmap, "the pool's own map": by_map}
    with ThreadPoolExecutor(8) as pool:
        rows = timed(contenders, pool, COUNT)
    return Table(
        "A pool of the user's: 100 000 no-op tasks, ThreadPoolExecutor(8)",
        "The pool has been made and used before. From the call to the list of results.",
        HEADER,
        rows,
    )


def processes() -> Table:
    contenders = {
        "nbparallel": by_pmap,
        "the pool's own map": by_map,
        "the same, chunksize=1000": partial(by_map, chunk=1000),
    }
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(2, context) as pool:
        rows = timed(contenders, pool, FEW)
    return Table(
        "A pool of the user's: 10 000 no-op tasks, ProcessPoolExecutor(2)",
        "The pool has been made and used before. A chunk that raises loses all of its "
        "results; nbparallel has a row per task, and finds the size of batches itself.",
        HEADER,
        rows,
    )
