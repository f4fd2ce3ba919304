"""Timeouts of attempts and the deadline of a run."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

import nbparallel as nbp
from nbparallel.engine import expiry
from nbparallel.testing import DEADLINE
from nbparallel.types import State, Status
from nbparallel.workers.bounds import has_one_lock
from nbparallel.workers.scope import current
from tests.engine.conftest import BACKENDS, compute, hang, hang_awaiting, wait_for
from tests.engine.fakes import FAKES
from tests.engine.pools import POOLS

#: The kinds whose workers can be killed, or have others take their place.
TIMED = [
    kind
    for kind in BACKENDS
    if kind not in POOLS
    and kind != "inline"
    and (kind not in FAKES or kind in {"fake-coroutine", "fake-halving", "fake-late"})
]
#: Seconds; what comes later than so many more is too late on any machine.
TIMEOUT, LATE = 0.25, 2.0

timed = pytest.mark.parametrize("kind", TIMED)


def hang_at_each_fifth(number):
    if number % 5 == 2:
        hang()
    return number


async def await_at_each_fifth(number):
    if number % 5 == 2:
        await hang_awaiting()
    return number


def spin(_):
    compute()


def nap(seconds):
    time.sleep(seconds)
    return seconds


def statuses(run):
    return Counter(run.df["status"].astype(str))


@timed
def test_what_hangs_times_out_and_the_others_go_on(kind):
    run = nbp.pmap(
        hang_at_each_fifth, range(40), backend=kind, workers=3, timeout=TIMEOUT
    )

    assert run.state is State.DONE
    assert statuses(run) == {"ok": 32, "timeout": 8}
    late = run.df[run.df["status"] == "timeout"]
    assert late.index.tolist() == list(range(2, 40, 5))
    assert late["seconds"].between(TIMEOUT, TIMEOUT + LATE).all()
    assert late["attempts"].eq(1).all()
    assert {type(error) for error in run.errors.values()} == {nbp.TaskTimeout}
    assert str(run.errors[2]) == f"not done after timeout={TIMEOUT} seconds"


def hang_with_some_put_aside(number):
    claim = current.get().claim
    if len(claim.left) > 1 + len(claim.items):
        hang()
    return number


def test_what_the_worker_of_a_late_task_has_put_aside_goes_to_others():
    run = nbp.pmap(
        hang_with_some_put_aside,
        range(100),
        backend="fake-halving",
        workers=1,
        timeout=TIMEOUT,
    )

    late = statuses(run)["timeout"]
    assert late
    assert statuses(run) == {"ok": 100 - late, "timeout": late}


@pytest.mark.parametrize("kind", ["asyncio", "threads"])
def test_a_coroutine_that_hangs_times_out(kind):
    run = nbp.pmap(
        await_at_each_fifth, range(40), backend=kind, workers=3, timeout=TIMEOUT
    )

    assert statuses(run) == {"ok": 32, "timeout": 8}


def test_a_coroutine_that_blocks_its_loop_times_out_and_another_loop_goes_on():
    gate = threading.Event()

    async def block(number):
        if number == 2:
            gate.wait()
        return number

    run = nbp.pmap(block, range(100), workers=1, timeout=TIMEOUT)
    gate.set()

    assert statuses(run) == {"ok": 99, "timeout": 1}


@timed
def test_each_attempt_has_a_clock_of_its_own(kind):
    run = nbp.pmap(nap, [0.2] * 6, backend=kind, workers=1, timeout=1)

    assert statuses(run) == {"ok": 6}


@pytest.mark.parametrize("kind", ["threads", "asyncio"])
def test_what_computes_is_ended(kind):
    before = threading.active_count()

    run = nbp.pmap(spin, range(3), backend=kind, workers=3, timeout=TIMEOUT)

    assert statuses(run) == {"timeout": 3}
    if has_one_lock():  # else nobody can end them
        wait_for(lambda: run.snapshot().abandoned == 0)
        wait_for(lambda: threading.active_count() <= before + 3)


def test_what_comes_too_late_is_discarded_and_its_thread_goes_home():
    gate, before = threading.Event(), {*threading.enumerate()}

    def task(number):
        if number == 0:
            gate.wait()
        return number

    run = nbp.pmap(task, range(9), workers=2, timeout=TIMEOUT)
    assert run.snapshot().abandoned == 1
    gate.set()

    wait_for(lambda: run.snapshot().abandoned == 0)
    assert statuses(run) == {"ok": 8, "timeout": 1}
    wait_for(lambda: not workers_since(before))


def workers_since(before):
    new = {*threading.enumerate()} - before
    return [each for each in new if re.fullmatch(r"nbparallel-\d+", each.name)]


@timed
def test_a_cancel_ends_a_run_in_which_tasks_have_hung(kind):
    run = nbp.pmap(
        hang_at_each_fifth,
        range(10_000),
        backend=kind,
        workers=3,
        timeout=TIMEOUT,
        grace=0.1,
        block=False,
    )
    wait_for(lambda: run.snapshot().counts[Status.TIMEOUT])
    run.cancel()

    assert run.wait(DEADLINE)
    assert run.state is State.CANCELLED
    assert sum(statuses(run).values()) == 10_000
    assert statuses(run).keys() <= {"ok", "timeout", "cancelled"}


@timed
def test_a_pause_does_not_hold_up_a_timeout(kind):
    run = nbp.pmap(
        hang_at_each_fifth,
        range(2, 9),
        backend=kind,
        workers=1,
        timeout=TIMEOUT,
        block=False,
    )
    wait_for(lambda: run.snapshot().running)
    run.pause()
    wait_for(lambda: run.snapshot().counts[Status.TIMEOUT] == 1)
    run.resume()

    assert run.wait(DEADLINE)
    assert statuses(run) == {"ok": 5, "timeout": 2}


@timed
def test_a_timeout_can_be_the_failure_that_ends_the_run(kind):
    with pytest.raises(nbp.TaskTimeout, match=f"timeout={TIMEOUT}"):
        nbp.pmap(
            hang_at_each_fifth,
            range(2, 9),
            backend=kind,
            workers=1,
            timeout=TIMEOUT,
            on_error="raise",
        )


@timed
def test_what_has_timed_out_can_be_retried(kind, tmp_path):
    mark = tmp_path / "mark"

    def task(number):
        if number == 1 and not mark.exists():
            hang()
        return number

    run = nbp.pmap(task, range(3), backend=kind, workers=2, timeout=TIMEOUT)
    assert statuses(run) == {"ok": 2, "timeout": 1}
    mark.touch()

    assert run.retry().results == [0, 1, 2]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_nested_run_whose_tasks_hang_ends_too(workers):
    def outer(_):
        inner = nbp.pmap(hang_at_each_fifth, range(10), timeout=TIMEOUT)
        return inner.snapshot().counts[Status.TIMEOUT]

    run = nbp.pmap(outer, range(4), workers=workers)

    assert run.results == [2] * 4


def test_so_many_threads_left_behind_end_the_run(monkeypatch):
    monkeypatch.setattr(expiry, "MOST_LEFT", 3)

    with pytest.raises(nbp.BackendBroken, match="backend='processes'"):
        nbp.pmap(lambda _: hang(), range(100), workers=2, timeout=0.01)
    assert statuses(nbp.last)["timeout"] >= 4


SCRIPT = """
import threading, time
import nbparallel as nbp
nbp.pmap(lambda _: threading.Event().wait(), range(5), timeout=0.1, progress=False)
print(time.time(), flush=True)
"""


def test_a_script_with_hung_tasks_exits_at_once():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )

    assert time.time() - float(done.stdout) < 1


@pytest.mark.parametrize(
    ("backend", "cure"),
    [
        ("inline", "backend='threads' or 'processes'"),
        (ThreadPoolExecutor(1), "backend='threads', or 'processes'"),
    ],
    ids=["inline", "executor"],
)
def test_workers_that_nothing_can_take_the_place_of_are_refused(backend, cure):
    called = []

    with pytest.raises(nbp.BadValue, match=cure):
        nbp.pmap(called.append, [1], backend=backend, timeout=1)
    assert called == []


@pytest.mark.parametrize("kind", BACKENDS)
def test_a_deadline_ends_the_run_and_says_so(kind):
    run = nbp.pmap(nap, [0.05] * 1000, backend=kind, workers=2, deadline=0.3)

    assert run.state is State.CANCELLED
    assert run.snapshot().deadline == 0.3
    assert statuses(run).keys() == {"ok", "cancelled"}
    with pytest.raises(nbp.TaskCancelled, match=r"deadline=0\.3"):
        _ = run.results


def test_a_run_that_ends_before_its_deadline_is_done():
    run = nbp.pmap(nap, [0.01], deadline=100)

    assert run.state is State.DONE
    assert run.snapshot().deadline is None


@pytest.mark.parametrize("name", ["timeout", "deadline"])
@pytest.mark.parametrize(
    ("value", "error"),
    [(0, nbp.BadValue), (-1, nbp.BadValue), ("5", nbp.BadType), (True, nbp.BadType)],
)
def test_what_is_no_time_is_refused(name, value, error):
    with pytest.raises(error, match=f"{name}={value!r}"):
        nbp.Options(**{name: value})
