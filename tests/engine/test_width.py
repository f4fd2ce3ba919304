"""The number of workers: what the work rewards, and what the user sets meanwhile."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

import nbparallel as nbp
from nbparallel.engine.limits import MOST_WIDTHS
from nbparallel.engine.width.gauge import Gauge, Seen
from nbparallel.engine.width.policy import WidthPolicy
from nbparallel.engine.width.strain import is_strain
from nbparallel.records.snapshot import Snapshot
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State, Status
from nbparallel.views import text
from nbparallel.workers.bounds import Bounds, processors
from tests.engine.conftest import PARALLEL, tasks_left_in_claim, wait_for
from tests.engine.simulated import Server, Simulation, best_of
from tests.support.threads import ours

#: The kinds whose tasks can wait for a gate, and whose number is theirs alone.
GATED = ["threads", "asyncio", "fake-coroutine", "fake-halving", "fake-late"]

gated = pytest.mark.parametrize("kind", GATED)


def double(item):
    return 2 * item


# -- What is rewarded, on servers that exist in numbers alone --------------------------

WORK = {
    "saturates at 16": lambda seed: Server(seed=seed),
    "saturates, in step": lambda seed: Server(law="const", seed=seed),
    "saturates at 200": lambda seed: Server(slots=200, law="even", seed=seed),
    "gets slower": lambda seed: Server(4096, law="even", coherency=1 / 400, seed=seed),
    "one lock": lambda seed: Server(1, 0.005, law="even", cpu=1.0, seed=seed),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_it_is_nearly_as_fast_as_the_best_number(work, seed):
    best = best_of(lambda: work(9), 4)
    simulation = Simulation(work(seed))

    simulation.run(0.8)  # a tenth of it

    assert simulation.run(7.2) >= 0.9 * best


@pytest.mark.parametrize(
    ("work", "least", "most"),
    [
        ("saturates at 16", 14, 28),
        ("saturates, in step", 16, 18),
        ("saturates at 200", 180, 256),
        ("gets slower", 12, 28),
        ("one lock", 1, 8),
    ],
)
def test_it_settles_at_the_knee(work, least, most):
    simulation = Simulation(WORK[work](3))

    simulation.run(8)

    assert least <= simulation.usual_between(4, 8) <= most


def test_it_takes_a_few_times_what_a_task_takes_to_get_there():
    simulation = Simulation(Server(slots=20, seconds=1.0, law="even"))

    simulation.run(60)

    assert 16 <= simulation.usual_between(30, 60) <= 30
    assert max(width for _, width in simulation.widths) <= 80


@pytest.mark.parametrize("seed", range(3))
def test_noise_does_not_make_it_wander(seed):
    simulation = Simulation(Server(slots=16, seed=seed))

    simulation.run(30)

    late = [width for instant, width in simulation.widths if instant > 15]
    assert len(late) <= 40
    assert all(10 <= width <= 45 for width in late)


def test_it_follows_a_server_that_gets_more_to_offer():
    bursts = Server(slots=lambda now: 64 if 8 < now < 16 else 16)
    simulation = Simulation(bursts)
    paces = [simulation.run(8) for _ in range(3)]

    assert paces[1] > 0.65 * 6400
    assert paces[2] > 0.9 * 1600


def test_a_server_that_refuses_is_asked_less_at_a_time():
    simulation = Simulation(Server(slots=256, refuses=40, law="even"))

    pace = simulation.run(20)

    assert 20 <= simulation.usual_between(10, 20) <= 40
    assert simulation.failed < 0.05 * simulation.done
    assert pace > 0.7 * 4000


def test_errors_that_fewer_workers_do_not_cure_are_put_up_with():
    simulation = Simulation(Server(slots=16, failing=0.05))

    pace = simulation.run(20)

    assert simulation.usual_between(10, 20) >= 14
    assert pace > 0.9 * 1600 * 0.95


def test_one_worker_is_the_least_and_the_bound_the_most():
    refusing = Simulation(Server(refuses=0))
    refusing.run(5)
    wide = Simulation(Server(slots=500), Bounds(first=4, most=24))
    wide.run(5)

    assert refusing.width == 1
    assert max(width for _, width in wide.widths) == 24


@pytest.mark.parametrize(("cpu", "wanted"), [(0.95, 2), (0.3, 16), (1.9, 16)])
def test_who_shares_a_lock_has_to_bring_clearly_more(cpu, wanted):
    policy = WidthPolicy(Bounds(first=4, most=64, processors=4, one_lock=True))
    paces = {4: 100, 8: 140}  # other programs leave us more, or it is a reward

    for _ in range(2):
        done = paces[policy.width]
        policy.decide(Seen(seconds=1, ended=100, done=done, latency=0.04, cpu=cpu))

    assert policy.width == wanted


def test_nothing_follows_from_workers_that_have_nothing_to_do():
    policy = WidthPolicy(Bounds(first=4, most=64))
    seen = Seen(seconds=1, ended=50, done=50, latency=0.01, busy=0.3)

    assert [policy.decide(seen) for _ in range(20)] == [4] * 20


def test_tasks_in_step_count_for_their_parts():
    gauge = Gauge(0.0, 0.0, skip=4)
    for _ in range(4):
        gauge.note(0.0, 1.0, 1)
    assert gauge.look(1.0, 0.0, [1.0] * 4, 4).ended == 0
    for _ in range(4):
        gauge.note(1.0, 2.0, 1)

    seen = gauge.look(2.5, 0.75, [2.0] * 4, 4)

    assert seen.rate == pytest.approx(4)  # though some see 4, and some 8 in 2.5 s
    assert seen.latency == pytest.approx(1)
    assert seen.cpu == pytest.approx(0.5)
    assert seen.busy == 1


def test_a_batch_counts_for_its_tasks():
    gauge = Gauge(0.0, 0.0, skip=0)
    gauge.look(0.0, 0.0, [], 1)
    gauge.note(-1.0, 1.0, 1000)

    seen = gauge.look(1.0, 0.0, [], 1)

    assert seen.rate == pytest.approx(500)


class Answer(Exception):
    """An HTTP library's error."""

    def __init__(self, **told):
        super().__init__(told)
        self.__dict__.update(told)


