"""Every backend in turn, and runs that the test watches while they go on."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress

import pandas as pd  # noqa: F401 # before anything is timed
import pytest
from hypothesis import HealthCheck, settings

import nbparallel as nbp
from nbparallel.engine import capture
from nbparallel.testing import DEADLINE
from nbparallel.workers import KINDS, load
from nbparallel.workers.scope import current
from tests.engine import pools
from tests.engine.afar import AFAR
from tests.engine.fakes import FAKES
from tests.support.fixtures import gate  # noqa: F401 # for who runs only these tests

#: Every kind of worker, kinds that are nothing like them, and executors of the user's.
BACKENDS = [*KINDS, *FAKES, *pools.POOLS]
#: The backends that carry out several tasks at once.
PARALLEL = [kind for kind in BACKENDS if kind != "inline"]

#: For properties that hold on a backend: it is the same for every example of a test.
many = settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

#: Those whose tasks run elsewhere: a run inside one is a run of that process, inline.
APART = ["processes"]


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


@pytest.fixture(autouse=True)
def _quiet(request, monkeypatch):
    """Show nothing, and take the backend of the test, if it has one, by default."""
    for word, place in {**FAKES, **pools.POOLS, **AFAR}.items():
        monkeypatch.setitem(KINDS, word, place)
    backend = {}
    if "backend" in request.fixturenames:
        backend = {"backend": request.getfixturevalue("backend")}
    with nbp.defaults(progress=False, **backend):
        yield
    pools.fresh()
    wait_for(lambda: not capture._runs)  # whatever happened, nothing is left tapped


_hung = threading.Event()


def hang():
    """Come back only once the test is over."""
    _hung.wait()


def compute():
    """Do so until the test is over: nothing ends it without the GIL."""
    hung = _hung
    while not hung._flag:  # what ends a task spares the methods of `threading`
        pass


async def hang_awaiting():
    """Come back only once the test is over; its thread hears of nothing else."""
    hung = _hung
    while not hung.is_set():  # noqa: ASYNC110 # an event of threads
        await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _nothing_hangs_on():
    yield
    global _hung  # noqa: PLW0603 # tasks of this test have the old one
    _hung.set()
    _hung = threading.Event()


@pytest.fixture
def going():
    """Let a run that was started go on, also where the waiting thread is the worker."""
    runs = []

    def carry(run):
        runs.append(run)
        carry_on(run)
        return run

    yield carry
    for run in runs:
        run.cancel()


@pytest.fixture
def go(going):
    """Start a run and return at once."""
    return lambda fn, *iterables, **options: going(
        nbp.pmap(fn, *iterables, block=False, **options)
    )


def wait_for(ready, told=lambda: ""):
    """Return once ``ready()``; there is nothing to wait on but the state itself."""
    limit = time.perf_counter() + DEADLINE
    while not ready():
        assert time.perf_counter() < limit, told()
        time.sleep(0.001)


def tasks_left_in_claim():
    """Return how many tasks the calling task's worker has claimed besides it."""
    return len(current.get().claim.items)


def carry_on(run):
    """Give *run* a waiting thread, if nobody else would carry its tasks out."""
    if load(run.options.backend).waits_itself:
        threading.Thread(target=_wait, args=(run,), daemon=True).start()


def _wait(run):
    with suppress(BaseException):  # the test looks at the run by itself
        run.wait()
