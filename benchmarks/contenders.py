"""The ways to map a function over items with threads, each as plainly as it goes.

Every contender takes ``(function, items, workers)`` and makes its own pool, as one call
does. Progress bars are off: what is compared is the carrying out of tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from multiprocessing.pool import ThreadPool

import joblib
from mpire import WorkerPool
from pqdm.threads import pqdm
from tqdm.contrib.concurrent import thread_map

import nbparallel as nbp

Function = Callable[[object], object]
Items = Sequence[object]
Results = Callable[[Function, Items, int], list[object]]


def nbparallel_results(function: Function, items: Items, workers: int) -> list[object]:
    return nbp.pmap(function, items, workers=workers, progress=False).results


def executor_map(function: Function, items: Items, workers: int) -> list[object]:
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))


def executor_completed(function: Function, items: Items, workers: int) -> list[object]:
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(function, item) for item in items]
        return [future.result() for future in as_completed(futures)]


def tqdm_map(function: Function, items: Items, workers: int) -> list[object]:
    return thread_map(function, items, max_workers=workers, disable=True)


def joblib_list(function: Function, items: Items, workers: int) -> list[object]:
    parallel = joblib.Parallel(n_jobs=workers, backend="threading")
    return parallel(joblib.delayed(function)(item) for item in items)


def mpire_map(function: Function, items: Items, workers: int) -> list[object]:
    with WorkerPool(n_jobs=workers, start_method="threading") as pool:
        return pool.map(function, items)


def pqdm_list(function: Function, items: Items, workers: int) -> list[object]:
    return pqdm(items, function, n_jobs=workers, disable=True)


def threadpool_map(function: Function, items: Items, workers: int) -> list[object]:
    with ThreadPool(workers) as pool:
        return pool.map(function, items)


def threadpool_imap(function: Function, items: Items, workers: int) -> list[object]:
    with ThreadPool(workers) as pool:
        return list(pool.imap_unordered(function, items))


def plain_loop(function: Function, items: Items, workers: int) -> list[object]:  # noqa: ARG001 - one signature for all
    return [function(item) for item in items]


#: All results at once.
RESULTS: dict[str, Results] = {
    "nbparallel": nbparallel_results,
    "ThreadPoolExecutor.map": executor_map,
    "submit + as_completed": executor_completed,
    "tqdm thread_map": tqdm_map,
    "joblib, threads": joblib_list,
    "mpire, threads": mpire_map,
    "pqdm, threads": pqdm_list,
    "ThreadPool.map": threadpool_map,
    "ThreadPool.imap_unordered": threadpool_imap,
    "plain loop": plain_loop,
}
