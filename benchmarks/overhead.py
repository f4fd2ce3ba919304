"""What a task costs when it does nothing, and when it waits for a millisecond."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.contenders import RESULTS, Function, Results
from benchmarks.measure import Table, compare, interleave, seconds

if TYPE_CHECKING:
    from collections.abc import Collection

HEADER = ("", "µs per task", "ratio to nbparallel")
#: Left out of a million tasks, which would take them minutes per round.
PATIENT = {
    "joblib, threads",
    "mpire, threads",
    "pqdm, threads",
    "submit + as_completed",
}


def nothing(item: object) -> object:
    return item


def one_millisecond(item: object) -> object:
    time.sleep(0.001)
    return item


def warm_up(names: Collection[str], workers: int) -> None:
    for name in names:
        RESULTS[name](nothing, range(100), workers)


def timed(
    function: Function, count: int, workers: int, names: Collection[str] = RESULTS
) -> list[tuple[str, ...]]:
    items = list(range(count))

    def once(contender: Results) -> float:
        return seconds(partial(contender, function, items, workers))

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
    names = [name for name in RESULTS if name != "plain loop"]
    return Table(
        "Waiting: 10 000 tasks that sleep 1 ms, 50 threads",
        "The ideal is 20 µs per task, since 50 tasks sleep at a time.",
        HEADER,
        timed(one_millisecond, 10_000, 50, names),
    )
