"""Drawing shortens the turns of threads, and leaves them as they were."""

import sys
import threading

from nbparallel.views.polite import TURN, polite


def test_the_interval_is_short_inside_and_back_afterwards():
    usual = sys.getswitchinterval()

    with polite():
        assert sys.getswitchinterval() <= TURN + 1e-6

    assert sys.getswitchinterval() == usual


def test_drawings_that_overlap_leave_the_usual_interval():
    usual = sys.getswitchinterval()
    inside, leave = threading.Event(), threading.Event()

    def draw():
        with polite():
            inside.set()
            leave.wait(10)

    other = threading.Thread(target=draw)
    other.start()
    inside.wait(10)
    with polite():
        leave.set()
        other.join(10)
        assert sys.getswitchinterval() < usual

    assert sys.getswitchinterval() == usual
