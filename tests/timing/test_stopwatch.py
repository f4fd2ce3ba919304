"""Speed-ups are those that a stopwatch shows, on four kinds of work."""

from __future__ import annotations

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from time import perf_counter
from urllib.request import urlopen

import pytest

import nbparallel as nbp

WORKERS = 4
#: How far the two may lie apart.
TOLERANCE = 0.05
#: Other people's load makes single rounds useless; medians of more of them agree.
FEWEST_ROUNDS, MOST_ROUNDS = 5, 40
TRIES = 5


class Slow(BaseHTTPRequestHandler):
    """Answers after 20 ms."""

    def do_GET(self):
        time.sleep(0.02)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def http():
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield fetch, [f"http://127.0.0.1:{server.server_port}/{n}" for n in range(20)]
        server.shutdown()
        thread.join()


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{number}" for number in range(20)]
    for path in paths:
        path.write_bytes(path.name.encode() * 2_000_000)
    return digest, paths


@pytest.fixture
def sleeps():
    return time.sleep, [0.02] * 20


@pytest.fixture
def sums():
    return add_up, [60_000] * 20


def fetch(url):
    with urlopen(url, timeout=10) as answer:
        return answer.read()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def add_up(count):
    return sum(number * number for number in range(count))


class Stopwatch:
    """A task that notes when it began and when it ended."""

    def __init__(self, fn):
        self.fn = fn
        self.spans = []

    def __call__(self, item):
        begin = perf_counter()
        self.fn(item)
        self.spans.append((begin, perf_counter()))

    def legs(self, tasks):
        """Return the seconds from the first start to the last end of each leg."""
        count = len(self.spans) // tasks
        legs = [self.spans[n * tasks : (n + 1) * tasks] for n in range(count)]
        return [
            max(end for _, end in leg) - min(begin for begin, _ in leg) for leg in legs
        ]


@pytest.mark.parametrize("work", ["sleeps", "http", "files", "sums"])
def test_the_speedup_is_that_of_a_stopwatch_in_the_tasks(work, request):
    """The same legs, timed twice: load touches both alike."""
    fn, items = request.getfixturevalue(work)
    for _ in range(TRIES):
        watch = Stopwatch(fn)
        found = nbp.compare(watch, items, workers=WORKERS, warmup=False)
        table = found.df.assign(shown=watch.legs(len(items)))
        shown = table.pivot_table(index="round", columns="how", values="shown")
        expected = (shown["sequential"] / shown["parallel"]).median()
        if found.speedup.median == pytest.approx(expected, rel=TOLERANCE):
            return
    pytest.fail(f"{found.speedup.median:.2f} against {expected:.2f} by stopwatch")


@pytest.mark.parametrize("work", ["sleeps", "http", "files", "sums"])
def test_every_leg_takes_what_a_stopwatch_around_it_shows(work, request):
    fn, items = request.getfixturevalue(work)
    shown = []

    def job(workers):
        begin = perf_counter()
        nbp.pmap(fn, items, workers=workers)
        shown.append(perf_counter() - begin)

    found = nbp.sweep(job, workers=(1, WORKERS), repeats=3, warmup=False)

    assert found.df["seconds"].tolist() == pytest.approx(shown, rel=TOLERANCE)


@pytest.mark.parametrize("work", ["sleeps", "http"])
def test_the_speedup_is_that_of_one_measured_by_hand(work, request):
    """Legs of their own: where most of the time is waited, load changes little."""
    fn, items = request.getfixturevalue(work)
    ours, theirs = [], []
    for number in range(MOST_ROUNDS):
        found = nbp.compare(fn, items, workers=WORKERS, repeats=1, seed=number)
        ours.append(found.speedup.median)
        theirs.append(by_hand(fn, items))
        ratio = median(ours) / median(theirs)
        if number + 1 >= FEWEST_ROUNDS and abs(ratio - 1) < TOLERANCE:
            return
    pytest.fail(f"{median(ours):.2f} against {median(theirs):.2f} by hand")


def by_hand(fn, items):
    begin = perf_counter()
    for item in items:
        fn(item)
    turn = perf_counter()
    nbp.pmap(fn, items, workers=WORKERS)
    return (turn - begin) / (perf_counter() - turn)