class ReadTimeout(OSError):
    """Of a library that has a base of its own."""


class Hostile(Exception):
    @property
    def response(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "strains"),
    [
        (nbp.TaskTimeout("late"), True),
        (TimeoutError(), True),
        (ReadTimeout(), True),
        (Answer(status_code=429), True),
        (Answer(code=503), True),
        (Answer(response=Answer(status_code=503)), True),
        (Answer(retry_after=2), True),
        (Answer(status_code=404), False),
        (Answer(status="429 or so"), False),
        (ValueError(429), False),
        (Hostile(), False),
    ],
)
def test_which_errors_say_that_there_are_too_many(error, strains):
    assert is_strain(error) is strains


# -- The number while a run goes on ----------------------------------------------------


@gated
def test_more_workers_begin_at_once(kind, gate, go):
    run = go(gate, range(10), workers=2, backend=kind)
    gate.wait_for_count(2)

    run.workers = 5

    gate.wait_for_count(5)
    assert run.workers == run.snapshot().workers == 5
    assert len(gate.started) == 5
    gate.open()
    assert run.results == list(range(10))


def test_no_more_threads_begin_than_there_are_tasks(gate, go):
    run = go(gate, range(10), workers=2, backend="threads")
    gate.wait_for_count(2)
    before = ours()

    run.workers = 100_000

    gate.wait_for_count(10)
    assert len(ours() - before) <= 10
    gate.open()
    assert run.results == list(range(10))


@gated
def test_fewer_workers_end_what_they_are_at(kind, gate, go):
    run = go(gate, range(12), workers=4, backend=kind)
    gate.wait_for_count(4)

    run.workers = 1

    gate.open(*gate.started[:3])
    wait_for(lambda: run.snapshot().finished == 3)
    assert len(gate.started) == 4
    gate.open()
    assert run.results == list(range(12))
    assert Counter(run.df["attempts"]) == {1: 12}


