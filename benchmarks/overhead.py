"""What a task costs that does nothing, or waits: in some threads, or in thousands."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.contenders import RESULTS, Function, Results
from benchmarks.measure import Table, compare, interleave, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

HEADER = ("", "µs per task", "ratio to nbparallel")
#: Left out of a million tasks, which would take them minutes per round.
PATIENT = {
    "joblib, threads",
    "mpire, threads",
    "pqdm, threads",
    "submit + as_completed",
}
THREADED = [name for name in RESULTS if name != "plain loop"]
#: The workers of a crowd, the tasks of each, and the seconds that one sleeps.
CROWD, EACH, LONG = 4_000, 4, 0.5


def nothing(item: object) -> object:
    return item


def one_millisecond(item: object) -> object:
    time.sleep(0.001)
    return item


def five_milliseconds(item: object) -> object:
    time.sleep(0.005)
    return item


def half_a_second(item: object) -> object:
    time.sleep(LONG)
    return item


def warm_up(names: Collection[str], workers: int) -> None:
    for name in names:
        RESULTS[name](nothing, range(100), workers)


def timed(
    function: Function,
    count: int,
    workers: int,
    names: Collection[str] = RESULTS,
    clock: Callable[[], float] = time.perf_counter,
) -> list[tuple[str, ...]]:
    items = list(range(count))

    def once(contender: Results) -> float:
        return seconds(partial(contender, function, items, workers), clock)

    contenders = {name: partial(once, RESULTS[name]) for name in names}
    warm_up(names, workers)
    return compare(interleave(contenders), 1e6 / count)


def no_op() -> Table:
    return Table(
        "Overhead: 100 000 no-op tasks, 8 threads",
        "From the call to the list of all results. Only nbparallel keeps the start, "
        "duration, status and worker of every task.",
        HEADER,
        timed(nothing, 100_000, 8),
    )


def no_op_million() -> Table:
    names = [name for name in RESULTS if name not in PATIENT]
    return Table(
        "Overhead: 1 000 000 no-op tasks, 8 threads",
        "The same with ten times as many tasks.",
        HEADER,
        timed(nothing, 1_000_000, 8, names),
    )


def waiting() -> Table:
    return Table(
        "Waiting: 10 000 tasks that sleep 1 ms, 50 threads",
        "The ideal is 20 µs per task, since 50 tasks sleep at a time.",
        HEADER,
        timed(one_millisecond, 10_000, 50, THREADED),
    )


def waiting_cpu() -> Table:
    """How long the processor is busy with tasks that only sleep."""
    return Table(
        "Waiting: the processor's time for 10 000 tasks that sleep 5 ms, 50 threads",
        "What is spent on everything but the sleep.",
        HEADER,
        timed(five_milliseconds, 10_000, 50, THREADED, time.process_time),
    )


def crowd() -> Table:
    items = list(range(CROWD * EACH))

    def bare() -> None:
        def work() -> None:
            for item in range(EACH):
                half_a_second(item)

        threads = [threading.Thread(target=work) for _ in range(CROWD)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    names = ("nbparallel", "ThreadPoolExecutor.map", "ThreadPool.imap_unordered")
    contenders = {"threads that only sleep": partial(seconds, bare)} | {
        name: partial(seconds, partial(RESULTS[name], half_a_second, items, CROWD))
        for name in names
    }
    return Table(
        "A crowd: 16 000 tasks that sleep 0.5 s, 4 000 threads",
        "The ideal is 2 s. The threads that only sleep do so four times each, and "
        "keep no result.",
        ("", "seconds", "ratio to nbparallel"),
        compare(interleave(contenders), 1),
    )
