"""Where the time of a run goes, as it is measured, and what is made of it."""

from __future__ import annotations

import hashlib
import sys
import threading
import time

import pytest

import nbparallel as nbp
from nbparallel.engine.measuring import contention, meter, resources, sampler
from nbparallel.engine.measuring.contention import LATE, Contention
from nbparallel.engine.measuring.resources import Resources
from nbparallel.engine.measuring.sampler import LINGER, PERIOD, Sampler
from nbparallel.engine.run import Run
from nbparallel.engine.timer import Timer
from nbparallel.options import resolve
from nbparallel.records.usage import Usage
from nbparallel.testing import DEADLINE
from nbparallel.types import Status
from nbparallel.work.work import Work
from tests.engine.conftest import wait_for

#: Whether this Python has a lock, and this system tells who has it.
SEES_LOCK = contention.is_possible()
BLOCK = bytes(2_000_000)


def in_python(count):
    total = 0
    for number in range(count):
        total += number * number
    return total


def in_c(_):
    for _ in range(8):
        hashlib.sha256(BLOCK).digest()


def measured(fn, items, **options):
    run = nbp.pmap(fn, items, backend="threads", **options)
    return run, run._life.meter.measures()


# -- Real tasks: on a machine that does something else as well there may be no advice
# -- where some is due, but never any that is not.


@pytest.mark.skipif(not SEES_LOCK, reason="no lock, or nothing tells who has it")
def test_tasks_that_compute_in_python_take_turns():
    for _ in range(5):
        run, found = measured(in_python, [200_000] * 120, workers=4)
        assert run.advice == "" or "Write backend='processes'" in run.advice
        if found.contended > 0.3 * found.looked:
            break
    assert found.contended > 0.3 * found.looked
    assert run.metrics.locked == found.locked


@pytest.mark.parametrize("workers", [2, 8])
def test_tasks_that_compute_in_c_without_the_lock_do_not(workers):
    run, found = measured(in_c, range(120), workers=workers)

    assert found.contended < 0.2 * max(found.looked, 1.0)
    assert "processes" not in run.advice


def test_tasks_that_wait_do_not():
    run, found = measured(nbp.sleep, [0.1] * 40, workers=4)

    assert found.contended < 0.1
    assert run.advice == ""
    assert bool(found.looked) == SEES_LOCK


def test_one_that_computes_while_the_others_wait_holds_up_nobody():
    def task(item):
        return in_python(12_000_000) if item == 0 else nbp.sleep(0.1)

    _, found = measured(task, range(12), workers=4)

    assert found.contended < 0.2 * max(found.looked, 1.0)


def test_tasks_that_do_both_are_no_reason_for_processes():
    def task(_):
        nbp.sleep(0.02)
        in_c(0)
        return in_python(5_000)

    run, _ = measured(task, range(100), workers=4)

    assert "processes" not in run.advice


def test_without_the_lock_nobody_looks_for_it(monkeypatch):
    monkeypatch.setattr(contention, "has_one_lock", lambda: False)

    run, found = measured(nbp.sleep, [0.1] * 4, workers=1)

    assert found.locked is None
    assert run.metrics.locked is None


# -- What is made of a look ------------------------------------------------------------


class Looks:
    """Looks at threads whose clocks the test sets."""

    def __init__(self, monkeypatch):
        self.made = Contention()
        self.process = 100.0
        monkeypatch.setattr(time, "process_time", lambda: self.process)
        self.made.begin({})
        self.threads = {}

    def look(self, *spent, others=0.0, late=4 * LATE):
        for thread, seconds in enumerate(spent):
            self.threads[thread] = self.threads.get(thread, 0.0) + seconds
        self.process += sum(spent) + others
        self.made.look(0.1, late, dict(self.threads))


@pytest.fixture
def looks(monkeypatch):
    return Looks(monkeypatch)


def test_threads_that_share_one_cpu_and_hold_the_lock_take_turns(looks):
    for _ in range(10):
        looks.look(0.02, 0.03, 0.04)

    assert looks.made.looked == pytest.approx(1.0)
    assert looks.made.contended == pytest.approx(0.9)


@pytest.mark.parametrize(
    "look",
    [
        {"spent": (0.1, 0.1)},  # two CPUs
        {"spent": (0.1, 0.002)},  # one computes, the others wait
        {"spent": (0.03, 0.03), "others": 0.04},  # the cell computes as well
        {"spent": (0.05, 0.05), "late": LATE / 2},  # nobody has the lock
        {"spent": (0.0, 0.0)},
        {"spent": ()},
    ],
)
def test_what_lacks_one_of_the_signs_does_not_count(looks, look):
    for _ in range(10):
        looks.look(*look["spent"], **{k: v for k, v in look.items() if k != "spent"})

    assert looks.made.contended == 0.0
    assert looks.made.looked == pytest.approx(1.0)


