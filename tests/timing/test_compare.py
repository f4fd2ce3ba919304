"""What `compare` and `sweep` carry out, and what they make of what comes of it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import nullcontext, suppress

import pandas as pd
import pytest
from matplotlib.figure import Figure

import nbparallel as nbp
from nbparallel.engine.run import Run
from nbparallel.kinds import KINDS
from nbparallel.options import Options
from nbparallel.testing import DEADLINE, Gate, Recorder
from nbparallel.types import State
from nbparallel.views import page, text
from nbparallel.work.work import Work
from tests.support.threads import ours

#: Pools that users bring; one forked among other threads would be a warning.
EXECUTORS = {
    "threads of theirs": lambda: ThreadPoolExecutor(2),
    "processes of theirs": lambda: ProcessPoolExecutor(
        2, multiprocessing.get_context("forkserver")
    ),
}


class Calls:
    """A function that notes in which thread it was called on what."""

    def __init__(self, then=None):
        self.seen = []
        self.then = then

    def __call__(self, item):
        self.seen.append((item, threading.current_thread()))
        return self.then(item) if self.then else item


def test_every_leg_goes_over_all_items():
    calls = Calls()
    found = nbp.compare(calls, list("abc"), workers=2, repeats=2)

    assert sorted(item for item, _ in calls.seen) == sorted("abc" * 2 * 3)
    assert found.df["tasks"].tolist() == [3] * 4
    assert found.df["round"].tolist() == [1, 1, 2, 2]
    assert sorted(found.df["how"]) == ["parallel"] * 2 + ["sequential"] * 2
    assert sorted(found.df["workers"]) == [1, 1, 2, 2]


def test_the_sequential_leg_is_one_plain_loop():
    calls = Calls()
    nbp.sweep(calls, range(50), workers=(1,), repeats=1, warmup=False)

    assert [item for item, _ in calls.seen] == list(range(50))
    assert len({thread for _, thread in calls.seen}) == 1


def test_the_parallel_leg_has_so_many_workers():
    together = threading.Barrier(5)
    found = nbp.sweep(
        lambda _: together.wait(DEADLINE), range(5), workers=(5,), repeats=2
    )

    assert not found.failed


def test_a_sweep_measures_every_count_in_every_round():
    found = nbp.sweep(abs, range(5), workers=(4, 1, 2), repeats=3)

    assert found.workers == (1, 2, 4)
    legs = {tuple(row) for row in found.df[["round", "workers"]].to_numpy()}
    assert legs == {(r, w) for r in (1, 2, 3) for w in (1, 2, 4)}
    assert sorted(found.seconds) == sorted(found.speedup) == [1, 2, 4]
    assert found.speedup[1].median == 1


def test_a_lazy_input_is_read_once_and_measured_as_a_whole():
    calls = Calls()
    found = nbp.compare(calls, (n for n in range(4)), workers=2, repeats=1)

    assert found.df["tasks"].tolist() == [4, 4]
    assert len(calls.seen) == 16


def test_items_become_arguments_as_in_pmap():
    seen = []
    rows = pd.DataFrame({"base": [2, 3], "exp": [5, 2]})
    nbp.compare(lambda base, exp: seen.append(base**exp), rows, workers=2, repeats=1)
    nbp.compare(lambda a, b: seen.append(a * b), [(2, 3)], unpack="args", repeats=1)

    assert sorted(set(seen)) == [6, 9, 32]


def test_async_functions_work():
    async def answer(item):
        await asyncio.sleep(0)
        return item

    assert nbp.compare(answer, [1, 2], workers=2, repeats=1).failed == 0


@pytest.mark.parametrize("backend", [*KINDS, *EXECUTORS])
def test_every_backend_can_be_measured(backend):
    with EXECUTORS.get(backend, lambda: nullcontext(backend))() as taken:
        options = {"backend": taken, "repeats": 1}
        found = nbp.compare(abs, [1, 2], workers=2, **options)
        swept = nbp.sweep(abs, [1, 2], workers=(1, 2), **options)

    assert found.failed == 0
    assert swept.df["tasks"].tolist() == [2, 2]
    assert found.plot(Figure().subplots()).get_xlabel() == "seconds"
    assert swept.plot(Figure().subplots()).get_xlabel() == "workers"


@pytest.mark.parametrize("backend", ["threads", "processes", "asyncio"])
def test_coroutines_can_be_measured_on_workers_of_any_kind(backend):
    async def wait(item):
        await asyncio.sleep(0)
        return item

    options = {"backend": backend, "repeats": 1}
    assert nbp.compare(wait, [1, 2], workers=2, **options).failed == 0
    swept = nbp.sweep(wait, [1, 2], workers=(1, 2), **options)
    assert swept.df["failed"].tolist() == [0, 0]


def test_the_parallel_leg_is_that_of_the_backend_and_the_loop_is_here():
    def where(_):
        places.append(os.getpid())

    places = []
    found = nbp.compare(where, [1, 2], workers=2, repeats=1, backend="processes")

    assert found.failed == 0
    assert places == [os.getpid()] * 4  # the warm-up and one round of the loop


def test_coroutines_are_in_one_loop_in_every_leg():
    loops = set()

    async def note(_):
        loops.add(asyncio.get_running_loop())

    nbp.compare(note, [1, 2], workers=2, repeats=1)

    assert len(loops) == 1


def test_failures_of_coroutines_are_counted_in_every_leg():
    async def fail(_):
        raise SystemExit

    found = nbp.compare(fail, [1, 2], workers=2, repeats=1)

    assert found.failed > 0


def test_a_run_is_carried_out_again_as_it_was():
    calls = Calls()
    run = nbp.pmap(calls, list("abc"), workers=3, desc="letters")
    calls.seen.clear()
    found = nbp.compare(run, repeats=1)

    assert run.work.call("d") == calls.seen.pop()[0] == "d"
    assert (found.name, found.workers) == ("letters", 3)
    assert sorted(item for item, _ in calls.seen) == sorted("abc" * 4)
    assert run.results == list("abc")
    assert nbp.sweep(run, workers=(1, 2), repeats=1).df["tasks"].tolist() == [3, 3]


def test_a_function_of_workers_is_called_with_each_count():
    counts = []

    def job(workers):
        counts.append(workers)

    nbp.sweep(job, workers=(1, 2, 3), repeats=2)

    assert sorted(counts) == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_a_function_of_workers_may_be_async():
    counts = []

    async def job(*, workers):
        await asyncio.sleep(0)
        counts.append(workers)

    found = nbp.compare(job, workers=2, repeats=1, warmup=False)

    assert (found.name, sorted(counts)) == ("job", [1, 2])


def test_tasks_of_a_run_that_need_others_do_so_again():
    work = Work("cell", abs, [-1, -2], None, 2, needs={1: [0]})
    run = Run(work, Options(progress=False)).start()
    with Recorder() as recorder:
        nbp.sweep(run, workers=(2, 3), repeats=1, warmup=False)
    started = [each for event, each in recorder.events if event == "run_started"]

    assert [each.work.needs for each in started] == [None, {1: [0]}, {1: [0]}]


def test_a_run_inside_a_function_of_workers_has_them_all():
    together = threading.Barrier(4)

    def job(workers):
        if workers == 4:
            nbp.pmap(lambda _: together.wait(DEADLINE), range(4), workers=workers)

    found = nbp.compare(job, workers=4, repeats=1)

    assert not found.failed
    assert found.baseline == "1 worker"


def test_the_measurement_is_the_last_run_with_a_row_per_leg():
    found = nbp.compare(abs, [1, 2], workers=2, repeats=2)

    assert nbp.last.options.desc == "compare abs"
    assert nbp.last.df["item"].astype(str).tolist()[-2:] == [
        str(timed.leg) for timed in found.legs[-2:]
    ]


# --- failures ------------------------------------------------------------------------


def odd_fails(number):
    if number % 2:
        raise ValueError(number)


def test_no_speedup_is_claimed_where_tasks_failed():
    found = nbp.compare(odd_fails, range(10), workers=2)

    assert found.failed == 5
    assert (found.speedup, found.best, found.fit) == (None, None, None)
    assert "No speed-up is claimed where tasks failed: 5 of 10" in repr(found)
    assert "ValueError: 1" in repr(found)
    assert found.df["failed"].tolist() == [5] * 6
    assert found.df["speedup"].isna().all()
    assert all(isinstance(error, ValueError) for error in found.df["error"])


def test_counts_at_which_tasks_failed_stand_for_nothing():
    busy, lock = set(), threading.Lock()

    def crowded(item):
        with lock:
            busy.add(item)
            alone = len(busy) < 3
        time.sleep(0.002)
        with lock:
            busy.discard(item)
        if not alone:
            message = "too many"
            raise OSError(message)

    found = nbp.sweep(crowded, range(24), workers=(1, 2, 6), repeats=2)

    assert set(found.failed) == {6}
    assert set(found.seconds) == set(found.speedup) == {1, 2}
    assert found.best == 2
    assert found.fit.counts == (1, 2)
    assert "No speed-up is claimed where tasks failed" in repr(found)


def test_a_function_of_workers_that_raises_has_failed():
    def job(workers):
        raise OSError(workers)

    found = nbp.compare(job, workers=2, repeats=1)

    assert found.failed == 1
    assert found.speedup is None


def test_the_first_failure_is_raised_if_asked_for():
    with pytest.raises(ValueError, match="1") as caught:
        nbp.compare(odd_fails, range(4), on_error="raise")

    assert not hasattr(caught.value, "__notes__")  # a leg's number is not a task's


def test_kept_errors_hold_no_results():
    found = nbp.compare(odd_fails, range(4), workers=2, repeats=1)

    for timed in found.legs:
        assert timed.error.__traceback__.tb_frame.f_code is odd_fails.__code__


# --- cancel and interrupt ------------------------------------------------------------


def cancel_in(leg):
    """Return a function that cancels the measurement in its leg of that number."""
    calls = []

    def task(_):
        calls.append(None)
        if len(calls) == 3 * leg:
            nbp.last.cancel()
        return len(calls)

    return task


def test_a_cancelled_comparison_keeps_what_it_has():
    found = nbp.compare(cancel_in(6), list("abc"), workers=1, repeats=3)

    assert nbp.last.state is State.CANCELLED
    assert len(found.legs) == 3
    assert found.planned == 6
    assert found.speedup.count == 1
    assert "Cancelled after 3 of 6 legs." in repr(found)


def test_a_cancelled_sweep_keeps_what_it_has():
    found = nbp.sweep(cancel_in(10), list("abc"), workers=(1, 2, 3), repeats=3)

    assert nbp.last.state is State.CANCELLED
    assert len(found.legs) == 6
    assert sorted(found.speedup) == [1, 2, 3]
    assert len(found.df) == 6
    assert "Cancelled after 6 of 9 legs." in repr(found)


def test_a_measurement_is_not_retried():
    nbp.sweep(cancel_in(1), list("abc"), workers=(1, 2))
    run, before = nbp.last, nbp.last.snapshot()

    for block in True, False:
        with pytest.raises(nbp.UsageError, match=r"Call nbp\.sweep again"):
            run.retry(block=block)
    assert run.snapshot() == before
    assert before.state is State.CANCELLED
    assert "retry" not in text.plain(before) + page.static(before)


def test_cancelled_in_the_warm_up_there_is_nothing():
    found = nbp.sweep(cancel_in(1), list("abc"), workers=(1, 2))

    assert found.legs == ()
    assert (found.best, found.fit, found.speedup) == (None, None, {})
    assert "not measured" in repr(found)
    assert found.df.dtypes.equals(nbp.sweep(abs, [1], workers=(1, 2)).df.dtypes)
    found.plot()


@pytest.mark.parametrize("count", [1, 2])
def test_cancel_leaves_tasks_that_do_not_stop_behind(count):
    gate, found = Gate(), []

    def measure():
        options = {"workers": (count,), "grace": 0.01, "progress": False}
        found.append(nbp.sweep(gate, range(20), **options))

    thread = threading.Thread(target=measure)
    thread.start()
    gate.wait_for_count(count)
    nbp.last.cancel()
    thread.join(DEADLINE)
    started = len(gate.started)
    gate.open()
    for worker in ours():
        worker.join(DEADLINE)

    assert found[0].legs == ()
    assert len(gate.started) == started == count


def test_an_interrupt_is_raised_and_the_legs_are_rows_of_the_last_run():
    calls = []

    def task(_):
        calls.append(None)
        if len(calls) == 9:
            signal.raise_signal(signal.SIGINT)
            nbp.sleep(DEADLINE)

    with pytest.raises(KeyboardInterrupt):
        nbp.compare(task, list("abc"), workers=1)

    statuses = nbp.last.df["status"].astype(str).tolist()
    assert statuses == ["ok"] * 2 + ["cancelled"] * 6


def test_the_next_measurement_works_after_a_cancelled_one():
    with suppress(KeyboardInterrupt):
        nbp.compare(cancel_in(1), list("abc"))

    assert len(nbp.compare(abs, [1]).legs) == 6
