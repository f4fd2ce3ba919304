"""What `Executor.map` gives: results in the order of the input, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar
from weakref import ref

T = TypeVar("T")


def results(
    futures: deque[Future[T]],
    fn: Callable[..., T],
    inputs: Iterator[tuple[Any, ...]] | None,
    executor: ref[Executor],
    end: float | None,
) -> Iterator[T]:
    """Give the results one after the other, and keep none.

    The executor is not kept either: where it is gone, no further call is submitted.
    """
    try:
        while futures:
            left = None if end is None else end - monotonic()
            result = [_result_or_cancel(futures.popleft(), left)]
            pool = executor() if inputs is not None else None
            if pool is not None and inputs is not None:
                with suppress(StopIteration):
                    futures.append(pool.submit(fn, *next(inputs)))
            del pool
            yield result.pop()
    finally:
        while futures:
            futures.pop().cancel()


def _result_or_cancel(future: Future[T], timeout: float | None) -> T:
    try:
        return future.result(timeout)
    finally:
        future.cancel()
        del future  # the traceback of what is raised must not keep it
