"""Runs that keep nothing of what has ended: the same outcomes, in constant memory."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from collections import Counter

import pytest

import nbparallel as nbp
from nbparallel.engine import feed
from nbparallel.types import State, Status
from tests.engine.conftest import wait_for
from tests.support.soaking import often

COUNT = 3000
#: How many tasks the memory of a run is measured over.
MANY = often(60_000, 5_000_000)


def some_fail(item):
    if item % 100 == 7:
        raise ValueError(item)
    return item * 2


def passing(fn, items, **options):
    return nbp.pmap(fn, items, keep_results=False, **options)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("lazy", [False, True])
def test_everything_is_counted(lazy):
    items = iter(range(COUNT)) if lazy else range(COUNT)
    run = passing(some_fail, items)
    counts = run.snapshot().counts
    assert counts[Status.OK] == COUNT - COUNT // 100
    assert counts[Status.ERROR] == COUNT // 100
    assert sum(counts.values()) == len(run) == COUNT
    assert sorted(run.errors) == list(range(7, COUNT, 100))
    assert run.metrics.busy > 0


@pytest.mark.parametrize("ordered", [False, True])
def test_a_loop_has_every_row(backend, ordered):
    if backend == "inline":
        pytest.skip("the loop is the worker: tests/engine/test_contract.py has it")
    items = (n for n in range(COUNT))
    run = passing(some_fail, items, ordered=ordered, block=False)
    seen = Counter()
    last = -1
    for item, result, error in run:
        seen[item] += 1
        assert result == (None if error else item * 2)
        assert not ordered or item == last + 1
        last = item
    assert seen == Counter(range(COUNT))


def test_a_loop_that_is_slow_holds_the_run_back():
    run = passing(some_fail, (n for n in range(10**9)), block=False)
    rows = iter(run)
    for _ in range(50):
        next(rows)
    wait_for(lambda: len(run) > 1000)
    assert len(run) < 3000
    assert next(rows)
    run.cancel()


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("stop", [1, 100, 900, 1100, 3000])
def test_a_loop_goes_on_where_the_last_one_stopped(stop, ordered):
    run = passing(
        some_fail, (n for n in range(COUNT)), ordered=ordered, block=False, workers=2
    )
    seen = []
    for item, _, _ in run:
        seen.append(item)
        if len(seen) == stop:
            break
    seen += [item for item, _, _ in run]
    assert sorted(seen) == list(range(COUNT))
    assert run.state is State.DONE
    assert list(run) == []


def test_who_falls_behind_is_refused_and_the_others_go_on():
    run = passing(some_fail, (n for n in range(2 * COUNT)), block=False, workers=2)
    late = iter(run)
    had = {next(late)[0]}
    had |= {item for item, _, _ in run}
    assert had == {*range(2 * COUNT)}
    with pytest.raises(nbp.UsageError, match="keep_results=False"):
        next(late)


def test_a_reader_that_is_refused_while_it_waits_cancels_nothing(monkeypatch):
    run = passing(some_fail, (n for n in range(COUNT)), block=False, workers=2)
    scheduler = run._life.scheduler

    def refuse(*_):
        raise nbp.BadValue

    def wait(ready):
        patch.setattr(scheduler.records, "completed", refuse)
        return run._wait_for(ready)

    with monkeypatch.context() as patch:
        patch.setattr(scheduler.records, "completed", lambda *_: None)
        with pytest.raises(nbp.BadValue):
            next(feed.as_completed(scheduler, wait))
    assert len([*run]) == COUNT
    assert run.state is State.DONE


def test_results_items_and_errors_are_let_go():
    class Big:
        pass

    made = []

    def task(item):
        found = Big()
        made.append(weakref.ref(found))
        if item[0] % 2:
            raise ValueError(found)
        return found

    def items():
        for number in range(10_000):
            yield number, big(made)

    def big(those):
        found = Big()
        those.append(weakref.ref(found))
        return found

    run = passing(task, items())
    gc.collect()
    assert len(run) == 10_000
    kept = sum(ref() is not None for ref in made)
    assert kept < 8500  # 20000 were made; the last rows and the first errors stay


def test_retries_go_on():
    tried = Counter()

    def flaky(item):
        tried[item] += 1
        if item % 10 == 0 and tried[item] < 3:
            raise OSError(item)
        if item % 10 == 1:
            raise ValueError(item)
        return item

    run = passing(
        flaky, iter(range(300)), retries=2, backoff=0, retry_on=OSError, block=False
    )
    found = {item: error for item, _, error in run}
    assert len(found) == 300
    assert sum(error is not None for error in found.values()) == 30
    assert run.snapshot().counts[Status.OK] == 270
    assert all(tried[n] == (3 if n % 10 == 0 else 1) for n in range(300))


@pytest.mark.usefixtures("backend")
def test_a_cancel_adds_up(gate, go):
    run = go(gate, range(100), keep_results=False, grace=0.01)
    gate.wait_for_count(1)
    run.cancel()
    gate.open()
    run.wait()
    assert sum(run.snapshot().counts.values()) == 100


def test_what_is_gone_is_refused_with_a_way_out():
    run = passing(some_fail, range(COUNT))
    for ask in (
        lambda: run.df,
        run.columns,
        lambda: run.attempts,
        lambda: list(run),
    ):
        with pytest.raises(nbp.UsageError, match=r"keep_results=False .*nbp\.read_jou"):
            ask()
    with pytest.raises(nbp.UsageError, match="nothing is kept that could be retried"):
        run.retry()
    with pytest.raises(nbp.UsageError):
        _ = run.results
    run.forget()
    assert len(run) == COUNT


def test_the_end_shows_the_first_and_the_last():
    from nbparallel.views import text

    shown = text.plain(passing(some_fail, range(COUNT)).snapshot())
    assert "     0  ok" in shown
    assert f"{COUNT // 100} failed" in shown
    assert "retry" not in shown


def test_with_a_journal_all_of_it_is_in_the_file(tmp_path):
    path = tmp_path / "run.db"
    with_journal = {"journal": path, "workers": 2}
    run = passing(some_fail, iter(range(COUNT)), **with_journal)
    table = nbp.read_journal(path)
    assert table["item"].tolist() == list(range(COUNT))
    assert table["status"].value_counts().to_dict()["error"] == COUNT // 100

    again = passing(some_fail, iter(range(COUNT)), **with_journal)
    assert again.metrics.restored == run.snapshot().counts[Status.OK]
    assert len(again.errors) == COUNT // 100


def test_workers_wait_for_a_disk_that_is_slower(tmp_path, monkeypatch):
    from nbparallel.journal import writer
    from nbparallel.journal.journal import Journal

    monkeypatch.setattr(writer, "MUCH", 3)
    disk, write, done = threading.Event(), Journal.write, []

    def late(*args):
        disk.wait()
        return write(*args)

    def task(item):
        done.append(item)
        return nbp.sleep(0.001)  # one at a time

    monkeypatch.setattr(Journal, "write", late)
    path = tmp_path / "run.db"
    run = passing(task, range(300), workers=2, journal=path, block=False)
    before = None
    while before != len(done):
        before = len(done)
        run.wait(0.3)
    assert before < 300
    disk.set()
    assert run.wait(30)
    assert len(nbp.read_journal(path)) == 300


#: Says by how many megabytes the memory of a run has grown after its first tasks.
GROWTH = """
import resource, sys
import nbparallel as nbp

count, early = int(sys.argv[1]), []

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def numbers():
    for number in range(count):
        if number == max(20_000, count // 20):
            early.append(peak())
        yield number

def task(number):
    if number % 100 == 0:
        raise ValueError(number)
    return number

run = nbp.pmap(task, numbers(), keep_results=False, workers=4, progress=False)
assert len(run) == count, run
assert len(run) - run.snapshot().failed == count - count // 100, run
print(peak() - early[0])
"""


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform == "win32", reason="asks for memory as Unix does")
def test_memory_does_not_grow_with_the_number_of_tasks():
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(MANY)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) < 50
