"""What it costs to submit a call that does nothing: alone, and until all are made."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

import nbparallel as nbp
from benchmarks.measure import Table, compare, interleave, seconds, spread
from benchmarks.overhead import nothing
from nbparallel.engine.open_run import OpenRun
from nbparallel.options import resolve
from nbparallel.work.work import Work

COUNT, WORKERS, ROUNDS, ADDED = 20_000, 8, 11, 100_000
OPTIONS = resolve({"workers": WORKERS, "progress": False, "block": False})

Make = Callable[[], ThreadPoolExecutor]


def submitted(pool: ThreadPoolExecutor) -> list[Future[object]]:
    return [pool.submit(nothing, number) for number in range(COUNT)]


def carried_out(pool: ThreadPoolExecutor) -> object:
    futures = submitted(pool)
    wait(futures)
    return futures


def submit_alone(make: Make) -> float:
    """Measure it while all workers are held up, so that they take no part in it."""
    gate = threading.Event()
    with make() as pool:
        held = [pool.submit(gate.wait) for _ in range(WORKERS)]
        try:
            return seconds(partial(submitted, pool))
        finally:
            gate.set()
            wait(held)


def until_made(make: Make) -> float:
    with make() as pool:
        pool.submit(nothing, 0).result()
        return seconds(partial(carried_out, pool))


def add_to_an_open_run() -> float:
    """Measure 100 000 tasks added one by one, from the first to the end of the run."""

    def add() -> None:
        run = OpenRun[object](Work("open", nothing, [], None, None, open=True), OPTIONS)
        run.start()
        for number in range(ADDED):
            run.add(number)
        run.close()
        run.wait()

    return seconds(add)


def submitting() -> Table:
    contenders: dict[str, Make] = {
        "nbparallel": partial(nbp.Executor, WORKERS, progress=False),
        "ThreadPoolExecutor": partial(ThreadPoolExecutor, WORKERS),
    }
    alone, made = (
        {
            name: found
            for name, *found in compare(
                interleave({n: partial(way, m) for n, m in contenders.items()}, ROUNDS),
                1e6 / COUNT,
            )
        }
        for way in (submit_alone, until_made)
    )
    added = [add_to_an_open_run() * 1e6 / ADDED for _ in range(ROUNDS)]
    return Table(
        "An executor: `submit` of 20 000 no-op calls, 8 threads",
        "The call of `submit` alone, while other calls keep the threads; and from the "
        "first `submit` until all calls have been made. Only nbparallel keeps the "
        "start, duration, status and worker of every call. Figures are µs per task. "
        "What faces stand on, adding 100 000 tasks to an open run one by one, takes "
        f"{spread(added)} µs per task until the run has ended.",
        ("", "`submit`", "ratio to nbparallel", "until made", "ratio to nbparallel"),
        [(name, *alone[name], *made[name]) for name in alone],
    )
