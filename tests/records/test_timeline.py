"""When which worker was busy: bounded, and nothing that failed is lost in it."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest

import nbparallel as nbp
from nbparallel.records.bars import MOST
from nbparallel.records.store import Finished
from nbparallel.records.timeline import LANES, WINDOW, Timeline
from nbparallel.types import MISSING, Status

ONE = [(0.0, 1)]


def batch(first, begun, ends, *, worker=0, failures=None):
    return Finished(
        first=first,
        worker=worker,
        values=[MISSING] * len(ends),
        begun=begun,
        ends=array("d", ends),
        failures={
            offset: (status, ValueError())
            for offset, status in (failures or {}).items()
        },
        texts={},
    )


def timeline_of(*batches):
    made = Timeline(lambda instant: instant)
    for each in batches:
        made.took(each)
    return made


def bars_of(strip):
    return [bar for lane in strip.lanes for bar in lane]


def evenly(tasks, seconds, *, workers=1, every=0):
    """A run of tasks that all took the same, of which some failed."""
    made = Timeline(lambda instant: instant)
    for task in range(tasks):
        place, worker = divmod(task, workers)
        status = {0: Status.ERROR} if every and task % every == 0 else {}
        begun = place * seconds
        made.took(batch(task, begun, [begun + seconds], worker=worker, failures=status))
    return made, -(-tasks // workers) * seconds


def test_a_run_that_has_not_begun_has_no_strip():
    assert timeline_of().strip(0.0, widths=ONE) is None


def test_tasks_have_a_bar_each_while_there_is_room():
    (lane,) = timeline_of(batch(5, 1.0, [2.0, 2.5])).strip(3.0, widths=ONE).lanes

    assert lane == ((1.0, 2.0, "ok", 5, 1, 0), (2.0, 2.5, "ok", 6, 1, 0))


def test_tasks_that_are_too_short_to_be_told_apart_have_a_bar_together():
    ends = [n / 10_000 for n in range(1, 6)]
    (bar,) = bars_of(timeline_of(batch(0, 0.0, ends)).strip(1.0, widths=ONE))

    assert bar == (0.0, 0.0005, "ok", 0, 5, 0)


def test_short_tasks_of_many_batches_have_a_bar_together_until_somebody_looks():
    batches = [batch(n, n / 10_000, [(n + 1) / 10_000]) for n in range(5)]
    made = timeline_of(*batches)
    (bar,) = bars_of(made.strip(1.0, widths=ONE))

    assert bar[:5] == (0.0, pytest.approx(0.0005), "ok", 0, 5)
    made.took(batch(9, 0.9, [1.0]))
    assert [bar.tasks for bar in bars_of(made.strip(1.0, widths=ONE))] == [5, 1]


def test_a_worker_that_did_nothing_for_a_while_has_a_gap():
    strip = timeline_of(batch(0, 0.0, [1.0]), batch(1, 4.0, [5.0])).strip(
        5.0, widths=ONE
    )
    assert [(bar.begin, bar.end) for bar in bars_of(strip)] == [(0.0, 1.0), (4.0, 5.0)]
    assert strip.share == pytest.approx(0.4)


@pytest.mark.parametrize("workers", [1, 7, 32, 33, 1000])
def test_however_many_tasks_there_are_few_bars_and_every_failure_counts(workers):
    made, end = evenly(30_000, 0.05, workers=workers, every=100)
    strip = made.strip(end, widths=[(0.0, workers)], whole=True)
    bars = bars_of(strip)

    assert len(bars) <= MOST
    assert len(strip.lanes) <= LANES
    assert sum(bar.tasks for bar in bars) == 30_000
    assert sum(bar.failed for bar in bars) == strip.failures == 300
    assert all((bar.status == "error") == (bar.failed > 0) for bar in bars)
    assert strip.share == pytest.approx(1.0, abs=0.05)


def test_one_batch_of_a_million_tasks_makes_few_bars():
    ends = [(n + 1) / 1000 for n in range(1_000_000)]
    failures = dict.fromkeys(range(0, 1000000, 1000), Status.ERROR)
    made = timeline_of(batch(0, 0.0, ends, failures=failures))
    bars = bars_of(made.strip(1000.0, widths=ONE, whole=True))

    assert len(bars) <= MOST
    assert sum(bar.tasks for bar in bars) == 1_000_000
    assert sum(bar.failed for bar in bars) == 1000
    for before, after in pairwise(bars):
        assert before.first + before.tasks == after.first


def test_what_it_keeps_does_not_grow_with_the_run():
    made, _ = evenly(20_000, 0.05, workers=4)

    assert made._past.count + made._recent.count <= 2 * MOST + 1


def test_a_run_that_goes_on_shows_its_last_minute_finer_than_the_whole():
    made, end = evenly(20_000, 0.5)
    recent = made.strip(end, widths=ONE)
    whole = made.strip(end, widths=ONE, whole=True)

    assert (recent.since, recent.until) == (end - WINDOW, end)
    assert all(bar.end >= recent.since for bar in bars_of(recent))
    assert sum(bar.tasks for bar in bars_of(recent)) <= 2 * (WINDOW / 0.5 + 1)
    assert all(bar.tasks == 1 for bar in bars_of(recent)[-100:])
    assert whole.since == 0
    assert sum(bar.tasks for bar in bars_of(whole)) == 20_000


def test_what_is_cancelled_is_no_failure():
    strip = timeline_of(
        batch(0, 0.0, [1.0, 2.0], failures={1: Status.CANCELLED})
    ).strip(2.0, widths=ONE)

    assert [bar.status for bar in bars_of(strip)] == ["ok", "cancelled"]
    assert strip.failures == 0
    assert strip.failing is None


def test_of_a_bar_of_several_the_first_failure_tells_how():
    failures = {1: Status.CANCELLED, 2: Status.TIMEOUT, 3: Status.ERROR}
    ends = [0.0001, 0.0002, 0.0003, 0.0004]
    strip = timeline_of(batch(0, 0.0, ends, failures=failures)).strip(1.0, widths=ONE)

    assert bars_of(strip) == [(0.0, 0.0004, "timeout", 0, 4, 2)]
    assert strip.failing == (0.0003, 0.0004)


def test_what_goes_on_is_at_the_end_of_its_lane():
    made = timeline_of(batch(0, 0.0, [1.0]))
    strip = made.strip(3.0, [(1.0, 7, 0), (2.0, 8, 2)], widths=[(0.0, 3)])

    assert strip.lanes[0][-1] == (1.0, 3.0, "running", 7, 1, 0)
    assert strip.lanes[1] == ()
    assert strip.lanes[2] == ((2.0, 3.0, "running", 8, 1, 0),)
    assert strip.running == 2
    assert strip.share == pytest.approx((1 + 2 + 1) / 9)


def test_of_a_thousand_that_go_on_each_lane_has_one_bar():
    going = [(1 + worker / 1000, worker, worker) for worker in range(1000)]
    strip = timeline_of().strip(3.0, going, widths=[(0.0, 1000)])

    assert all(len(lane) == 1 for lane in strip.lanes)
    assert sum(bar.tasks for bar in bars_of(strip)) == strip.running == 1000


def test_workers_that_came_later_could_not_be_busy_before():
    made = timeline_of(batch(0, 0.0, [4.0]), batch(1, 2.0, [4.0], worker=1))

    assert made.strip(4.0, widths=[(0.0, 1), (2.0, 2)]).share == pytest.approx(1.0)
    assert made.strip(4.0, widths=[(0.0, 2)], guessed=True).share is None


@pytest.mark.parametrize("begun", [float("nan"), float("-inf"), -5.0])
@pytest.mark.parametrize("end", [float("nan"), float("inf"), -9.0])
def test_a_clock_that_is_mad_does_no_harm(begun, end):
    made = timeline_of(*(batch(n, begun, [end]) for n in range(3 * MOST)))

    made.strip(1.0, widths=ONE, whole=True)
    assert made._recent.count <= MOST
    assert made._past.count <= MOST


# -- Of runs --------------------------------------------------------------------------


def odd(number):
    if number % 10 == 3:
        raise ValueError(number)


def test_a_run_has_a_strip_and_a_retry_goes_on_in_it():
    run = nbp.pmap(odd, range(1000), workers=4, progress=False)
    before = run.snapshot().strip
    run.retry()
    after = run.snapshot().strip

    assert sum(bar.tasks for bar in bars_of(before)) == 1000
    assert before.failures == 100
    assert sum(bar.tasks for bar in bars_of(after)) == 1100
    assert after.failures == sum(bar.failed for bar in bars_of(after)) == 200
    assert after.until > before.until
    assert after.failing[1] <= after.until


def test_what_a_journal_has_is_not_in_it(tmp_path):
    path = tmp_path / "odd.nbp"
    nbp.pmap(odd, range(100), progress=False, journal=path)
    strip = nbp.pmap(odd, range(100), progress=False, journal=path).snapshot().strip

    assert sum(bar.tasks for bar in bars_of(strip)) == 10
