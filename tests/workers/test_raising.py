"""Tasks that go on after the grace of a cancel, and how far Python lets us end them."""

from __future__ import annotations

import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import nbparallel as nbp
from nbparallel import daemons
from nbparallel.errors import Abandoned
from nbparallel.testing import DEADLINE
from nbparallel.workers.bounds import has_one_lock
from tests.engine.conftest import wait_for
from tests.support.threads import ours

#: Without the GIL nobody can tell where an exception would strike: nothing is ended.
ends = pytest.mark.skipif(
    not has_one_lock(),
    reason="no task is ended without the GIL",
)


def give_up(task, **options):
    """Start *task*, cancel its run once it has begun, and return that when over."""
    begun = threading.Event()

    def told(item):
        begun.set()
        return task(item)

    run = nbp.pmap(told, [1], block=False, progress=False, grace=0.01, **options)
    assert begun.wait(DEADLINE)
    run.cancel()
    assert run.wait(DEADLINE)
    assert run.df["status"].tolist() == ["cancelled"]
    return run


def spin(stop=()):
    while not stop:
        pass


@pytest.fixture
def workers():
    """Return what returns the workers that the test has made and that are alive."""
    known = ours()
    return lambda: {each for each in ours() - known if each.name != "nbparallel-timer"}


@ends
def test_a_loop_in_python_ends_and_cleans_up(workers):
    ended = []

    def task(_):
        try:
            spin()
        except Exception:
            ended.append("an error")
        finally:
            ended.append("cleaned up")

    run = give_up(task)

    wait_for(lambda: not workers())
    assert ended == ["cleaned up"]
    assert run.snapshot().abandoned == 0


@ends
def test_a_call_into_c_ends_when_it_returns_and_nothing_after_it_happens(workers):
    held, after = threading.Lock(), []
    held.acquire()

    def task(_):
        held.acquire()
        after.append(1)

    run = give_up(task)
    assert run.snapshot().abandoned == 1
    assert len(workers()) == 1

    held.release()
    wait_for(lambda: not workers())
    assert (after, run.snapshot().abandoned) == ([], 0)


def test_code_that_holds_locks_for_others_is_left_alone(workers):
    stop, after = [], []
    library = {"__name__": "queue"}
    exec("def spin(stop):\n while not stop: pass", library)

    def task(_):
        library["spin"](stop)
        after.append(1)

    run = give_up(task)
    assert run.snapshot().abandoned == 1

    stop.append(1)
    wait_for(lambda: not workers())
    assert after == [1]


@ends
def test_the_tasks_of_a_nested_run_end_with_it(workers):
    ended = []

    def task(_):
        def inner(number):
            try:
                spin()
            except Abandoned:
                ended.append(number)
                raise

        return nbp.pmap(inner, range(3), workers=3).results

    give_up(task, workers=3)

    wait_for(lambda: not workers())
    assert 1 <= len(ended) <= 3


@ends
def test_the_worker_of_a_task_that_was_ended_is_replaced(workers):
    for _ in range(20):
        give_up(lambda _: spin(), workers=2)
        assert nbp.pmap(abs, range(-50, 0), progress=False, workers=2).results
    wait_for(lambda: not workers())


@ends
def test_no_garbage_is_collected_while_the_frames_are_listed(monkeypatch):
    # CPython 3.11.7 hangs, now and then, if it is.
    list_them, collecting = sys._current_frames, []

    def current_frames():
        collecting.append(gc.isenabled())
        return list_them()

    monkeypatch.setattr(sys, "_current_frames", current_frames)
    give_up(lambda _: spin(), workers=2)
    assert collecting
    assert not any(collecting)
    assert gc.isenabled()


def test_what_is_raised_waits_for_the_first_turn_of_threads_just_started():
    usual, begun = sys.getswitchinterval(), threading.Event()

    def start():
        sys.setswitchinterval(DEADLINE)  # what is started has to wait
        daemons.start("nbparallel-x", begun.set)
        before = begun.is_set()
        daemons.wait_for_births({threading.get_ident()})
        return before

    try:
        with ThreadPoolExecutor(1) as pool:
            had_begun = pool.submit(start).result()
    finally:
        sys.setswitchinterval(usual)

    assert not had_begun
    wait_for(lambda: not daemons._starters)  # those of earlier tests, too
