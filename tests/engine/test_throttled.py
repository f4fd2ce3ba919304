"""A real server that refuses what comes too fast, and many tasks that hang."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.types import Status

#: Requests per second that the server bears, and how many more at once.
PACE, BURST = 50, 10
open_url = build_opener(ProxyHandler({})).open


class Bucket:
    """Tokens that come at a pace; a request takes one or is refused."""

    def __init__(self):
        self._lock = threading.Lock()
        self._tokens, self._at = float(BURST), time.monotonic()

    def take(self):
        with self._lock:
            now = time.monotonic()
            come = (now - self._at) * PACE
            self._tokens, self._at = min(BURST, self._tokens + come), now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Throttling(ThreadingHTTPServer):
    """Answers 429 with ``Retry-After: 1`` to what is too fast, or as a path asks."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers, self.asked = Counter(), Counter()
        self.bucket = Bucket()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Throttling

    def do_GET(self):
        server = self.server
        server.asked[self.path] += 1
        if self.path.startswith("/once"):  # refuses the first, whoever it is
            code = 429 if server.asked[self.path] == 1 else 200
        else:
            code = 200 if self.path == "/free" or server.bucket.take() else 429
        server.answers[code] += 1
        self.send_response(code)
        if code == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Throttling() as found, ThreadPoolExecutor(1) as pool:
        pool.submit(found.serve_forever, 0.01)
        yield found
        found.shutdown()


@pytest.fixture
def get(server):
    def get(path):
        try:
            with open_url(f"{server.url}/{path}") as answer:
                return answer.status
        except HTTPError as refused:
            refused.close()
            raise

    return get


def test_at_the_servers_rate_nothing_is_refused(server, get):
    run = nbp.pmap(get, range(150), rate=f"{PACE}/s", workers=8)

    assert run.results == [200] * 150
    assert server.answers == {200: 150}


def test_with_retries_everything_ends_ok(server, get):
    run = nbp.pmap(get, range(80), retries=30, retry_on=HTTPError, workers=16)

    assert run.results == [200] * 80
    assert server.answers[429] == len(run.attempts) - 80 > 0
    tries = with_ends(run.attempts)
    waits = tries["started"] - tries.groupby("task")["ended"].shift()
    assert waits.min() >= pd.Timedelta(seconds=1)  # as the server has asked


def test_while_tasks_back_off_others_use_the_workers(get):
    def visit(path):
        time.sleep(0.01)
        return get(path)

    paths = [f"once/{n}" for n in range(20)] + ["free"] * 200
    run = nbp.pmap(visit, paths, retries=1, retry_on=HTTPError, workers=4)

    assert run.results == [200] * 220
    tries = with_ends(run.attempts)
    refused = tries[tries["attempt"].eq(1) & tries["status"].eq("error")]
    assert len(refused) == 20
    last_refused = refused["ended"].max()
    first_again = tries.loc[tries["attempt"].eq(2), "started"].min()
    meanwhile = tries["started"].between(last_refused, first_again)
    assert tries.loc[meanwhile, "worker"].nunique() == 4
    used = tries.loc[meanwhile & (tries["task"] >= 20), "seconds"].sum()
    whole = (first_again - last_refused).total_seconds() * 4
    assert used > 0.8 * whole or meanwhile.sum() >= 190  # or there was no more to do


def with_ends(tries):
    return tries.assign(
        ended=tries["started"] + pd.to_timedelta(tries["seconds"], unit="s")
    )


def hangs_or_not(number):
    if number % 20 == 0:
        threading.Event().wait()
    return number


async def hangs_or_not_async(number):
    if number % 20 == 0:
        await asyncio.Event().wait()
    return number


@pytest.mark.parametrize("kind", ["threads", "processes", "asyncio"])
def test_fifty_of_a_thousand_hang(kind):
    fn = hangs_or_not_async if kind == "asyncio" else hangs_or_not
    # Long enough that no task is late for want of a CPU on a machine that is busy.
    run = nbp.pmap(fn, range(1000), backend=kind, workers=8, timeout=0.5)

    counts = run.snapshot().counts
    assert counts[Status.OK] == 950
    assert counts[Status.TIMEOUT] == 50
    assert sorted(run.errors) == list(range(0, 1000, 20))
    assert all(item == result for item, result, error in run if error is None)
