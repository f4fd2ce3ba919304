"""The rate at which tasks start."""

from __future__ import annotations

import bisect
import threading
import time

import pytest

import nbparallel as nbp
from nbparallel.rates import SLACK
from nbparallel.testing import DEADLINE
from nbparallel.types import State
from tests.engine.conftest import PARALLEL, wait_for


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def most_within(starts, seconds):
    """Return the most of the sorted *starts* that lie within so many seconds."""
    return max(
        bisect.bisect_left(starts, start + seconds) - place
        for place, start in enumerate(starts)
    )


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [
        ("10/s", 10, 1),
        ("600/min", 600, 60),
        (" 1000 / hour ", 1000, 3600),
        ("5/10s", 5, 10),
        ("2.5/sec", 3, 1),
        ("90/2 minutes", 90, 120),
    ],
)
@pytest.mark.parametrize("step", [0.0001, 0.013, 0.7])
def test_no_stretch_of_time_has_more_starts(text, count, seconds, step):
    clock, starts = Clock(), []
    rate = nbp.Rate(text, clock=clock)

    while clock.now < 100 + 3 * seconds and len(starts) < 500:
        if rate.take():
            starts.append(clock.now)
        else:  # as late as a timer may be
            clock.now += max(rate.left(), 1e-9) + (step if len(starts) % 3 else 0)

    assert most_within(starts, seconds) <= count
    if step < SLACK:  # what is a little late puts off nothing
        pace = (starts[-1] - starts[0]) / (len(starts) - 1)
        assert pace < 1.01 * (seconds + SLACK) / float(text.split("/")[0])


def test_what_was_not_started_is_not_made_up_for():
    clock = Clock()
    rate = nbp.Rate("10/s", clock=clock)
    assert rate.take()
    clock.now += 50

    taken = 0
    while rate.take():
        taken += 1

    assert taken == 1


@pytest.mark.parametrize("kind", PARALLEL)
def test_tasks_start_at_the_rate_over_all_workers(kind):
    run = nbp.pmap(abs, range(30), backend=kind, workers=8, rate="100/s")

    assert run.state is State.DONE
    assert run.results == list(range(30))
    starts = sorted(run.df["started"].astype("int64") / 1e6)
    # The first may have waited for its worker to come.
    assert starts[-1] - starts[1] >= 28 * 0.01 - 0.1


def test_inline_too():
    run = nbp.pmap(abs, range(10), backend="inline", rate="100/s")

    starts = sorted(run.df["started"].astype("int64") / 1e6)
    assert starts[-1] - starts[0] >= 9 * 0.01 - SLACK


def test_a_lazy_input_is_read_at_the_rate():
    run = nbp.pmap(abs, iter(range(20)), workers=4, rate="100/s")

    assert run.results == list(range(20))


def test_runs_share_a_rate():
    rate = nbp.Rate("100/s")
    begun = time.perf_counter()

    runs = [nbp.pmap(abs, range(15), rate=rate, block=False) for _ in range(2)]
    assert all(run.wait(DEADLINE) for run in runs)

    assert time.perf_counter() - begun >= 29 * 0.01 - SLACK


def test_what_is_tried_again_starts_at_the_rate_too():
    starts = []

    def task(number):
        starts.append(time.perf_counter())
        if len(starts) <= 10:
            raise ValueError
        return number

    nbp.pmap(task, range(10), workers=4, rate="50/s", retries=9, backoff=0)

    assert len(starts) > 15
    assert max(starts) - min(starts) >= (len(starts) - 1) * 0.02 - 2 * SLACK


def test_a_snapshot_says_that_the_rate_holds_it_back():
    run = nbp.pmap(abs, range(1000), workers=4, rate="1/min", block=False)
    wait_for(lambda: run.snapshot().held_by == "1/min")
    run.cancel()

    assert run.wait(DEADLINE)
    assert run.snapshot().held_by == ""


def test_workers_that_are_all_busy_are_what_holds_it_back():
    gate = threading.Event()
    run = nbp.pmap(lambda _: gate.wait(), range(9), workers=1, rate="9/s", block=False)
    wait_for(lambda: run.snapshot().running)

    assert run.snapshot().held_by == ""
    run.cancel()
    gate.set()


@pytest.mark.parametrize(
    ("rate", "error", "cure"),
    [
        ("ten", nbp.BadValue, "rate='10/s'"),
        ("0/s", nbp.BadValue, "more than 0"),
        ("1/0s", nbp.BadValue, "more than 0"),
        ("5/parsec", nbp.BadValue, "rate='600/min'"),
        (5, nbp.BadType, "rate='10/s'"),
    ],
)
def test_what_is_no_rate_is_refused(rate, error, cure):
    called = []

    with pytest.raises(error, match=cure):
        nbp.pmap(called.append, [1], rate=rate)
    assert called == []


def test_idle_workers_are_woken_while_others_are_at_it_for_long(go, gate):
    # When nobody who has a task comes back to ask for the next one
    run = go(gate, range(5), backend="threads", workers=8, rate="50/s")

    gate.wait_for_count(5)
    gate.open()
    assert run.wait(DEADLINE)
