"""What it costs to keep a journal, and to have tasks that hang."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import nbparallel as nbp
from benchmarks.measure import Table, figure, interleave, seconds, spread
from benchmarks.overhead import nothing
from nbparallel.types import Status

COUNT = 100_000
WORKERS = {"threads": 8, "processes": 2}
#: Of so many tasks one in twenty hangs; the others take so many seconds.
TASKS, HANGS, EACH, TIMEOUT, CROWD = 1000, 20, 0.01, 0.2, 8


def carry_out(kind: str, path: Path | None) -> object:
    return nbp.pmap(
        nothing,
        range(COUNT),
        backend=kind,
        workers=WORKERS[kind],
        journal=path,
        progress=False,
    )


def journal() -> Table:
    rows = []
    for kind in WORKERS:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(_row(kind, Path(folder)))
    return Table(
        f"A journal of {COUNT:,} tasks that do nothing".replace(",", " "),
        "µs per task; the cost is that within one round. Resuming loads all rows.",
        ("", "without", "with a journal", "cost", "resuming"),
        rows,
    )


def _row(kind: str, folder: Path) -> tuple[str, ...]:
    made: list[Path] = []

    def write() -> float:
        made.append(folder / f"{len(made)}.db")
        return seconds(partial(carry_out, kind, made[-1]))

    def resume() -> float:
        return seconds(partial(carry_out, kind, made[-1]))

    carry_out(kind, None)
    figures = interleave(
        {
            "without": lambda: seconds(partial(carry_out, kind, None)),
            "with": write,
        }
    )
    figures["resuming"] = [resume() for _ in figures["with"]]
    scale = 1e6 / COUNT
    cost = [
        (one - other) * scale
        for one, other in zip(figures["with"], figures["without"], strict=True)
    ]
    middle = {name: statistics.median(each) * scale for name, each in figures.items()}
    return (
        kind,
        figure(middle["without"]),
        figure(middle["with"]),
        spread(cost),
        figure(middle["resuming"]),
    )


#: Ends what hangs in threads: the next case is not to be measured among them.
over = threading.Event()


def work(number: int) -> int:
    if number % HANGS == 0:
        over.wait()
    time.sleep(EACH)
    return number


async def awaiting(number: int) -> int:
    if number % HANGS == 0:
        await asyncio.Event().wait()
    await asyncio.sleep(EACH)
    return number


def hanging() -> Table:
    hung = TASKS // HANGS
    ideal = (hung * TIMEOUT + (TASKS - hung) * EACH) / CROWD
    kinds: dict[str, Callable[[int], Any]] = {
        "threads": work,
        "processes": work,
        "asyncio": awaiting,
    }

    def once(kind: str) -> float:
        options: dict[str, Any] = {
            "backend": kind,
            "workers": CROWD,
            "timeout": TIMEOUT,
        }
        begun = time.perf_counter()
        run = nbp.pmap(kinds[kind], range(TASKS), progress=False, **options)
        took = time.perf_counter() - begun
        counts = run.snapshot().counts
        assert counts[Status.OK] == TASKS - hung, run
        assert counts[Status.TIMEOUT] == hung, run
        return took

    for kind, task in kinds.items():
        nbp.pmap(task, [1], backend=kind, workers=CROWD, progress=False)
    over.clear()
    figures = interleave({kind: partial(once, kind) for kind in kinds})
    over.set()
    return Table(
        f"{TASKS} tasks of which {hung} hang, timeout={TIMEOUT:g}, {CROWD} workers",
        f"The others take {EACH * 1000:g} ms each. Ideal are {ideal:.2f} s: all that "
        "tasks take, and the timeouts, over the workers.",
        ("", "s", "ratio to the ideal"),
        [
            (
                kind,
                figure(statistics.median(each)),
                spread([took / ideal for took in each]),
            )
            for kind, each in figures.items()
        ],
    )
