"""What ``import`` adds to the start of Python."""

from __future__ import annotations

import statistics
import subprocess
import sys
from functools import partial

from benchmarks.measure import Table, interleave, seconds, spread

ROUNDS = 15
STATEMENTS = {
    "bare Python": "pass",
    "nbparallel": "import nbparallel",
    "nbparallel.pmap": "from nbparallel import pmap",
    "concurrent.futures": "from concurrent.futures import ThreadPoolExecutor",
    "tqdm thread_map": "from tqdm.contrib.concurrent import thread_map",
    "joblib": "import joblib",
    "mpire": "import mpire",
    "pqdm": "import pqdm.threads",
}


def start(code: str) -> float:
    return seconds(partial(subprocess.run, [sys.executable, "-c", code], check=True))


def startup() -> Table:
    contenders = {name: partial(start, code) for name, code in STATEMENTS.items()}
    interleave(contenders, 1)
    figures = interleave(contenders, ROUNDS)
    bare = figures.pop("bare Python")
    added = {
        name: [(one - two) * 1e3 for one, two in zip(values, bare, strict=True)]
        for name, values in figures.items()
    }
    return Table(
        "Import time",
        "Milliseconds on top of bare Python's start, which took "
        f"{statistics.median(bare) * 1e3:.0f} ms.",
        ("", "ms added"),
        [
            (name, spread(values))
            for name, values in sorted(
                added.items(), key=lambda pair: statistics.median(pair[1])
            )
        ],
    )
