"""``workers="auto"`` beside the best of some fixed numbers, by tasks per second."""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import nbparallel as nbp
from benchmarks.measure import Table, figure, interleave, ratios, spread
from nbparallel.types import Status

#: Seconds of each run, and the share of it that counts for nothing.
SECONDS = 5.0
WARM_UP = 0.1
ROUNDS = 3
FIXED = (1, 2, 4, 8, 16, 32, 64)
AUTO = 'workers="auto"'
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

Task = Callable[[Any], object]


@contextmanager
def requests() -> Iterator[Task]:
    """Give what asks a server that answers 16 requests at a time, in 10 ms each."""
    command = [sys.executable, "-m", "benchmarks.server", "16", "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = "127.0.0.1", int(server.stdout.readline())
        free = deque[socket.socket]()

        def ask(_: object) -> bytes:
            try:
                connection = free.pop()
            except IndexError:
                connection = socket.create_connection(address)
            connection.sendall(REQUEST)
            answer = connection.recv(4096)
            free.append(connection)
            return answer

        try:
            yield ask
        finally:
            server.kill()
            for connection in free:
                connection.close()


@contextmanager
def files() -> Iterator[Task]:
    """Give what reads one of many files of 256 kB, which the system has at hand."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, str(number)) for number in range(200)]
        for path in paths:
            path.write_bytes(bytes(256 << 10))
        yield lambda number: len(paths[number % len(paths)].read_bytes())


@contextmanager
def computing() -> Iterator[Task]:
    """Give what computes in Python for about a millisecond."""
    yield lambda number: sum(each * number % 7 for each in range(10_000))


def pace(task: Task, workers: Any, seconds: float = SECONDS) -> tuple[float, int]:
    """Return tasks per second after the warm-up, and how many workers there were."""
    with nbp.defaults(progress=False, workers=workers, block=False):
        run = nbp.pmap(task, cycle(range(1000)))
    begun = time.time()
    run.wait(seconds)
    workers = run.workers
    run.cancel()
    run.wait()
    columns = run.columns()
    since, until = begun + WARM_UP * seconds, begun + seconds
    ended = sum(
        since <= ended + columns.epoch < until
        for ended, status in zip(columns.ended, columns.status, strict=True)
        if status == Status.OK
    )
    return ended / (until - since), workers


def rows_of(
    name: str, task: Task, rounds: int = ROUNDS, seconds: float = SECONDS
) -> tuple[str, ...]:
    """Return what came of one sort of work, fixed numbers and ours in turn."""
    chosen: list[int] = []

    def of(workers: Any) -> float:
        found, came_to = pace(task, workers, seconds)
        if workers == "auto":
            chosen.append(came_to)
        return found

    contenders = {str(count): partial(of, count) for count in FIXED}
    figures = interleave({**contenders, AUTO: partial(of, "auto")}, rounds)
    middles = {str(n): statistics.median(figures[str(n)]) for n in FIXED}
    best = max(middles, key=lambda count: middles[count])
    return (
        name,
        best,
        figure(middles[best]),
        figure(statistics.median(figures[AUTO])),
        spread(ratios(figures, AUTO, best)),
        f"{statistics.median(chosen):g} ({min(chosen)} to {max(chosen)})",
    )


def width() -> Table:
    work = {
        "requests to a server that saturates": requests,
        "reading files": files,
        "computing in Python": computing,
    }
    rows = []
    for name, made in work.items():
        with made() as task:
            rows.append(rows_of(name, task))
    fixed = ", ".join(map(str, FIXED))
    return Table(
        f"The number of workers: found by the run, beside {fixed}",
        f"Threads, {SECONDS:g} s a run, of which the first tenth does not count; "
        "the tasks per second of a fixed number are those of the whole run without "
        "its first tenth as well. The best number is the one with the best median.",
        (
            "",
            "best number",
            "its tasks per second",
            "found by the run",
            "ratio to the best",
            "workers at the end",
        ),
        rows,
    )
