"""What it costs that the text of a task is kept: a print in a task, and a plain one.

Plain Python, with its output in a file and in a pipe: ``python -m benchmarks.output``
measures itself and says so on standard error. And a real kernel.
"""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbparallel as nbp
from benchmarks.measure import ROUNDS, Table, figure, interleave, ratios, spread
from benchmarks.panel import execute, kernel

COUNT = 20_000
PLAIN = "plain"

Figures = dict[str, list[float]]


def prints(count: int) -> float:
    """Return the processor seconds of the thread that *count* prints take."""
    start = time.thread_time()
    for number in range(count):
        print("x", number)
    return time.thread_time() - start


def measured() -> Figures:
    """Return the seconds of tasks whose text is kept, and of those whose is not."""

    def once(*, capture: bool) -> float:
        run = nbp.pmap(prints, [COUNT], workers=1, capture=capture, progress=False)
        return float(run.results[0])

    contenders = {
        "kept": lambda: once(capture=True),
        PLAIN: lambda: once(capture=False),
    }
    interleave(contenders, 1)
    return interleave(contenders, ROUNDS + 4)


def into_a_file() -> Figures:
    with tempfile.TemporaryFile() as file:
        return _in_its_own_process(file)


def into_a_pipe() -> Figures:
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as cat:
        return _in_its_own_process(cat.stdin)


def in_a_kernel() -> Figures:
    root = Path(__file__).parents[1]
    with kernel() as client:
        execute(client, f"import sys; sys.path.insert(0, {str(root)!r})")
        execute(client, "from benchmarks.output import measured\nfound = measured()")
        (said,) = [
            each["content"]["data"]["text/plain"]
            for each in execute(client, "found")
            if each["msg_type"] == "execute_result"
        ]
    return dict(ast.literal_eval(said))


def output() -> Table:
    rows = []
    for place, measure in PLACES.items():
        found = measure()
        kept, plain = (statistics.median(found[name]) for name in ("kept", PLAIN))
        row = (place, figure(kept / COUNT * 1e6), figure(plain / COUNT * 1e6))
        rows.append((*row, spread(ratios(found, "kept", PLAIN))))
    return Table(
        "Output: `print` in a task",
        f"{COUNT} times `print('x', number)` in one task, with its text kept and "
        "without, in processor time. In plain Python text that is kept is let through "
        "as well, in the kernel the panel shows it instead.",
        ("standard output", "kept, µs", "plain, µs", "ratio"),
        rows,
    )


def _in_its_own_process(stdout: object) -> Figures:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.output"],
        check=True,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={},  # above all without PYTHONUNBUFFERED, which slows what is let through
        text=True,
    )
    return dict(ast.literal_eval(done.stderr))


PLACES = {
    "a file": into_a_file,
    "a pipe": into_a_pipe,
    "a kernel": in_a_kernel,
}


if __name__ == "__main__":
    sys.stderr.write(repr(measured()))
