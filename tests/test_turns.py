"""Turns are as short as somebody wants them, and then as they were."""

import sys
import threading
from contextlib import contextmanager

import pytest

import nbparallel as nbp
from nbparallel import turns
from nbparallel.turns import (
    CANCELLING,
    CROWD,
    DRAWING,
    EACH,
    LATE,
    LONG,
    Punctual,
    fresh,
    lengthen,
    settle,
    shorten,
    shorter,
)
from tests.engine.conftest import wait_for
from tests.support.threads import ours


@pytest.fixture(autouse=True)
def usual():
    """Have turns of a length that no other test asks for."""
    old = sys.getswitchinterval()
    sys.setswitchinterval(0.004)
    yield sys.getswitchinterval()
    sys.setswitchinterval(old)


def test_they_are_short_inside_and_as_usual_afterwards(usual):
    with shorter(DRAWING):
        assert sys.getswitchinterval() == pytest.approx(DRAWING)

    assert sys.getswitchinterval() == usual


def test_the_shortest_wish_is_in_force(usual):
    drawing = shorten(DRAWING)
    cancelling = shorten(CANCELLING)
    assert sys.getswitchinterval() == pytest.approx(CANCELLING)
    cancelling()
    assert sys.getswitchinterval() == pytest.approx(DRAWING)
    cancelling = shorten(CANCELLING)
    drawing()
    assert sys.getswitchinterval() == pytest.approx(CANCELLING)
    cancelling()

    assert sys.getswitchinterval() == usual


def test_they_are_long_for_as_long_as_somebody_needs_that(usual):
    with shorter(CANCELLING):
        lengthen()
        assert sys.getswitchinterval() == pytest.approx(LONG)
        with shorter(DRAWING):
            assert sys.getswitchinterval() == pytest.approx(LONG)
        lengthen()
        settle()
        assert sys.getswitchinterval() == pytest.approx(CANCELLING)
        settle()

    assert sys.getswitchinterval() == usual


def test_nobody_makes_them_shorter_by_wanting_long_ones(usual):
    lengthen()
    assert sys.getswitchinterval() == usual
    settle()
    assert sys.getswitchinterval() == usual


def test_whoever_wanted_short_ones_may_go_while_they_are_long(usual):
    undo = shorten(CANCELLING)
    lengthen()
    undo()
    settle()

    assert sys.getswitchinterval() == usual


def test_turns_that_are_shorter_already_stay_so():
    sys.setswitchinterval(0.00001)
    with shorter(DRAWING):
        assert sys.getswitchinterval() == pytest.approx(0.00001)

    assert sys.getswitchinterval() == pytest.approx(0.00001)


def test_a_wish_is_withdrawn_once(usual):
    first, second = shorten(DRAWING), shorten(DRAWING)
    first()
    first()
    assert sys.getswitchinterval() < usual
    second()

    assert sys.getswitchinterval() == usual


@pytest.mark.parametrize("mine", [0.009, 0.0007])
def test_what_the_user_sets_meanwhile_stays(mine):
    with shorter(DRAWING), shorter(CANCELLING):
        sys.setswitchinterval(mine)

    assert sys.getswitchinterval() == pytest.approx(mine)


def test_what_the_user_sets_meanwhile_stays_though_others_ask_later():
    with shorter(DRAWING):
        sys.setswitchinterval(0.009)
        with shorter(CANCELLING):
            assert sys.getswitchinterval() == pytest.approx(CANCELLING)

    assert sys.getswitchinterval() == pytest.approx(0.009)


def test_wishes_from_several_threads_leave_the_usual_turns(usual):
    inside, leave = threading.Event(), threading.Event()

    def draw():
        with shorter(DRAWING):
            inside.set()
            leave.wait(10)

    other = threading.Thread(target=draw)
    other.start()
    inside.wait(10)
    with shorter(DRAWING):
        leave.set()
        other.join(10)
        assert sys.getswitchinterval() < usual

    assert sys.getswitchinterval() == usual


def test_who_wakes_up_late_asks_for_short_turns(usual):
    punctual = Punctual()
    punctual.woke(LATE / 2)
    assert sys.getswitchinterval() == usual
    punctual.woke(LATE * 2)
    assert sys.getswitchinterval() < usual
    punctual.withdraw()

    assert sys.getswitchinterval() == usual


def test_a_turn_is_given_up_only_where_turns_are_short(monkeypatch):
    given_up = []
    monkeypatch.setattr(turns.time, "sleep", given_up.append)

    fresh()
    assert given_up == []
    with shorter(DRAWING):
        fresh()

    assert given_up == [CANCELLING]


@contextmanager
def crowd():
    """Have so many workers that it is one."""
    inside, over = threading.Barrier(CROWD + 1), threading.Event()

    def task(_):
        inside.wait()
        over.wait()

    run = nbp.pmap(task, range(CROWD), workers=CROWD, block=False, progress=False)
    inside.wait()
    yield
    over.set()
    run.wait()
    wait_for(lambda: not ours())


def test_in_a_crowd_they_are_longer_and_afterwards_as_usual(usual):
    with crowd():
        with shorter(CANCELLING):
            assert sys.getswitchinterval() == pytest.approx(EACH * CROWD, abs=1e-5)
        assert sys.getswitchinterval() == pytest.approx(EACH * CROWD, abs=1e-5)

    assert sys.getswitchinterval() == usual


def test_what_the_user_sets_in_a_crowd_stays():
    with crowd():
        sys.setswitchinterval(0.009)

    assert sys.getswitchinterval() == pytest.approx(0.009)
