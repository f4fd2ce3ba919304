"""What a library keeps per finished task, besides the items and results themselves.

Every figure comes from a process of its own: ``python -m benchmarks.memory NAME N``.
The items exist before the count begins and the function returns its item, so that all
that `tracemalloc` sees belongs to the library, the list of results included.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import tracemalloc
from functools import partial

from benchmarks.measure import BASE, Table, interleave, ratios, spread

COUNT = 100_000
WORKERS = 8
NAMES = (
    "nbparallel",
    "ThreadPoolExecutor.map",
    "submit + as_completed",
    "tqdm thread_map",
    "joblib, threads",
    "mpire, threads",
    "pqdm, threads",
    "ThreadPool.map",
)


def traced(name: str, count: int) -> tuple[float, float]:
    """Return the bytes per task held once all is done, and at the worst moment."""
    import nbparallel as nbp
    from benchmarks.contenders import RESULTS
    from benchmarks.overhead import nothing

    items = list(range(count))
    RESULTS[name](nothing, items[:100], WORKERS)
    gc.collect()
    tracemalloc.start()
    if name == BASE:
        kept: object = nbp.pmap(nothing, items, workers=WORKERS, progress=False)
    else:
        kept = RESULTS[name](nothing, items, WORKERS)
    gc.collect()
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return held / count, peak / count


def in_its_own_process(name: str, count: int) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", name, str(count)],
        check=True,
        capture_output=True,
        text=True,
    )
    held, peak = json.loads(done.stdout)
    return held, peak


def memory() -> Table:
    peaks: dict[str, list[float]] = {name: [] for name in NAMES}

    def held(name: str, count: int) -> float:
        kept, peak = in_its_own_process(name, count)
        peaks.setdefault(name, []).append(peak)
        return kept

    figures = interleave({name: partial(held, name, COUNT) for name in NAMES})
    million = [in_its_own_process(BASE, 1_000_000) for _ in range(5)]
    rows = [
        (
            name,
            f"{statistics.median(figures[name]):.0f}",
            f"{statistics.median(peaks[name]):.0f}",
            spread(ratios(peaks, name)),
        )
        for name in sorted(NAMES, key=lambda name: statistics.median(peaks[name]))
    ]
    kept = f"{statistics.median(held for held, _ in million):.0f}"
    peak = f"{statistics.median(peak for _, peak in million):.0f}"
    rows.append(("nbparallel, 1 000 000 tasks", kept, peak, ""))
    return Table(
        "Memory: 100 000 no-op tasks, 8 threads",
        "Bytes per task besides the items and the results. nbparallel holds the whole "
        "record of every task, the others a list of results.",
        ("", "held at the end", "at the worst moment", "worst moment, ratio"),
        rows,
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(traced(sys.argv[1], int(sys.argv[2]))))
