"""The ways to get one result after the other, each as a context with an iterator in it.

Leaving the context ends what is still running as gracefully as the library can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.pool import ThreadPool

import joblib
from mpire import WorkerPool

import nbparallel as nbp
from benchmarks.contenders import Function, Items, pqdm_list, tqdm_map

Results = Iterator[object]
Stream = Callable[[Function, Items, int], AbstractContextManager[Results]]


@contextmanager
def nbparallel_stream(
    function: Function, items: Items, workers: int
) -> Iterator[Results]:
    run = nbp.pmap(function, items, workers=workers, progress=False, block=False)
    yield iter(run)
    run.cancel()
    run.wait()


@contextmanager
def executor_map_stream(
    function: Function, items: Items, workers: int
) -> Iterator[Results]:
    pool = ThreadPoolExecutor(workers)
    yield pool.map(function, items)
    pool.shutdown(cancel_futures=True)


@contextmanager
def executor_completed_stream(
    function: Function, items: Items, workers: int
) -> Iterator[Results]:
    pool = ThreadPoolExecutor(workers)
    yield as_completed([pool.submit(function, item) for item in items])
    pool.shutdown(cancel_futures=True)


@contextmanager
def joblib_stream(function: Function, items: Items, workers: int) -> Iterator[Results]:
    parallel = joblib.Parallel(
        n_jobs=workers, backend="threading", return_as="generator"
    )
    found = parallel(joblib.delayed(function)(item) for item in items)
    yield found
    for _ in found:  # closing it early warns
        pass


@contextmanager
def mpire_stream(function: Function, items: Items, workers: int) -> Iterator[Results]:
    with WorkerPool(n_jobs=workers, start_method="threading") as pool:
        found = pool.imap_unordered(function, items)
        yield found
        for _ in found:
            pass


@contextmanager
def threadpool_stream(
    function: Function, items: Items, workers: int
) -> Iterator[Results]:
    with ThreadPool(workers) as pool:
        yield pool.imap_unordered(function, items)


@contextmanager
def tqdm_stream(function: Function, items: Items, workers: int) -> Iterator[Results]:
    yield iter(tqdm_map(function, items, workers))


@contextmanager
def pqdm_stream(function: Function, items: Items, workers: int) -> Iterator[Results]:
    yield iter(pqdm_list(function, items, workers))


#: One result after the other; where a library has no such way, its list.
STREAMS: dict[str, Stream] = {
    "nbparallel": nbparallel_stream,
    "ThreadPoolExecutor.map": executor_map_stream,
    "submit + as_completed": executor_completed_stream,
    "tqdm thread_map": tqdm_stream,
    "joblib, threads, generator": joblib_stream,
    "mpire, threads, imap_unordered": mpire_stream,
    "pqdm, threads": pqdm_stream,
    "ThreadPool.imap_unordered": threadpool_stream,
}
