"""Tasks that compute in Python: threads and processes, with the lock and without.

The interpreter without the lock is another program, named by the environment variable
``FREE_THREADED``; it needs what nbparallel needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

import nbparallel as nbp
from benchmarks.measure import Table, interleave, ratios, seconds, spread
from nbparallel.workers.bounds import has_one_lock

#: Where the interpreter is, if there is one.
FREE_THREADED = os.environ.get("FREE_THREADED")
PICTURE = Path(__file__).parents[1] / "docs/images/lock.png"
ROOT = Path(__file__).parents[1]
LIMIT, TASKS, WORKERS = 20_000, 32, 2
LOOP = "one after another"

Times = dict[str, list[float]]


def count_primes(limit: int) -> int:
    return sum(all(n % k for k in range(2, int(n**0.5) + 1)) for n in range(2, limit))


def by_a_loop() -> list[int]:
    return [count_primes(LIMIT) for _ in range(TASKS)]


def by_workers(backend: str) -> list[int]:
    items = [LIMIT] * TASKS
    options = {"workers": WORKERS, "backend": backend, "progress": False}
    return nbp.pmap(count_primes, items, **options).results


def measured() -> Times:
    """Return what each way took here, warm."""
    ways = {LOOP: by_a_loop}
    ways |= {way: partial(by_workers, way) for way in ("threads", "processes")}
    assert all(way() == by_a_loop() for way in ways.values())
    return interleave({name: partial(seconds, way) for name, way in ways.items()})


def measured_by(python: str) -> tuple[str, Times]:
    """Return the version of an interpreter, and what each way took there."""
    said = subprocess.check_output([python, "-m", "benchmarks.lock"], cwd=ROOT)
    version, times = json.loads(said)
    return version, times


def version() -> str:
    """Return the version of this interpreter, and whether it does without the lock."""
    return sys.version.split()[0] + ("" if has_one_lock() else ", free-threaded")


def lock() -> Table:
    assert FREE_THREADED is not None
    found = dict(map(measured_by, (sys.executable, FREE_THREADED)))
    draw(found)
    rows = [
        (f"CPython {python}", way, spread(times[way]), gained(times, way))
        for python, times in found.items()
        for way in times
    ]
    return Table(
        f"The lock: {TASKS} tasks that count primes, {WORKERS} workers",
        "Pure Python, with the lock of the interpreter and on a Python built without "
        "it. The two are programs of their own, one after the other; the factors are "
        "within one program. A bar is the median, a dot one repetition.\n\n"
        "![Seconds for the same tasks one after another, in two threads and in two "
        "processes, with the lock and without it](../docs/images/lock.png)",
        ("", "", "seconds", "times as fast as its loop"),
        rows,
    )


def gained(times: Times, way: str) -> str:
    """Return how many times as fast as the loop it was, with the spread."""
    return "1" if way == LOOP else spread(ratios(times, LOOP, base=way))


def draw(found: dict[str, Times]) -> None:
    """Draw all that was measured, a bar for the median and a dot for each round."""
    figure = Figure(figsize=(8, 1.8 * len(found)), layout="constrained")
    for ax, (python, times) in zip(
        figure.subplots(len(found), sharex=True), found.items(), strict=True
    ):
        ways = list(reversed(times))
        middles = [sorted(times[way])[len(times[way]) // 2] for way in ways]
        ax.barh(ways, middles, color=["#d55e00", "#0072b2", "#8c8c8c"])
        for row, way in enumerate(ways):
            ax.plot(times[way], [row] * len(times[way]), "k.", markersize=4)
        ax.set_title(f"CPython {python}", loc="left", fontsize="medium")
        ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlabel(f"seconds for {TASKS} tasks of pure Python, {WORKERS} workers")
    figure.savefig(PICTURE, dpi=100)


if __name__ == "__main__":
    print(json.dumps([version(), measured()]))
