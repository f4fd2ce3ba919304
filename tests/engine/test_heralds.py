"""The first of several threads does what is due; all of them leave."""

import logging
import sys
import threading
import time

import pytest

from nbparallel import turns
from nbparallel.engine import heralds
from nbparallel.engine.heralds import AHEAD, NUMBER, Heralds
from tests.engine.conftest import wait_for


def waiting():
    return [t for t in threading.enumerate() if t.name == "nbparallel-herald"]


def in_seconds(seconds, call):
    return Heralds(time.perf_counter() + seconds, call)


@pytest.mark.parametrize("seconds", [-1, 0, AHEAD / 2, 2 * AHEAD])
def test_each_calls_at_the_instant(seconds):
    called, due = [], time.perf_counter() + seconds
    Heralds(due, lambda: called.append(time.perf_counter()))
    wait_for(lambda: len(called) == NUMBER)

    assert min(called) >= due
    wait_for(lambda: not waiting())


@pytest.mark.parametrize("seconds", [AHEAD / 2, 60, float("inf")])
def test_those_who_are_dismissed_leave_and_call_nothing(seconds):
    called = []
    them = in_seconds(seconds, lambda: called.append(1))
    them.dismiss()
    them.dismiss()
    wait_for(lambda: not waiting())

    assert called == []


def test_turns_are_long_at_the_instant_and_then_as_before():
    usual, seen = sys.getswitchinterval(), []
    with turns.shorter(turns.CANCELLING):
        in_seconds(AHEAD, lambda: seen.append(sys.getswitchinterval()))
        wait_for(lambda: len(seen) == NUMBER and not waiting())
        assert max(seen) == pytest.approx(turns.LONG)
        assert sys.getswitchinterval() == pytest.approx(turns.CANCELLING)

    assert sys.getswitchinterval() == usual


def test_what_a_call_raises_is_logged(caplog):
    with caplog.at_level(logging.ERROR, "nbparallel"):
        in_seconds(0, lambda: 1 / 0)
        wait_for(lambda: not waiting())

    assert [str(each.exc_info[1]) for each in caplog.records] == [
        "division by zero"
    ] * NUMBER


def test_without_threads_nothing_happens(monkeypatch):
    def refuse(*_):
        raise RuntimeError

    monkeypatch.setattr(heralds.daemons, "start", refuse)

    in_seconds(0, pytest.fail).dismiss()
