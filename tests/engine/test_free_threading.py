"""What holds while threads truly run at the same time, as they do without the GIL.

These run on every Python, and strike hardest on a free-threaded one.
"""

from __future__ import annotations

import itertools
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from types import SimpleNamespace

import pytest

import nbparallel as nbp
from nbparallel import notebook
from nbparallel.engine import announcer, hooks
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import FINAL, Status
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.claim import Claim
from tests.engine.conftest import wait_for

MANY = 200_000
WORKERS = 4

say = print  # what tasks print is the subject of some tests


@pytest.fixture(autouse=True)
def _eager_switching():
    """Change threads as often as Python can, where they have to take turns."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@contextmanager
def threads(*calls, pause=0):
    """Call each of *calls* again and again meanwhile; raise what one of them raises.

    Without a *pause* of some seconds between they leave the workers hardly any time.
    """
    done = threading.Event()

    def again(call):
        while not (done.wait(pause) if pause else done.is_set()):
            call()

    with ThreadPoolExecutor(len(calls)) as pool:
        found = [pool.submit(again, call) for call in calls]
        try:
            yield
        finally:
            done.set()
    for each in found:
        each.result()


def check_columns(columns, since):
    """Hold every finished row against what its task must have left there."""
    until = time.time()
    rows = zip(
        columns.items,
        columns.results,
        columns.status,
        columns.started,
        columns.ended,
        strict=True,
    )
    for item, result, status, started, ended in rows:
        if status == Status.OK:
            assert result == -item
            assert since <= columns.epoch + started <= columns.epoch + ended <= until


def check_workers(columns):
    """Check that no worker carried out two tasks at once."""
    spans = zip(columns.workers, columns.started, columns.ended, strict=True)
    for one, other in itertools.pairwise(sorted(spans)):
        assert one[0] != other[0] or one[2] <= other[1]


def test_records_are_whole_under_two_readers():
    for _ in range(10):
        read_while_it_goes_on()


def read_while_it_goes_on():
    since = time.time() - 1e-3  # the clocks of the columns and of `time` differ a bit
    run = nbp.pmap(int.__neg__, range(MANY), workers=WORKERS, block=False)

    def read():
        shot = run.snapshot()
        assert sum(shot.counts.values()) == MANY
        assert all(row.result == -row.item for row in shot.latest)
        assert all(0 <= row.seconds < DEADLINE for row in (*shot.latest, *shot.running))

    with threads(read, read):
        assert run.wait(6 * DEADLINE)

    columns = run.columns()
    assert columns.results == [-number for number in range(MANY)]
    check_columns(columns, since)
    check_workers(columns)


def test_what_a_claim_has_finished_can_be_read_while_it_is_open():
    for _ in range(100):
        before = time.perf_counter()
        call = SimpleNamespace(call=int.__neg__, context=copy_context())
        claim = Claim(call, 0, 0, range(4000), threading.Event())
        worker = threading.Thread(target=carry_out, args=(claim, int.__neg__))
        worker.start()
        while (count := len(claim.ends)) < len(claim.values) or worker.is_alive():
            ends = list(claim.ends[:count])
            assert (since := claim.since) == 0 or since >= before
            assert claim.values[:count] == [-number for number in range(count)]
            assert ends == sorted(ends)
            assert not ends or before <= ends[0]


def test_columns_are_whole_while_the_run_goes_on():
    since = time.time() - 1e-3
    run = nbp.pmap(int.__neg__, range(MANY), workers=WORKERS, block=False)

    with threads(lambda: check_columns(run.columns(), since)):
        assert run.wait(6 * DEADLINE)


def test_every_reader_of_a_run_gets_every_task_once():
    run = nbp.pmap(int.__neg__, range(MANY // 4), workers=WORKERS, block=False)

    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(list, run) for _ in range(2)]

    for each in found:
        assert sorted(each.result()) == [(n, -n, None) for n in range(MANY // 4)]


@pytest.mark.parametrize(
    "lazy",
    [
        lambda items: zip(items, itertools.count()),
        enumerate,
        lambda items: map(lambda *each: each, items, items),
        lambda items: ((each, each) for each in items),
        lambda items: itertools.pairwise([*items, len(items)]),
    ],
    ids=["zip", "enumerate", "map", "generator", "pairwise"],
)
def test_an_iterator_gives_each_item_to_one_worker(lazy):
    items = range(MANY // 10)
    run = nbp.pmap(lambda pair: pair, lazy(items), workers=WORKERS)

    assert run.results == list(lazy(items))


def test_tasks_that_are_taken_back_are_run_once():
    calls = [0] * (MANY // 4)

    def task(number):
        calls[number] += 1
        return -number

    run = nbp.pmap(task, range(len(calls)), workers=WORKERS, block=False)
    with threads(run.pause, run.resume):
        wait_for(lambda: run.snapshot().finished > len(calls) // 2)
    run.resume()

    assert run.wait(6 * DEADLINE)
    assert calls == [1] * len(calls)
    assert run.results == [-number for number in range(len(calls))]


def test_text_is_kept_with_the_task_that_printed_it(capsys):
    def task(number):
        say(number, "begins")
        say(number, "ends", file=sys.stderr)

    run = nbp.pmap(task, range(2000), workers=WORKERS, block=False)

    def read():
        for row in run.snapshot().running:
            assert str(row.task) in row.output or not row.output
        for number, text in run.snapshot().log:
            assert text == f"{number} begins\n{number} ends\n"

    with threads(read, pause=0.001):
        assert run.wait(6 * DEADLINE)

    expected = [f"{number} begins\n{number} ends\n" for number in range(2000)]
    assert run.df["output"].tolist() == expected
    # Several tasks print at once: their pieces come through in any order, none is lost.
    assert sorted(capsys.readouterr().out) == sorted(
        "".join(f"{number} begins\n" for number in range(2000))
    )


@pytest.mark.parametrize("seed", range(20))
def test_counts_add_up_whatever_three_threads_ask_for(seed):
    calls = [0] * random.Random(seed).choice((10, 1000, 10_000))

    def task(number):
        calls[number] += 1  # nobody else carries it out at that time
        if number % 7 == 0:
            raise ValueError(number)
        return -number

    items = iter(range(len(calls))) if seed % 2 else range(len(calls))
    run = nbp.pmap(task, items, workers=WORKERS, block=False, grace=DEADLINE)

    def ask(number):
        chance = random.Random(f"{seed} {number}")
        for _ in range(20):
            with suppress(nbp.StillRunning):
                chance.choice(asked)()

    asked = [run.pause, run.resume, lambda: run.retry(block=False), run.snapshot]
    asked += [run.columns, run.cancel] if seed % 3 else [run.columns]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(ask, range(3)))
    run.resume()

    assert run.wait(6 * DEADLINE)
    columns = run.columns()
    assert all(Status(status) in FINAL for status in columns.status)
    assert list(columns.attempts) == [min(n, 255) for n in calls[: len(columns)]]
    assert sum(run.snapshot().counts.values()) == len(run)
    assert set(columns.errors) == {
        n for n, status in enumerate(columns.status) if status == Status.ERROR
    }


def test_runs_started_in_several_threads_are_all_remembered():
    def start(_):
        return [nbp.pmap(abs, [-1], workers=1) for _ in range(50)]

    with ThreadPoolExecutor(WORKERS) as pool:
        started = [run for some in pool.map(start, range(WORKERS)) for run in some]

    assert set(started) <= set(nbp.runs())


def test_who_comes_while_a_late_hook_is_made_waits_for_it(monkeypatch):
    monkeypatch.setattr(announcer, "_listeners", [])
    hook, made = hooks.Hook(), Gate(then=lambda _: hook)
    hooks.add_late(lambda: made("hook"))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(announcer.listening)
        made.wait_for("hook")
        second = pool.submit(announcer.listening)
        assert not second.done()
        made.open()
        assert first.result() == second.result() == (hook,)
    assert made.started == ["hook"]


def test_the_views_are_connected_once_by_whoever_comes_first(monkeypatch):
    both = threading.Barrier(2)

    class Unconnected:
        def __bool__(self):  # looked at, and not yet changed
            with suppress(threading.BrokenBarrierError):
                both.wait(0.05)
            return False

    made = []
    monkeypatch.setattr(notebook, "_connected", Unconnected())
    monkeypatch.setattr(hooks, "add_late", made.append)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: notebook.connect(), range(2)))

    assert len(made) == 2  # the views, and what keeps IPython's Out light


def test_runs_may_start_while_those_there_are_settled():
    views = notebook.NotebookViews()
    kept = []

    def start():
        kept.append(nbp.defaults())  # something to hang a view on
        views._of(kept[-1])
        if len(kept) % 100 == 0:
            kept.clear()

    with threads(start):
        for _ in range(2000):
            views._settle()
