"""The timer, by a clock that the test turns."""

from __future__ import annotations

import threading

import pytest

from nbparallel.engine.timer import Timer
from nbparallel.testing import DEADLINE


class Clock:
    """Shows what it was set to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timer(clock):
    return Timer(clock)


def test_calls_are_made_when_they_are_due_in_that_order(timer, clock):
    made = []
    for name, seconds in (("late", 5), ("soon", 1), ("second", 1)):
        timer.after(seconds, lambda name=name: made.append(name))

    assert timer.run_due() == 1
    assert made == []
    clock.now += 1
    assert timer.run_due() == 4
    assert made == ["soon", "second"]
    clock.now += 10
    assert timer.run_due() is None
    assert made == ["soon", "second", "late"]


def test_what_is_cancelled_is_not_called(timer, clock):
    made = []
    entry = timer.after(1, lambda: made.append(1))
    timer.cancel(entry)
    timer.cancel(entry)

    assert timer.run_due() is None
    clock.now += 2
    assert timer.run_due() is None
    assert made == []


def test_infinitely_many_seconds_mean_never(timer):
    timer.cancel(timer.after(float("inf"), lambda: None))

    assert timer.run_due() is None


def test_a_call_that_raises_is_logged_and_the_others_are_made(timer, clock, caplog):
    made = []
    timer.after(1, lambda: 1 / 0)
    timer.after(1, lambda: made.append(1))
    clock.now += 1
    timer.run_due()

    assert made == [1]
    assert "ZeroDivisionError" in caplog.text


def test_a_call_may_ask_for_another(timer, clock):
    made = []
    timer.after(1, lambda: timer.after(0, lambda: made.append(1)))
    clock.now += 1
    timer.run_due()

    assert made == [1]


def test_the_real_one_has_a_thread_while_something_is_due():
    timer, called = Timer(), threading.Event()
    later = timer.after(3600, called.set)
    timer.after(0, called.set)

    assert called.wait(DEADLINE)
    thread = timer._thread
    assert thread.is_alive()
    timer.cancel(later)
    thread.join(DEADLINE)
    assert not thread.is_alive()

    called.clear()
    timer.after(0, called.set)
    assert called.wait(DEADLINE)
