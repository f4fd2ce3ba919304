"""Whatever raises on the way, a run ends, and everybody hears of it."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import pytest

import nbparallel as nbp
from nbparallel.engine import capture, hooks
from nbparallel.testing import Recorder
from nbparallel.types import State
from tests.engine import pools
from tests.engine.conftest import wait_for
from tests.support.threads import ours

pytestmark = pytest.mark.usefixtures("backend")


class Broken(RuntimeError):
    """What a step raises."""


@pytest.fixture
def recorder():
    with Recorder() as made:
        yield made


def assert_a_run_ends_well(recorder, caplog):
    """The run has every result, and the log says what failed."""
    with caplog.at_level(logging.ERROR, "nbparallel"):
        run = nbp.pmap(str, range(3))

    assert run.results == ["0", "1", "2"]
    assert recorder.of(run)[:2] == ["run_started", "run_finished"]
    assert "Broken" in caplog.text


def test_a_tap_that_cannot_be_put_in_place(monkeypatch, recorder, caplog):
    def fail(_):
        raise Broken

    monkeypatch.setattr(capture, "start", fail)
    assert_a_run_ends_well(recorder, caplog)


def test_a_tap_that_cannot_be_taken_away(monkeypatch, recorder, caplog):
    start = capture.start

    def fail(run):
        stop = start(run)

        def stop_badly():
            stop()
            raise Broken

        return stop_badly

    monkeypatch.setattr(capture, "start", fail)
    assert_a_run_ends_well(recorder, caplog)


@pytest.mark.parametrize("event", ["run_finished", "run_started"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_that_wants_to_exit(event, go):
    def leave(*_):
        raise SystemExit

    hook = type("Leaving", (hooks.Hook,), {event: leave})()
    hooks.add(hook)
    runs, before = [], ours()
    try:
        runs.append(go(str, range(3)))
    except SystemExit:  # raised in this thread: the run is cancelled
        runs.append(nbp.last)
    finally:
        hooks.remove(hook)

    try:
        assert runs[0].wait(5)
    except SystemExit:
        assert runs[0].wait(5)
    assert runs[0].state.ended
    # What a worker raises on its way out is this test's, not the next one's.
    wait_for(lambda: "nbparallel-0" not in {t.name for t in ours() - before})


def test_workers_that_cannot_be_had(backend, monkeypatch):
    from nbparallel.workers import load
    from nbparallel.workers.executors import Pooled

    def fail(*_):
        raise Broken

    kind = Pooled if backend in pools.POOLS else load(backend)
    monkeypatch.setattr(kind, "start", fail)
    with pytest.raises(Broken):
        nbp.pmap(str, range(3))

    assert nbp.last.state is State.CANCELLED
    assert nbp.last.df["status"].tolist() == ["cancelled"] * 3


EXIT = """
import atexit
import nbparallel as nbp

@atexit.register
def last():
    run = nbp.pmap(str, range(5), progress=False, backend={backend!r})
    print(run.results)
    later = nbp.pmap(str, range(5), progress=False, block=False, backend={backend!r})
    print(later.results)
"""


@pytest.mark.parametrize("kind", ["threads", "inline"])
def test_at_the_exit_of_the_interpreter(kind, backend):
    if backend != kind:
        pytest.skip("a program knows the real ones only")
    done = subprocess.run(
        [sys.executable, "-c", EXIT.format(backend=kind)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout == "['0', '1', '2', '3', '4']\n" * 2


def refuse_threads(patch):
    def refuse(_):
        message = "can't start new thread"
        raise RuntimeError(message)

    patch.setattr(threading.Thread, "start", refuse)


def test_where_the_system_gives_no_thread_the_waiting_one_works(monkeypatch):
    refuse_threads(monkeypatch)
    run = nbp.pmap(str, range(50), backend="threads")

    assert run.results == [str(number) for number in range(50)]


def test_runs_are_looked_at_again_once_the_system_gives_threads_again(gate):
    with pytest.MonkeyPatch.context() as patch:
        refuse_threads(patch)
        nbp.pmap(str, range(50), backend="threads")
    run = nbp.pmap(gate, [1], backend="threads", block=False)
    gate.wait_for(1)

    wait_for(lambda: any(each.name == "nbparallel-timer" for each in ours()))
    gate.open()
    assert run.results == [1]
