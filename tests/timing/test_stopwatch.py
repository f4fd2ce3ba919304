"""Speed-ups are those that a stopwatch in the hand shows, on four kinds of work.

The stopwatch is a plain loop and a plain `pmap`, written here and timed by
`perf_counter`. What else goes on in the machine must not decide, so it is read twice:

- inside the very legs that ours measures: both see the same, and differ by 5 % at most;
- in legs of its own, before and after ours, round by round. Until the two readings of
  the stopwatch agree with each other, and scatter so little that 5 % are no accident,
  there are more rounds. A machine too busy for that is not waited for: what the
  stopwatch disagrees with itself is then added to the 5 %.
"""

from __future__ import annotations

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log, sqrt
from statistics import median
from time import perf_counter
from urllib.request import ProxyHandler, build_opener

import pytest

import nbparallel as nbp
from tests.support.soaking import often

WORKERS = 4
ITEMS = 16
WAYS = pytest.mark.parametrize("way", ["compare", "sweep"])
WORK = pytest.mark.parametrize("work", ["sleeps", "http", "files", "sums"])
#: How far ours and the stopwatch may lie apart.
TOLERANCE = 0.05
#: So well the stopwatch should know its own reading, as a share of it.
CERTAIN = 0.015
FEWEST_ROUNDS, MOST_ROUNDS = 5, often(10, 20)
#: How often a machine may turn to something else just while ours is read.
TRIES = 3


class Slow(BaseHTTPRequestHandler):
    """Answers after 10 ms."""

    def do_GET(self):
        time.sleep(0.01)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def http():
    opener = build_opener(ProxyHandler({}))

    def fetch(url):
        with opener.open(url, timeout=10) as answer:
            return answer.read()

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield (
            fetch,
            [f"http://127.0.0.1:{server.server_port}/{n}" for n in range(ITEMS)],
        )
        server.shutdown()
        thread.join()


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{number}" for number in range(ITEMS)]
    for path in paths:
        path.write_bytes(path.name.encode() * 2_000_000)
    return lambda path: hashlib.sha256(path.read_bytes()).hexdigest(), paths


@pytest.fixture
def sleeps():
    return time.sleep, [0.01] * ITEMS


@pytest.fixture
def sums():
    return lambda count: sum(n * n for n in range(count)), [80_000] * ITEMS


def speedup_of(way, *args, **options):
    if way == "compare":
        return nbp.compare(*args, workers=WORKERS, **options).speedup.median
    return nbp.sweep(*args, workers=(1, WORKERS), **options).speedup[WORKERS].median


@WAYS
@WORK
def test_the_speedup_is_that_of_a_stopwatch_in_the_same_legs(work, way, request):
    fn, items = request.getfixturevalue(work)
    loops, runs = [], []

    def job(workers):
        begin = perf_counter()
        if workers == 1:
            for item in items:
                fn(item)
        else:
            nbp.pmap(fn, items, workers=workers)
        (loops if workers == 1 else runs).append(perf_counter() - begin)

    found = speedup_of(way, job, warmup=False)
    shown = median(loop / run for loop, run in zip(loops, runs, strict=True))

    assert found == pytest.approx(shown, rel=TOLERANCE)


def by_hand(fn, items):
    begin = perf_counter()
    for item in items:
        fn(item)
    turn = perf_counter()
    nbp.pmap(fn, items, workers=WORKERS)
    return (turn - begin) / (perf_counter() - turn)


def doubt(first, second):
    """Return how far two readings of one thing lie apart, or may do so by chance."""
    apart = [log(one / other) for one, other in zip(first, second, strict=True)]
    middle = median(apart)
    scatter = 1.48 * median(abs(each - middle) for each in apart)
    return max(abs(middle), 1.25 * scatter / len(apart) ** 0.5)


def error_of(way, fn, items):
    """Return how far ours lies from the stopwatch, and how sure that one is."""
    before, ours, after = [], [], []
    for number in range(MOST_ROUNDS):
        before.append(by_hand(fn, items))
        options = {"repeats": 1, "warmup": False, "seed": number}
        ours.append(speedup_of(way, fn, items, **options))
        after.append(by_hand(fn, items))
        if number + 1 >= FEWEST_ROUNDS and doubt(before, after) < CERTAIN:
            break
    shown = [sqrt(one * other) for one, other in zip(before, after, strict=True)]
    apart = [log(one / other) for one, other in zip(ours, shown, strict=True)]
    return abs(median(apart)), doubt(before, after)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("work", "way"),
    [("sleeps", "sweep"), ("http", "compare"), ("files", "sweep"), ("sums", "compare")],
)
def test_the_speedup_is_that_of_a_stopwatch_in_legs_of_its_own(work, way, request):
    fn, items = request.getfixturevalue(work)
    by_hand(fn, items)  # imports and caches
    found = []
    for _ in range(TRIES):
        error, unsure = error_of(way, fn, items)
        if error < TOLERANCE + (0 if unsure < CERTAIN else 2 * unsure):
            return
        found.append((error, unsure))
    raise AssertionError(found)
