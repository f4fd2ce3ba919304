"""Signals in this process, without any kernel."""

import os
import queue
import signal
import threading
from contextlib import contextmanager

import pytest

from nbparallel.edge.idle_interrupt import watch_idle_interrupts
from nbparallel.edge.signals import Signals, has_struck, is_waiting

PYTHONS = signal.default_int_handler


class Alarm(BaseException):
    """What the user's handler raises: a test's time-out is no `Exception` either."""


@contextmanager
def raised(kind):
    """Do as `pytest.raises` around several statements, the last of which raises."""
    caught = []
    try:
        yield caught
    except kind as error:
        caught.append(error)
    else:
        pytest.fail(f"no {kind.__name__} was raised")


@pytest.fixture(autouse=True)
def _restored():
    old = {number: signal.getsignal(number) for number in (signal.SIGINT, 14)}
    signal.signal(signal.SIGINT, PYTHONS)
    yield
    for number, handler in old.items():
        signal.signal(number, handler)


@pytest.fixture
def heard():
    """Handle SIGALRM; what it has heard."""
    calls = []

    def handler(number, frame):
        calls.append((number, frame))

    signal.signal(signal.SIGALRM, handler)
    return calls


@pytest.fixture
def alarm():
    """Have SIGALRM raise `Alarm`; the handler."""

    def handler(*_):
        raise Alarm

    signal.signal(signal.SIGALRM, handler)
    return handler


def test_each_interrupt_is_an_event():
    events = queue.SimpleQueue()
    with raised(KeyboardInterrupt), Signals(lambda: events.put(1)) as signals:
        for count in (1, 2):
            os.kill(os.getpid(), signal.SIGINT)
            assert events.get(timeout=5)
            assert len(signals.raised) == count - 1
            signals.deliver()
            assert len(signals.raised) == count

    assert signal.getsignal(signal.SIGINT) is PYTHONS


def test_the_third_interrupt_raises_where_it_strikes():
    reached = []
    with raised(KeyboardInterrupt), Signals(lambda: reached.append("told")):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        with raised(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        reached.append("here")

    assert reached == ["told", "told", "here"]
    assert signal.getsignal(signal.SIGINT) is PYTHONS


def test_an_ignored_interrupt_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Signals(pytest.fail) as signals:
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        signal.raise_signal(signal.SIGINT)

    assert signals.raised == []
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_handler_of_the_users_is_called_when_it_can_be(heard):
    told = []
    with Signals(lambda: told.append(1)) as signals:
        signal.raise_signal(signal.SIGALRM)
        assert (told, heard) == ([1], [])
        signals.deliver()
        assert [(number, frame.f_code.co_name) for number, frame in heard] == [
            (14, "test_a_handler_of_the_users_is_called_when_it_can_be")
        ]

    assert len(heard) == 1


def test_a_handler_that_was_not_called_is_called_on_leaving(heard):
    with Signals(list):
        signal.raise_signal(signal.SIGALRM)

    assert len(heard) == 1


def test_a_handler_of_the_users_for_interrupts_decides_what_they_do():
    calls = []
    signal.signal(signal.SIGINT, lambda *_: calls.append(1))
    with Signals(list) as signals:
        for _ in range(5):
            signal.raise_signal(signal.SIGINT)
        signals.deliver()

    assert len(calls) == 5


def test_what_it_raises_is_raised_on_leaving(alarm):
    with raised(Alarm) as caught, Signals(list) as signals:
        signal.raise_signal(signal.SIGALRM)
        signals.deliver()
        (error,) = signals.raised
        assert has_struck(error)

    assert caught == [error]
    assert not has_struck(error)
    assert signal.getsignal(signal.SIGALRM) is alarm


@pytest.mark.usefixtures("alarm")
def test_in_the_users_code_it_is_called_at_once():
    with raised(Alarm) as caught, Signals(pytest.fail, lambda _: True) as signals:
        with raised(Alarm):
            signal.raise_signal(signal.SIGALRM)
        assert len(signals.raised) == 1

    assert caught == signals.raised


def test_in_another_thread_it_does_nothing():
    seen = []

    def enter():
        with Signals(pytest.fail):
            seen.append(signal.getsignal(signal.SIGINT))
            seen.append(is_waiting())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()

    assert seen == [PYTHONS, False]


def test_what_strikes_the_inner_wait_ends_the_outer_one_too(alarm):
    with raised(Alarm) as outside, Signals(list) as outer:
        with raised(Alarm) as inside, Signals(list):
            signal.raise_signal(signal.SIGALRM)
        assert outer.raised == inside

    assert outside == inside
    assert signal.getsignal(signal.SIGALRM) is alarm


@pytest.mark.usefixtures("alarm")
def test_what_the_outer_wait_has_put_off_is_for_the_inner_one():
    with raised(Alarm), Signals(list):
        signal.raise_signal(signal.SIGALRM)
        told = []
        with raised(Alarm), Signals(lambda: told.append(1)):
            assert told == [1]


def test_a_handler_that_is_replaced_meanwhile_stays(alarm):
    def other(*_):
        raise AssertionError

    with Signals(list):
        signal.signal(signal.SIGALRM, other)

    assert signal.getsignal(signal.SIGALRM) is other
    assert other is not alarm


def test_one_that_is_put_back_only_later_is_the_usual_one(heard):
    with Signals(list):
        late = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, late)

    signal.raise_signal(signal.SIGALRM)
    assert len(heard) == 1

    with Signals(list) as signals:
        signal.raise_signal(signal.SIGALRM)
        assert len(heard) == 1
        signals.deliver()
    assert len(heard) == 2


def test_without_a_kernel_no_idle_interrupt_is_watched():
    undo = watch_idle_interrupts(list)

    assert signal.getsignal(signal.SIGINT) is PYTHONS
    undo()