def test_what_the_surplus_has_not_begun_goes_back(go):
    first = Gate(then=lambda item: (item, tasks_left_in_claim()))

    def task(item):
        return first(item) if item >= 1000 else item

    run = go(task, range(1100), workers=2, on_error="collect")
    wait_for(lambda: len(first.started) == 2)

    run.workers = 1

    wait_for(lambda: len(run._life.scheduler.open) == 2)
    assert all(
        len(claim.items) == 0 or claim.worker == 0 for claim in run._life.scheduler.open
    )
    first.open()
    run.wait()
    assert run.snapshot().counts[Status.OK] == 1100


@pytest.mark.parametrize("kind", PARALLEL)
def test_nothing_is_lost_while_the_number_changes(kind):
    chance = Random(5)
    run = nbp.pmap(double, range(3000), workers=2, backend=kind, block=False)
    for _ in range(30):
        run.workers = chance.choice([1, 2, 3, 5, 8, "auto"])
        time.sleep(0)  # a turn for the others

    assert run.wait(DEADLINE)
    assert run.results == [double(item) for item in range(3000)]
    assert Counter(run.df["attempts"]) == {1: 3000}


@pytest.mark.parametrize("kind", PARALLEL)
def test_auto_carries_out_everything(kind):
    run = nbp.pmap(double, iter(range(2000)), workers="auto", backend=kind)

    assert run.state is State.DONE
    assert run.results == [double(item) for item in range(2000)]
    assert run.options.workers == "auto"
    assert run.workers == run.metrics.workers == run.metrics.widths[-1][1]
    assert run.metrics.widths[0][0] == 0.0


@pytest.mark.parametrize("kind", ["threads", "asyncio"])
def test_auto_grows_while_that_is_rewarded(kind):
    run = nbp.pmap(
        nbp.sleep, itertools.repeat(0.01), workers="auto", backend=kind, block=False
    )
    # How far depends on what else the machine does; the simulated servers say that.
    wait_for(lambda: run.workers >= 16)
    run.cancel()

    assert run.wait(DEADLINE)
    instants, widths = zip(*run.metrics.widths, strict=True)
    assert list(instants) == sorted(instants)
    assert widths[:2] in {(4, 8), (8, 16)}


