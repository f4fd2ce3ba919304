"""An exception out of a signal handler, forced at every place where one can strike.

Python calls handlers at the start of a function, after a call and before it jumps back;
the tests call one there, at the first such place, at the second, and so on.
"""

from __future__ import annotations

import dis
import functools
import itertools
import signal
import sys

import pytest

import nbparallel as nbp
from nbparallel.engine import registry
from tests.engine.conftest import wait_for
from tests.support.soaking import often
from tests.support.threads import ours, whereabouts

#: Every so many of them; a prime, so that no loop hides any. One is all.
STEPS = often(31, 7)
#: Instructions at which handlers are called, by the beginnings of their names.
PLACES = ("RESUME", "JUMP_BACKWARD")


class Alarm(BaseException):
    """What the handler raises."""


class Strike:
    """Raise a signal at one place within our own code, in this thread."""

    def __init__(self, number: int, place: int) -> None:
        self.number = number
        self.left = place
        self.struck = False

    def __enter__(self):
        self.old = sys.gettrace()
        # Python 3.12 tells of instructions where a frame has asked before.
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self.enter)
        return self

    def __exit__(self, *_):
        sys.settrace(self.old)

    def enter(self, frame, *_):
        if not frame.f_globals.get("__name__", "").startswith("nbparallel."):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        called = None  # the place of the call before, if there was one

        def look(frame, event, _):
            nonlocal called
            if event == "opcode":
                here, after = frame.f_lasti, called
                called = here if name_of(frame).startswith("CALL") else None
                if starts(frame) or (after is not None and same(frame, after, here)):
                    self.arrive()
            return look

        return look

    def arrive(self):
        self.left -= 1
        if self.left == 0:
            sys.settrace(None)
            self.struck = True
            signal.raise_signal(self.number)


@functools.cache
def names_in(code):
    return [dis.opname[each] for each in code.co_code]


def name_of(frame):
    return names_in(frame.f_code)[frame.f_lasti]


def starts(frame):
    return name_of(frame).startswith(PLACES)


def same(frame, one, other):
    """Whether an exception would be handled in the same place.

    A handler that is called at the end of a call raises there, not where the trace
    function does: before what comes next, where a ``with`` may have been left.
    """
    return handler_at(frame.f_code, one) == handler_at(frame.f_code, other)


@functools.cache
def handler_at(code, offset):
    for entry in dis._parse_exception_table(code):
        if entry.start <= offset < entry.end:
            return entry.target
    return None


@pytest.fixture(params=[signal.SIGALRM, signal.SIGINT], ids=["alarm", "interrupt"])
def number(request):
    def handler(*_):
        raise Alarm

    usual = signal.default_int_handler
    new = handler if request.param == signal.SIGALRM else usual
    old = signal.signal(request.param, new)
    yield request.param
    assert signal.getsignal(request.param) is new
    signal.signal(request.param, old)


def streams_as_they_are():
    """The standard streams, and whatever stands before their ``write``."""
    both = sys.stdout, sys.stderr
    return [(each, type(each), vars(each).get("write")) for each in both]


def strike_everywhere(number, call, is_well):
    """Call *call* again and again, struck at one place after the other."""
    for place in itertools.count(1, STEPS):
        handler = signal.getsignal(number)
        streams = streams_as_they_are()
        caught = []
        registry._runs.clear()  # CPython 3.11 loses frames that were struck, and runs
        with Strike(number, place) as strike:
            try:
                call()
            except (Alarm, KeyboardInterrupt) as error:
                caught.append(error)
        assert len(caught) == strike.struck, place
        assert signal.getsignal(number) is handler, place
        is_well()
        wait_for(lambda: not ours(), whereabouts)
        assert streams_as_they_are() == streams, place
        if not strike.struck:
            assert place > 150  # so many places there are in a start, and more
            return


def nested():
    """Start runs in threads, too: no lock of ours has been left locked."""
    runs = nbp.pmap(lambda n: nbp.pmap(abs, [n]), [-1, -2], backend="threads").results
    return [run.results[0] for run in runs]


def is_well():
    run = nbp.last
    assert run is None or run.wait(10)
    assert nbp.pmap(abs, [-1, -2]).results == nested() == [1, 2]


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("backend")
def test_a_start_and_a_wait(number, backend):
    if backend.startswith("fake-"):
        pytest.skip("hundreds of starts: enough on the real ones")

    strike_everywhere(
        number, lambda: nbp.pmap(str, range(3), workers=2, grace=0.01), is_well
    )


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_start_that_returns_at_once(number):
    def start():
        nbp.pmap(str, range(3), workers=2, grace=0.01, block=False)

    strike_everywhere(number, start, is_well)
