"""Interrupts in this process, without any kernel."""

import os
import queue
import signal
import threading

import pytest

from nbparallel.edge.idle_interrupt import watch_idle_interrupts
from nbparallel.edge.interrupt import Interrupts


@pytest.fixture
def handler():
    """Put our own handler in place, to find it again; pytest's is restored."""

    def own(*_):
        raise AssertionError

    old = signal.signal(signal.SIGINT, own)
    yield own
    signal.signal(signal.SIGINT, old)


def test_each_signal_is_an_event(handler):
    events = queue.SimpleQueue()
    with Interrupts(events.put) as interrupts:
        os.kill(os.getpid(), signal.SIGINT)
        assert events.get(timeout=5) == 1
        os.kill(os.getpid(), signal.SIGINT)
        assert events.get(timeout=5) == 2

    assert interrupts.count == 2
    assert signal.getsignal(signal.SIGINT) is handler


def test_the_third_signal_raises(handler):
    seen = []
    with Interrupts(seen.append):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    assert seen == [1, 2, 3]
    assert signal.getsignal(signal.SIGINT) is handler


def test_in_another_thread_it_does_nothing(handler):
    seen = []

    def enter():
        with Interrupts(seen.append):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()

    assert seen == [handler]


@pytest.mark.usefixtures("handler")
def test_they_can_be_nested():
    outer, inner = [], []
    with Interrupts(outer.append):
        with Interrupts(inner.append):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    assert (outer, inner) == ([1], [1])


def test_without_a_kernel_no_idle_interrupt_is_watched(handler):
    undo = watch_idle_interrupts(list)

    assert signal.getsignal(signal.SIGINT) is handler
    undo()
