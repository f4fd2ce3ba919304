"""Tasks that are added, cancelled one by one, and workers that come and go."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

import nbparallel as nbp
from nbparallel.engine import steering, stopping
from nbparallel.engine.open_run import OpenRun
from nbparallel.options import resolve
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State
from nbparallel.work.work import Work
from tests.engine.conftest import PARALLEL, carry_on, wait_for

pytestmark = pytest.mark.usefixtures("backend")


@pytest.fixture
def opened():
    """Start a run to which tasks can be added; return it and its scheduler."""
    runs = []

    def start(call, **options):
        work = Work("open", call, [], None, None, open=True)
        run = nbp.Run(work, resolve({"block": False, **options})).start()
        runs.append(run)
        carry_on(run)
        return run, run._life.scheduler

    yield start
    for run in runs:
        run.cancel()


def test_tasks_can_be_added_until_it_is_closed(opened):
    run, scheduler = opened(str)
    tasks = [steering.add(scheduler, number) for number in range(1000)]
    assert tasks == list(range(1000))
    assert run.state is State.RUNNING
    assert run.snapshot().total is None
    wait_for(lambda: run.snapshot().finished == 1000)
    assert run.state is State.RUNNING

    steering.close(scheduler)
    assert run.results == [str(number) for number in range(1000)]
    with pytest.raises(nbp.UsageError, match="closed"):
        steering.add(scheduler, 1)


def test_from_many_threads_each_is_carried_out_once(opened):
    calls = Counter()
    run, scheduler = opened(lambda item: calls.update([item]), workers=3)

    def add(first):
        for number in range(first, first + 2000):
            steering.add(scheduler, number)

    threads = [threading.Thread(target=add, args=(n * 2000,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    steering.close(scheduler)

    assert run.wait(DEADLINE)
    assert set(calls) == set(range(8000))
    assert set(calls.values()) == {1}


def test_a_task_that_has_not_begun_can_be_cancelled(opened):
    gate = Gate()
    run, scheduler = opened(gate, workers=1)
    for item in "abcd":
        steering.add(scheduler, item)
    gate.wait_for("a")

    assert stopping.cancel_task(scheduler, 2)
    assert not stopping.cancel_task(scheduler, 2)
    assert not stopping.cancel_task(scheduler, 0)
    assert not stopping.cancel_task(scheduler, 99)
    steering.close(scheduler)
    gate.open()

    assert run.wait(DEADLINE)
    assert run.df["status"].tolist() == ["ok", "ok", "cancelled", "ok"]
    assert gate.started == ["a", "b", "d"]
    assert run.state is State.DONE


def test_one_in_the_middle_of_a_claim_can_be_cancelled_too(backend, gate, go):
    if backend not in PARALLEL:
        pytest.skip("a claim is a task")
    slow = []

    def task(number):
        if not slow and number > 1000:
            slow.append(number)
        return gate(number) if slow else number

    run = go(task, range(3000), workers=1)
    gate.wait_for_count(1)
    (going,) = slow
    scheduler = run._life.scheduler
    assert stopping.cancel_task(scheduler, going + 3)
    assert not stopping.cancel_task(scheduler, going)
    gate.open()

    assert run.wait(DEADLINE)
    statuses = run.df["status"]
    assert statuses[going + 3] == "cancelled"
    assert (statuses == "ok").sum() == 2999


def test_an_open_run_can_be_cancelled_and_takes_no_more(opened):
    gate = Gate()
    run, scheduler = opened(gate, workers=1, grace=0)
    steering.add(scheduler, 1)
    steering.add(scheduler, 2)
    gate.wait_for(1)
    run.cancel()
    gate.open()

    wait_for(lambda: run.state is State.CANCELLED)
    with pytest.raises(nbp.UsageError, match="cancelled"):
        steering.add(scheduler, 3)


def test_more_workers_carry_out_more_at_a_time(backend, gate, go):
    if backend not in ("threads", "fake-late", "fake-halving", "fake-mortal"):
        pytest.skip("it cannot be resized")
    run = go(gate, range(20), workers=2)
    gate.wait_for_count(2)
    steering.resize(run._life.scheduler, 5)
    gate.wait_for_count(5)
    assert run.snapshot().workers == 5

    gate.open()
    assert run.results == list(range(20))


def test_fewer_workers_carry_out_fewer_at_a_time(gate, go):
    most, going, lock = [0], [0], threading.Lock()

    def task(item):
        gate(item)
        with lock:
            going[0] += 1
            most[0] = max(most[0], going[0] if item >= 20 else 0)
        nbp.sleep(0.0005)
        with lock:
            going[0] -= 1
        return item

    run = go(task, range(200), workers=6)
    gate.wait_for_count(1)
    steering.resize(run._life.scheduler, 2)
    gate.open()

    assert run.results == list(range(200))
    assert run.snapshot().workers == 2
    assert most[0] <= 2


@pytest.mark.parametrize("backend", ["threads"])
def test_a_worker_is_started_only_where_none_is_free(backend, opened):
    gate = Gate()
    _, scheduler = opened(gate, workers=4, backend=backend)
    team = scheduler.backend._team
    assert not team
    for item in range(3):
        steering.add(scheduler, item)
        gate.wait_for(item)
        gate.open(item)
        wait_for(lambda: scheduler.crew.idle)
    assert len(team) == 1
    gate.close()
    for item in range(9):
        steering.add(scheduler, item)
    gate.wait_for_count(3 + 4)
    assert len(team) == 4
    gate.open()


@pytest.mark.parametrize("backend", ["threads", "processes", "asyncio"])
def test_a_finalizer_may_close_it_whatever_its_thread_holds(backend):
    work = Work("open", abs, [], None, None, open=True)
    run = OpenRun(work, resolve({"block": False, "backend": backend})).start()
    scheduler = run._life.scheduler
    run.add(-1)
    wait_for(lambda: run.snapshot().finished == 1)
    if backend == "threads":
        wait_for(lambda: scheduler.crew.idle)
    with scheduler.crew.lock:
        run.close_soon()
        run.close_soon()
        assert run.state is State.RUNNING
    assert run.wait(DEADLINE)
    assert scheduler.crew._rung == 0


@pytest.mark.parametrize("backend", ["threads"])
def test_a_task_carries_out_the_one_that_it_waits_for():
    gate = Gate()
    work = Work("open", lambda call: call(), [], None, None, open=True)
    run = OpenRun(work, resolve({"block": False, "workers": 1})).start()
    carried = []

    def outer():
        gate(0)
        carried.append(run.carry_out(1))
        carried.append(run.carry_out(1))

    run.add(outer)
    run.add(threading.get_ident)
    gate.wait_for(0)
    assert not run.carry_out(1)  # this thread is no worker
    gate.open()
    run.close()
    assert run.wait(DEADLINE)
    assert carried == [True, False]
    assert run.df["attempts"].tolist() == [1, 1]
