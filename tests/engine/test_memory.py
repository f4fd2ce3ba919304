"""What a run keeps, and how it is let go."""

from __future__ import annotations

import gc
import traceback
import tracemalloc
import weakref

import pytest

import nbparallel as nbp
from nbparallel.records import failures
from nbparallel.testing import DEADLINE
from nbparallel.types import Status
from tests.engine.conftest import wait_for


class Big:
    """A result that tells when nobody has it any more."""

    def __repr__(self):
        return "<Big>"


def fail(number):
    kept_by_the_frame = Big()
    gone.append(weakref.ref(kept_by_the_frame))
    raise ValueError(number)


gone = []


@pytest.fixture(autouse=True)
def _clean():
    gone.clear()


def alive():
    gc.collect()
    return sum(ref() is not None for ref in gone)


def test_forgetting_lets_go_of_results_and_frames():
    def task(number):
        if number == 1:
            fail(number)
        made = Big()
        gone.append(weakref.ref(made))
        return made

    run = nbp.pmap(task, range(5))
    assert alive() == 5
    run.forget()
    wait_for(lambda: not alive())

    # What was counted, timed and shown stays
    assert repr(run) == "<Run task: done, 4 ok, 1 error>"
    assert run.df["status"].tolist() == ["ok", "error", "ok", "ok", "ok"]
    assert run.df["seconds"].notna().all()
    assert run.df["result"].isna().all()
    assert repr(run.errors[1]) == "ValueError(1)"
    assert repr(run.snapshot().first[0].result) == "<Big>"
    with pytest.raises(ValueError, match="1"):
        _ = run.results


def test_forgetting_takes_no_memory():
    run = nbp.pmap(bytes, [50_000_000, 50_000_000])
    tracemalloc.start()
    try:
        run.forget()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 1_000_000


def test_a_run_that_goes_on_forgets_nothing(gate, go):
    run = go(gate, [1])
    gate.wait_for(1)
    with pytest.raises(nbp.UsageError, match=r"run\.wait\(\), run\.forget\(\)"):
        run.forget()
    gate.open()
    assert run.wait(DEADLINE)


def test_what_was_forgotten_can_be_made_again():
    broken = [1]

    def task(number):
        if number in broken:
            raise ValueError(number)
        return number

    run = nbp.pmap(task, range(3))
    run.forget()
    broken.clear()
    run.retry()

    assert run.snapshot().counts[Status.OK] == 3
    assert run.df["result"].isna().tolist() == [True, False, True]
    with pytest.raises(nbp.UsageError, match="forget"):
        _ = run.results
    with pytest.raises(nbp.UsageError, match="forget"):
        list(run)


def test_the_first_failures_keep_their_frames_and_the_others_their_text(monkeypatch):
    monkeypatch.setattr("nbparallel.records.store.MOST_FRAMES", 10)
    run = nbp.pmap(fail, range(30), workers=1)

    assert alive() == 10
    error = run.errors[25]
    assert error.args == (25,)
    assert error.__traceback__ is None
    told = "".join(traceback.format_exception(error))
    assert "in fail" in told
    assert "raise ValueError(number)" in told
    assert run.errors[3].__traceback__ is not None


def test_frames_of_the_first_thousand_failures_are_kept():
    run = nbp.pmap(fail, range(1500), workers=1)

    assert alive() == 1000
    assert run.errors[999].__traceback__ is not None
    assert run.errors[1000].__traceback__ is None


def test_text_stands_for_the_frames_of_a_whole_chain():
    def outer():
        try:
            fail(1)
        except ValueError as error:
            message = "outer"
            raise KeyError(message) from error

    try:
        outer()
    except KeyError as error:
        caught = error
    failures.without_frames(caught)

    assert alive() == 0
    told = "".join(traceback.format_exception(caught))
    assert told.index("ValueError: 1") < told.index("KeyError: 'outer'")
    assert "in outer" in told
    assert "in fail" in told


def test_an_error_that_cannot_be_changed_is_left_alone():
    class Locked(Exception):
        def __setattr__(self, *_):
            raise RuntimeError

    failures.without_frames(Locked())
