"""When views are called, from where, and what happens to those that fail."""

from __future__ import annotations

import contextvars
import logging
import threading

import pytest

from nbparallel.types import State
from nbparallel.views.ticker import Ticker

CELL = contextvars.ContextVar("cell", default="none")


class NoScreenError(Exception):
    pass


class Recorder:
    """A view that remembers its calls and tells when enough of them came."""

    def __init__(self, wanted=3, *, failing=False):
        self.calls = []
        self.wanted = wanted
        self.failing = failing
        self.enough = threading.Event()
        self.settled = threading.Event()

    def draw(self, snapshot):
        self._note("draw", snapshot)
        if self.failing:
            raise NoScreenError

    def finish(self, snapshot):
        self._note("finish", snapshot)
        return self.settle

    def settle(self):
        self._note("settle", None)
        self.settled.set()

    def _note(self, what, snapshot):
        self.calls.append((what, snapshot, threading.current_thread(), CELL.get()))
        if len(self.calls) >= self.wanted:
            self.enough.set()

    @property
    def names(self):
        return [call[0] for call in self.calls]


@pytest.fixture
def moving(make_snapshot):
    """A run whose every snapshot differs from the one before."""
    done = iter(range(4000))
    return lambda: make_snapshot(ok=next(done))


def test_draws_until_stopped_then_shows_the_end_once(moving):
    view = Recorder()
    ticker = Ticker(view, moving, interval=0.001)
    ticker.start()
    assert view.enough.wait(10)
    ticker.stop()
    ticker.stop()
    assert view.settled.wait(10)
    assert view.names.count("finish") == view.names.count("settle") == 1
    assert view.names[-2:] == ["finish", "settle"]
    assert view.names.count("draw") >= 2


def test_views_are_called_in_one_thread_under_the_context_of_the_start(moving):
    view = Recorder()
    ticker = Ticker(view, moving, interval=0.001)
    token = CELL.set("in[7]")
    ticker.start()
    CELL.reset(token)
    assert view.enough.wait(10)
    ticker.stop()
    assert view.settled.wait(10)
    threads = {call[2] for call in view.calls}
    assert len(threads) == 1
    assert threads != {threading.current_thread()}
    assert {call[3] for call in view.calls} == {"in[7]"}


def test_what_does_not_change_is_not_drawn_again(make_snapshot):
    view = Recorder(wanted=1)
    taken = threading.Semaphore(0)
    still = make_snapshot(State.PAUSED, ok=5)

    def paused():
        taken.release()
        return still

    ticker = Ticker(view, paused, interval=0.001)
    ticker.start()
    for _ in range(20):
        assert taken.acquire(timeout=10)
    ticker.stop()
    assert view.settled.wait(10)
    assert view.names == ["draw", "finish", "settle"]


def test_a_view_that_raises_is_reported_once_and_still_shows_the_end(moving, caplog):
    view = Recorder(wanted=1, failing=True)
    ticker = Ticker(view, moving, interval=0.001)
    with caplog.at_level(logging.ERROR):
        ticker.start()
        assert view.enough.wait(10)
        ticker.stop()
    assert view.settled.wait(10)
    assert view.names == ["draw", "finish", "settle"]
    assert len(caplog.records) == 1
    assert "NoScreenError" in caplog.text


def test_a_ticker_that_never_started_shows_the_end(moving):
    view = Recorder()
    Ticker(view, moving).stop()
    assert view.names == ["finish", "settle"]


def test_without_threads_the_end_is_shown_by_stop(moving, monkeypatch):
    def refuse(_thread):
        raise RuntimeError

    monkeypatch.setattr(threading.Thread, "start", refuse)
    view = Recorder()
    ticker = Ticker(view, moving)
    ticker.start()
    ticker.stop()
    assert view.names == ["finish", "settle"]


def test_a_view_may_stop_its_own_ticker(moving):
    view = Recorder(wanted=2)
    ticker = Ticker(view, moving, interval=0.001)
    view.draw = lambda _snapshot: ticker.stop()
    view.wanted = 1
    ticker.start()
    assert view.settled.wait(10)
    assert view.names == ["finish", "settle"]


def test_who_waits_for_the_end_does_not_wait_for_what_comes_after(moving):
    view, release = Recorder(), threading.Event()
    view.settle = lambda: release.wait(10) and view.settled.set()
    ticker = Ticker(view, moving)
    ticker.start()
    ticker.stop()
    assert view.names == ["finish"]
    assert not view.settled.is_set()
    release.set()
    assert view.settled.wait(10)


def test_a_view_that_hangs_does_not_hold_up_the_end(moving, monkeypatch):
    monkeypatch.setattr("nbparallel.views.ticker.PATIENCE", 0.01)
    drawing, release = threading.Event(), threading.Event()
    view = Recorder()

    def hang(_snapshot):
        drawing.set()
        release.wait(10)

    view.draw = hang
    ticker = Ticker(view, moving, interval=0.001)
    ticker.start()
    assert drawing.wait(10)
    ticker.stop()
    release.set()