def test_a_look_that_comes_in_time_now_and_then_is_no_proof_of_a_free_lock(looks):
    for number in range(10):
        looks.look(0.05, 0.05, late=0.0 if number % 3 == 0 else 4 * LATE)

    assert looks.made.contended == pytest.approx(1.0)


def test_a_thread_that_is_gone_is_left_out(looks):
    looks.look(0.05, 0.05)
    looks.threads = {7: 0.0}
    looks.look()

    assert looks.made.contended == pytest.approx(0.1)


# -- Who looks -------------------------------------------------------------------------


class Clock:
    def __init__(self):
        self.now = 50.0

    def __call__(self):
        return self.now


class Looker:
    def __init__(self):
        self.late = []

    def look(self, late):
        self.late.append(late)


@pytest.fixture
def clocked(monkeypatch):
    monkeypatch.setattr(sampler, "queued", lambda: 0.0)
    clock = Clock()
    return clock, Timer(clock)


def test_lookers_look_at_every_period_and_hear_how_late_it_is(clocked):
    clock, timer = clocked
    made, looker = Sampler(timer), Looker()
    made.add(looker)
    for _ in range(3):
        clock.now += PERIOD + 0.004
        timer.run_due()
    made.remove(looker)
    clock.now += PERIOD
    timer.run_due()

    assert looker.late == [pytest.approx(0.004)] * 3


def test_waiting_for_a_cpu_is_not_late(clocked, monkeypatch):
    clock, timer = clocked
    waited = [0.0]
    monkeypatch.setattr(sampler, "queued", lambda: waited[0])
    made, looker = Sampler(timer), Looker()
    made.add(looker)
    clock.now += PERIOD + 0.004
    waited[0] += 0.003
    timer.run_due()

    assert looker.late == [pytest.approx(0.001)]


def test_when_there_is_nothing_to_look_at_it_stops_and_can_go_on(clocked):
    clock, timer = clocked
    made, looker = Sampler(timer), Looker()
    made.add(looker)
    made.remove(looker)
    for _ in range(LINGER + 1):
        clock.now += PERIOD
        timer.run_due()
    assert timer.run_due() is None

    made.add(looker)
    clock.now += PERIOD
    timer.run_due()
    assert len(looker.late) == 1


def test_one_that_raises_does_not_stop_the_others(clocked, caplog):
    clock, timer = clocked
    made, looker = Sampler(timer), Looker()
    made.add(looker)
    usual, looker.look = looker.look, None
    clock.now += PERIOD
    timer.run_due()
    assert "TypeError" in caplog.text

    looker.look = usual
    clock.now += PERIOD
    timer.run_due()
    assert len(looker.late) == 1


def test_a_run_that_ends_is_looked_at_no_more():
    nbp.pmap(abs, [1])

    assert not sampler.SAMPLER._lookers


def test_a_run_inside_a_task_is_not_looked_at(gate):
    found = []

    def task(_):
        run = nbp.pmap(gate, [1], block=False)
        found.append(run._life.meter in sampler.SAMPLER._lookers)
        gate.open()
        return run.results

    nbp.pmap(task, [1], backend="threads")

    assert found == [False]


# -- Waiting ---------------------------------------------------------------------------


def test_waiting_for_the_rate_is_told():
    run = nbp.pmap(abs, range(12), workers=4, rate="25/s", backend="threads")

    found = run._life.meter.measures()
    assert 1 < found.rate_waits <= 11
    assert 0.5 * found.active < found.waited_for_rate <= found.active
    assert f"{found.rate_waits} tasks waited on the rate limit" in run.advice
    assert run.metrics.waited_for_rate == found.waited_for_rate
    assert "of waiting for the rate" in str(run.metrics)


def test_pauses_are_not_waiting_for_the_rate(go):
    run = go(abs, range(1000), workers=2, rate="1/min", backend="threads")
    wait_for(lambda: run.snapshot().held_by)
    run.pause()
    waited = run._life.meter.measures().waited_for_rate

    assert run._life.meter.measures().waited_for_rate == waited


