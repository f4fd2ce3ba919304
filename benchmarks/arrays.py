"""What it takes to have one large array in several processes."""

from __future__ import annotations

import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import joblib
import numpy as np
import psutil

import nbparallel as nbp
from benchmarks.measure import Table, figure, interleave, ratios, spread

MEGABYTES, WORKERS = 500, 4
#: Seconds between two looks at how much memory is left.
LOOK = 0.005


def total(array: Any, _: object) -> float:
    """Add all of it up, with the others at the same time."""
    time.sleep(0.2)
    return float(array.sum())


def ours(function: Callable[[object], object]) -> None:
    options = {"backend": "processes", "workers": WORKERS, "progress": False}
    nbp.pmap(function, range(WORKERS), **options).wait()


def by_joblib(function: Callable[[object], object]) -> None:
    parallel = joblib.Parallel(n_jobs=WORKERS)
    parallel(joblib.delayed(function)(item) for item in range(WORKERS))


def by_executor(function: Callable[[object], object]) -> None:
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(WORKERS, context) as pool:
        list(pool.map(function, range(WORKERS)))


def memory_of(work: Callable[[], object]) -> float:
    """Return how many MB less were left on the machine at the worst moment."""
    over, least = threading.Event(), [psutil.virtual_memory().available]
    before = least[0]

    def watch() -> None:
        while not over.wait(LOOK):
            least.append(min(least.pop(), psutil.virtual_memory().available))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        work()
    finally:
        over.set()
        watching.join()
    return (before - least[0]) / 1e6


def arrays() -> Table:
    array = np.ones(MEGABYTES * 1_000_000 // 8)
    function = partial(total, array)
    times: dict[str, list[float]] = {}

    def once(name: str, contender: Callable[..., None]) -> float:
        contender(partial(total, array[:100]))  # its processes are there
        start = time.perf_counter()
        taken = memory_of(partial(contender, function))
        times.setdefault(name, []).append(time.perf_counter() - start)
        time.sleep(0.5)  # until the system has what was given back
        return taken

    contenders = {
        "nbparallel": ours,
        "joblib": by_joblib,
        "ProcessPoolExecutor.map": by_executor,
    }
    figures = interleave(
        {name: partial(once, name, each) for name, each in contenders.items()}
    )
    rows = [
        (
            name,
            f"{statistics.median(figures[name]):.0f}",
            "1" if name == "nbparallel" else spread(ratios(figures, name)),
            figure(statistics.median(times[name])),
        )
        for name in sorted(figures, key=lambda name: statistics.median(figures[name]))
    ]
    return Table(
        "Processes: a function that closes over 500 MB of NumPy, 4 workers",
        "The memory of the machine that was taken at the worst moment, besides the "
        "array itself, and from the call to the results.",
        ("", "MB", "ratio to nbparallel", "seconds"),
        rows,
    )
