"""How long until the first result can be used."""

from __future__ import annotations

import gc
import time
from functools import partial

from benchmarks.measure import Table, compare, interleave
from benchmarks.overhead import nothing
from benchmarks.streams import STREAMS, Stream

COUNT = 100_000
MILLION = 1_000_000
WORKERS = 8


def until_first(contender: Stream, items: range) -> float:
    gc.collect()
    start = time.perf_counter()
    with contender(nothing, items, WORKERS) as stream:
        next(stream)
        return time.perf_counter() - start


def first_result() -> Table:
    contenders = {
        name: partial(until_first, contender, range(COUNT))
        for name, contender in STREAMS.items()
    }
    return Table(
        "First result of 100 000 no-op tasks, 8 threads",
        "Call to first result in hand, by whatever way of iterating a library has.",
        ("", "ms", "ratio to nbparallel"),
        compare(interleave(contenders), 1e3),
    )


def first_of_a_million() -> Table:
    contenders = {
        "nbparallel": partial(until_first, STREAMS["nbparallel"], range(MILLION)),
        "ThreadPool.imap_unordered": partial(
            until_first, STREAMS["ThreadPool.imap_unordered"], range(MILLION)
        ),
    }
    return Table(
        "First result of 1 000 000 no-op tasks, 8 threads",
        "The same with ten times as many tasks, for the two that are quick.",
        ("", "ms", "ratio to nbparallel"),
        compare(interleave(contenders), 1e3),
    )