def test_waiting_for_backoff_is_told():
    fails = {2}

    def task(item):
        if item in fails:
            fails.remove(item)
            raise ValueError(item)
        return item

    options = {"retries": 1, "backoff": lambda _: 0.5, "backend": "threads"}
    run = nbp.pmap(task, range(4), workers=2, **options)

    assert run.metrics.waited_for_backoff > 0.1
    assert "until 1 failed task could be tried again" in run.advice


def test_no_smaller_backoff_shortens_what_an_error_asks_for():
    fails = {2}

    class Throttled(Exception):
        retry_after = 0.5

    def task(item):
        if item in fails:
            fails.remove(item)
            raise Throttled
        return item

    options = {"retries": 1, "backoff": 0, "backend": "threads"}
    run = nbp.pmap(task, range(4), workers=2, **options)

    assert run.metrics.waited_for_backoff > 0.1
    assert run.advice == ""


def test_a_straggler_is_told():
    def task(item):
        nbp.sleep(0.4 if item == 39 else 0.02)

    run = nbp.pmap(task, range(40), workers=4, backend="threads")

    assert "Task 39, of 0.4" in run.advice
    assert run.advice.endswith("put it first.")
    assert run.snapshot().advice == run.advice


def test_what_waits_for_others_is_not_to_be_put_first():
    waits = Work("chain", lambda _: nbp.sleep(0.2), [0, 1], None, 2, needs={1: [0]})
    run = Run(waits, resolve({"backend": "threads"})).start()

    assert run.snapshot().counts[Status.OK] == 2
    assert run.advice == ""


def test_while_a_run_goes_on_its_snapshot_has_no_advice(go, gate):
    run = go(gate, range(3), backend="threads")

    assert run.snapshot().advice == ""
    assert run.advice == ""


def test_advice_is_that_of_all_starts():
    fails = [True]

    def task(_):
        nbp.sleep(0.15)
        if fails.pop():
            raise ValueError
        fails.append(False)

    fails.insert(0, False)
    run = nbp.pmap(task, [1], backend="inline")
    first = run._life.meter.measures().active
    run.retry()

    assert run._life.meter.measures().active > first


def test_overhead_is_what_lies_between_two_claims():
    run = nbp.pmap(nbp.sleep, [0.001] * 50, workers=2, backend="threads")

    assert 0 < run.metrics.overhead < 0.05
    assert nbp.pmap(abs, [1]).metrics.overhead is None


# -- What the processes use ------------------------------------------------------------


def test_processes_are_looked_at():
    looks = Resources()
    looks.look()
    assert looks.latest is None  # there is nothing to compare with
    in_python(3_000_000)  # the system counts in hundredths of a second
    looks.look()

    assert isinstance(looks.latest, Usage)
    assert looks.latest.cpu > 0
    assert looks.latest.memory > 1_000_000


def test_they_are_looked_at_once_a_second_at_most(monkeypatch):
    looks, done = Resources(), []
    monkeypatch.setattr(looks, "_look", lambda: done.append(1))
    looks.look()
    looks.ask()

    assert done == [1]
    assert looks._next - time.perf_counter() > resources.PERIOD / 2


def test_without_psutil_nothing_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    looks = Resources()
    looks.look()

    assert looks.latest is None
    assert looks._next == float("inf")


def test_a_look_long_ago_is_nothing_to_compare_with():
    looks = Resources()
    looks.look()
    looks.looked -= 100
    looks.look()

    assert looks.latest is None


def test_a_run_that_goes_on_tells_what_the_processes_use(go, gate, monkeypatch):
    monkeypatch.setattr(meter, "YOUNG", 0.0)
    monkeypatch.setattr(resources, "PERIOD", 0.05)
    monkeypatch.setattr(resources, "REST", 0)
    run = go(gate, range(3), backend="threads")
    wait_for(lambda: run.snapshot().usage)
    wait_for(lambda: run._life.meter._usage)
    gate.open()

    assert run.wait(DEADLINE)
    assert run.snapshot().usage.memory > 1_000_000
    assert run.metrics.cpu is not None


def test_thread_clocks_are_those_of_living_threads():
    seen = []

    def task(_):
        seen.append(len(run._life.scheduler.backend.thread_seconds()))

    held = threading.Event()
    run = nbp.pmap(
        lambda item: (held.wait(DEADLINE), task(item)), [1], block=False, workers=1
    )
    held.set()
    assert run.wait(DEADLINE)
    backend = run._life.scheduler.backend
    wait_for(lambda: not backend.thread_seconds())
    assert seen == [1 if hasattr(time, "pthread_getcpuclockid") else 0]
