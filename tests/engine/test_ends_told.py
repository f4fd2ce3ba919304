"""A face hears of each task of its run, once, how it has ended for good."""

from __future__ import annotations

from dataclasses import replace

import pytest

import nbparallel as nbp
from nbparallel.engine.open_run import OpenRun
from nbparallel.options import resolve
from nbparallel.testing import Gate
from nbparallel.types import MISSING
from nbparallel.work.work import Work
from tests.engine.conftest import APART, PARALLEL, carry_on, wait_for

pytestmark = pytest.mark.usefixtures("backend")


@pytest.fixture
def opened():
    """Start a run to which tasks can be added; return it and what it tells."""
    runs = []

    def start(call, **options):
        told = []
        work = Work("open", call, [], None, None, open=True)
        chosen = resolve({"block": False, **options})
        run = OpenRun(work, chosen, tell=told.extend).start()
        runs.append(run)
        carry_on(run)
        return run, told

    yield start
    for run in runs:
        run.cancel()


def half(item):
    if item % 2:
        raise ValueError(item)
    return item // 2


def test_of_each_task_its_result_or_its_error(opened):
    run, told = opened(half)
    for item in range(100):
        assert run.add(item) == item
    run.close()
    assert run.wait()
    assert sorted(each.task for each in told) == list(range(100))
    for end in told:
        if end.task % 2:
            assert end.result is MISSING
            assert isinstance(end.error, ValueError)
        else:
            assert (end.result, end.error) == (end.task // 2, None)


def test_once_although_it_is_tried_again(opened):
    run, told = opened(half, retries=2, backoff=0)
    for item in range(20):
        run.add(item)
    run.close()
    assert run.wait()
    assert sorted(each.task for each in told) == list(range(20))
    assert run.df["attempts"].tolist() == [1, 3] * 10


@pytest.mark.parametrize("backend", PARALLEL)
def test_of_what_is_withdrawn_and_what_a_cancel_takes(opened):
    gate = Gate()
    run, told = opened(gate, workers=1, grace=5)
    for item in range(5):
        run.add(item)
    gate.wait_for(0)
    assert run.withdraw(3)
    assert not run.withdraw(0)
    assert [each.task for each in told] == [3]
    run.cancel()
    gate.open()
    assert run.wait()
    wait_for(lambda: len(told) == 5)
    assert sorted(each.task for each in told) == list(range(5))
    lost = {each.task for each in told if isinstance(each.error, nbp.TaskCancelled)}
    assert lost >= {1, 2, 3, 4}


@pytest.mark.parametrize("backend", PARALLEL)
def test_at_once_where_claims_have_one_task_each():
    """A quick task's end is not kept back by one that hangs behind it."""
    gate, told = Gate(), []
    work = Work(
        "open", lambda item: gate(item) if item == 400 else item, [], None, None
    )
    work = replace(work, open=True, singly=True)
    chosen = resolve({"block": False, "workers": 1, "grace": 0.1})
    run = OpenRun(work, chosen, tell=told.extend)
    for item in range(2000):
        run.add(item)
    run.start()
    gate.wait_for(400)
    wait_for(lambda: len(told) == 400)
    gate.open()
    run.close()
    assert run.wait()


@pytest.mark.parametrize("backend", [each for each in PARALLEL if each not in APART])
def test_a_closed_run_is_opened_again_by_a_task_that_a_retry_has_begun():
    broken = [True]

    def task(item):
        if item == 1:
            if broken:
                raise ValueError(broken.pop())
            run.open_again()
            assert run.add(2) == 1
            run.close()
        return item

    work = Work("open", task, [], None, None, open=True)
    run = OpenRun(work, resolve({"block": False}), tell=list).start()
    run.add(1)
    run.close()
    assert run.wait()
    run.retry(block=True)
    assert run.results == [1, 2]