def test_auto_halves_where_tasks_time_out():
    def crowded(_):
        with going:
            if run_of.get("many", 0) > 16:
                raise TimeoutError
            nbp.sleep(0.01)

    class Going:
        def __enter__(self):
            run_of["many"] = run_of.get("many", 0) + 1

        def __exit__(self, *_):
            run_of["many"] -= 1

    run_of, going = {}, Going()
    run = nbp.pmap(crowded, itertools.count(), workers="auto", block=False)

    def has_halved():
        widths = [width for _, width in run.metrics.widths]
        return any(b == a // 2 for a, b in itertools.pairwise(widths))

    wait_for(has_halved)
    run.cancel()
    assert run.wait(DEADLINE)


def test_a_number_ends_auto_and_auto_begins_it():
    run = nbp.pmap(nbp.sleep, itertools.repeat(0.001), workers=3, block=False)
    assert not run._life.scheduler.limits.follows

    run.workers = "auto"
    wait_for(lambda: run.workers > 3)
    run.workers = 2

    assert run.workers == 2
    wait_for(lambda: run._life.width.gauge is None)
    assert run.workers == 2
    run.cancel()
    assert run.wait(DEADLINE)


def test_pause_cancel_and_retry_with_auto():
    fails = {"now": True}

    def task(item):
        if fails["now"] and item % 3 == 0:
            raise ValueError
        return nbp.sleep(0.001)

    run = nbp.pmap(task, range(300), workers="auto", block=False)
    run.pause()
    wait_for(lambda: run.snapshot().counts[Status.RUNNING] == 0)
    width = run.workers
    run.resume()
    run.cancel()
    assert run.wait(DEADLINE)
    fails["now"] = False

    run.retry(block=True)

    assert run.snapshot().counts[Status.OK] == 300
    assert run.workers >= 1
    assert width >= 1
    assert run._life.width.gauge is None


def test_a_number_that_is_set_of_an_ended_run_is_that_of_its_retry():
    run = nbp.pmap(lambda _: 1 / 0, range(6), workers=2)
    run.workers = 5

    run.retry()

    assert run.workers == 5
    assert run.metrics.widths[-1][1] == 5


def test_inside_a_task_auto_is_the_outers_number():
    def outer(_):
        return nbp.pmap(double, range(5), workers="auto", progress=False).workers

    assert nbp.pmap(outer, range(4), workers=3).results == [3] * 4


def test_runs_inside_follow_the_outer(gate):
    inner, together = [], threading.Barrier(2)

    def outer(item):
        together.wait(DEADLINE)  # or the second worker may take what is inside
        inner.append(nbp.pmap(gate, [item], workers="auto", block=False))
        return inner[-1].results

    run = nbp.pmap(outer, range(2), workers=2, block=False)
    wait_for(lambda: len(inner) == 2)
    run.workers = 6

    assert [each.workers for each in inner] == [6, 6]
    gate.open()
    assert run.wait(DEADLINE)


def test_a_pool_has_no_more_than_it_has():
    with ThreadPoolExecutor(3) as pool:
        run = nbp.pmap(nbp.sleep, [0.001] * 500, workers="auto", backend=pool)

    assert max(width for _, width in run.metrics.widths) == 3


def test_processes_are_no_more_than_the_processors():
    run = nbp.pmap(double, range(500), workers="auto", backend="processes")

    first = run.metrics.widths[0][1]
    assert max(width for _, width in run.metrics.widths) == first <= processors()


def test_history_is_bounded():
    run = nbp.pmap(abs, [])
    for number in range(5 * MOST_WIDTHS):
        run.workers = 1 + number % 7

    assert 2 < len(run.metrics.widths) <= MOST_WIDTHS
    assert run.metrics.widths[-1][1] == run.workers


# -- What can't be ---------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, -1, 2.5, "many", "8", None, True, math.inf])
def test_what_is_no_number_of_workers_is_refused_as_the_option_is(value):
    run = nbp.pmap(abs, [], workers=3)

    kind = nbp.BadValue if value in (0, -1) else nbp.BadType
    with pytest.raises(kind, match="workers="):
        run.workers = value
    assert run.workers == 3


@pytest.mark.parametrize("value", ["AUTO", "8", ""])
def test_no_other_word_is_an_option(value):
    with pytest.raises(nbp.BadType, match="workers='auto'"):
        nbp.Options(workers=value)


@pytest.mark.parametrize("value", [4, "auto"])
def test_who_waits_is_one(value):
    called = []
    with pytest.raises(nbp.BadValue, match="there is only one"):
        nbp.pmap(called.append, [1], workers="auto", backend="inline")
    run = nbp.pmap(abs, [], backend="inline")
    with pytest.raises(nbp.BadValue, match="there is only one"):
        run.workers = value
    assert called == []


def test_too_many_processes_are_refused_and_change_nothing():
    run = nbp.pmap(double, [1], workers="auto", backend="processes")
    before = run.workers

    with pytest.raises(nbp.BadValue, match="workers=1000"):
        run.workers = 1000
    assert run.workers == before
    assert run._life.scheduler.limits.follows


def test_a_measurement_has_a_number_from_first_to_last():
    with pytest.raises(nbp.BadValue, match="of workers from first to last"):
        nbp.compare(double, [1, 2], workers="auto")
    run = nbp.pmap(double, range(4), workers="auto")

    assert nbp.compare(run, repeats=1, warmup=False).workers == run.workers
    with nbp.defaults(workers="auto"):
        assert nbp.compare(double, range(4), repeats=1, warmup=False).workers > 1


# -- What is shown ---------------------------------------------------------------------


def test_the_number_is_shown_where_it_changes():
    counts = dict.fromkeys(Status, 0)
    usual = Snapshot("f", State.RUNNING, 9, counts, 1.0, 1.0, 4, widths=((0.0, 4),))
    changed = Snapshot(
        "f", State.RUNNING, 9, counts, 1.0, 1.0, 1, widths=((0.0, 4), (0.5, 1))
    )

    assert "worker" not in text.summary_line(usual)
    assert text.summary_line(changed).endswith("1 worker")
