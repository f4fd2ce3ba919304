"""What a task costs in worker processes, beside pools that are made and warm."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial

import joblib
import loky
from mpire import WorkerPool

import nbparallel as nbp
from benchmarks.measure import Table, compare_over, seconds, spread
from benchmarks.overhead import HEADER, nothing

WORKERS = 2
#: Seconds that a task computes where it does.
BUSY = 0.001
#: Single runs of one task, and starts of a program.
TRIPS, STARTS = 200, 5

COLD = """
import time, nbparallel as nbp
start = time.perf_counter()
nbp.pmap(abs, range(2), backend="processes", workers=2, progress=False)
print(time.perf_counter() - start)
"""

Contender = Callable[[Callable[[object], object], list[int]], list[object]]


def busy(item: object) -> object:
    end = time.perf_counter() + BUSY
    while time.perf_counter() < end:
        pass
    return item


def ours(function: Callable[[object], object], items: list[int]) -> list[object]:
    run = nbp.pmap(
        function, items, backend="processes", workers=WORKERS, progress=False
    )
    return run.results


def by_joblib(function: Callable[[object], object], items: list[int]) -> list[object]:
    parallel = joblib.Parallel(n_jobs=WORKERS)
    return parallel(joblib.delayed(function)(item) for item in items)


def pools(stack: ExitStack) -> dict[str, Contender]:
    """Return the contenders; their pools stay until *stack* is closed."""
    context = multiprocessing.get_context("forkserver")
    executor = stack.enter_context(ProcessPoolExecutor(WORKERS, context))
    pool = stack.enter_context(context.Pool(WORKERS))
    mpire = stack.enter_context(WorkerPool(WORKERS, keep_alive=True))
    reusable = loky.get_reusable_executor(WORKERS)
    return {
        "nbparallel": ours,
        "ProcessPoolExecutor.map, chunksize=1000": lambda function, items: list(
            executor.map(function, items, chunksize=1000)
        ),
        "loky, chunksize=1000": lambda function, items: list(
            reusable.map(function, items, chunksize=1000)
        ),
        "multiprocessing.Pool.map": pool.map,
        "mpire": mpire.map,
        "joblib": by_joblib,
    }


def timed(
    function: Callable[[object], object], count: int, contenders: dict[str, Contender]
) -> list[tuple[str, ...]]:
    return compare_over(
        {name: partial(contender, function) for name, contender in contenders.items()},
        count,
    )


def no_op() -> Table:
    with ExitStack() as stack:
        rows = timed(nothing, 100_000, pools(stack))
    return Table(
        "Processes: 100 000 no-op tasks, 2 workers",
        "All processes are there and have worked before. Where a chunk is written, it "
        "was tuned by hand. nbparallel alone keeps a record of every task, and what "
        "has ended is safe if its process dies.",
        HEADER,
        rows,
    )


def computing() -> Table:
    def loop(function: Callable[[object], object], items: list[int]) -> list[object]:
        return [function(item) for item in items]

    with ExitStack() as stack:
        rows = timed(busy, 10_000, {"plain loop": loop} | pools(stack))
    return Table(
        "Processes: 10 000 tasks that compute for 1 ms, 2 workers",
        "The ideal is 500 µs per task, where two processors have nothing else to do.",
        HEADER,
        rows,
    )


def starts() -> Table:
    """How long a single task takes, and the first run of a program."""
    alone = [seconds(partial(ours, nothing, [1])) * 1e6 for _ in range(TRIPS)]
    cold = [
        float(subprocess.check_output([sys.executable, "-c", COLD]))
        for _ in range(STARTS)
    ]
    return Table(
        "Processes: how soon they begin",
        "A task of a run that goes on, from its item, which the input yields once the "
        "result before has been read, to its result; a run of one task, from the call "
        "to the result; both with warm processes. And the first run of a program, its "
        "processes' start included.",
        ("", "median (lowest to highest)"),
        [
            ("a task, there and back, µs", spread(trips())),
            ("a run of one task, µs", spread(alone)),
            ("the first run, s", spread(cold)),
        ],
    )


def trips() -> list[float]:
    """Return how many microseconds each task takes that is asked for by itself."""
    asked: list[float] = []
    answered: list[float] = []
    read = threading.Semaphore(0)

    def items() -> Iterator[int]:
        for number in range(TRIPS):
            asked.append(time.perf_counter())
            yield number
            read.acquire()

    options = {"backend": "processes", "workers": WORKERS, "progress": False}
    for _ in nbp.pmap(nothing, items(), block=False, **options):
        answered.append(time.perf_counter())
        read.release()
    return [(end - start) * 1e6 for start, end in zip(asked, answered, strict=True)]
