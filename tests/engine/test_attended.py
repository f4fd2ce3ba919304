"""Who adds tasks waits for them, and ends those that last too long."""

from __future__ import annotations

import pytest

import nbparallel as nbp
from nbparallel.engine.open_run import OpenRun
from nbparallel.options import resolve
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State
from nbparallel.work.work import Work
from tests.engine.conftest import hang, wait_for


@pytest.fixture(params=["threads", "asyncio", "processes"])
def backend(request):
    return request.param


@pytest.fixture
def opened():
    runs = []

    def start(call, **options):
        told = []
        work = Work("open", call, [], None, None, open=True, once=True)
        chosen = resolve({"block": False, "grace": 0, **options})
        runs.append(OpenRun(work, chosen, tell=told.extend).start())
        return runs[-1], told

    yield start
    for run in runs:
        run.cancel()


def hang_at_odd(item):
    if item % 2:
        hang()
    return item


@pytest.mark.usefixtures("backend")
def test_what_goes_on_ends_with_a_timeout_and_its_worker_is_replaced(opened):
    run, told = opened(hang_at_odd, workers=2)
    for item in (1, 3, 5, 0, 2):
        run.add(item)
    wait_for(lambda: run.snapshot().counts[nbp.types.Status.RUNNING] == 2)
    run.expire([0, 1, 2], "not done after supper")
    with run.attended() as until:
        assert until(lambda: len(told) == 5, DEADLINE)
    run.close()
    assert run.wait()
    assert run.df["status"].tolist() == ["timeout"] * 2 + ["cancelled"] + ["ok"] * 2
    assert str(run.errors[0]) == "not done after supper"
    assert sorted(end.task for end in told) == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("backend")
def test_it_is_not_tried_again(opened):
    run, told = opened(hang_at_odd, workers=2, retries=5, backoff=0)
    run.add(1)
    wait_for(lambda: run.snapshot().counts[nbp.types.Status.RUNNING] == 1)
    run.expire([0], "not done")
    with run.attended() as until:
        assert until(lambda: told, DEADLINE)
    run.add(0)
    run.close()
    assert run.wait()
    assert [end.task for end in told] == [0, 1]
    assert run.df["attempts"].tolist() == [1, 1]


def test_what_has_ended_stays_as_it_is(opened):
    run, told = opened(hang_at_odd)
    run.add(0)
    with run.attended() as until:
        assert until(lambda: told, None)
    run.expire([0], "not done")
    run.close()
    assert run.results == [0]
    assert len(told) == 1


def test_a_wait_ends_with_its_time_or_with_the_run(opened):
    gate = Gate()
    run, told = opened(gate)
    run.add(1)
    with run.attended() as until:
        assert not until(lambda: told, 0.01)
        run.pause()
        assert not until(lambda: told, 0)
        run.resume()
        run.cancel()
        assert until(lambda: False, DEADLINE)
    assert run.state is State.CANCELLED
    gate.open()


def test_what_is_told_of_ends_once_and_is_not_retried(opened):
    run, _ = opened(hang_at_odd)
    run.add("no number")
    run.close()
    assert run.wait()
    assert run.df["status"].tolist() == ["error"]
    with pytest.raises(nbp.UsageError, match="open each task is told of once"):
        run.retry()
    assert run.snapshot().once
