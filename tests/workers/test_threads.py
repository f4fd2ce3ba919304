"""The threads that carry claims out."""

from __future__ import annotations

import contextvars
import threading

import pytest

import nbparallel as nbp
from nbparallel.testing import DEADLINE
from nbparallel.workers import KINDS, load
from nbparallel.workers.base import Backend
from nbparallel.workers.claim import Claim
from nbparallel.workers.threads import Threads


def alive(prefix="nbparallel-"):
    return {
        thread
        for thread in threading.enumerate()
        if thread.name.removeprefix(prefix).isdigit()
    }


def start(gate, tasks, workers):
    return nbp.pmap(gate, range(tasks), workers=workers, block=False, progress=False)


def test_there_are_no_more_than_tasks(gate):
    before = alive()
    run = start(gate, 2, 8)
    gate.wait_for_count(2)

    assert len(alive() - before) == 2
    gate.open()
    run.wait()


def test_there_are_no_more_than_workers(gate):
    before = alive()
    run = start(gate, 100, 3)
    gate.wait_for_count(3)

    assert len(alive() - before) == 3
    gate.open()
    run.wait()


def test_they_do_not_hold_up_the_interpreters_exit(gate):
    run = start(gate, 1, 1)
    gate.wait_for_count(1)

    assert all(thread.daemon for thread in alive())
    gate.open()
    run.wait()


def test_a_system_that_gives_fewer_threads_gets_by_with_those(gate, monkeypatch):
    really_start, started = threading.Thread.start, []

    def reluctant(thread):
        if thread.name.startswith("nbparallel-"):
            if len(started) == 2:
                message = "can't start new thread"
                raise RuntimeError(message)
            started.append(thread)
        really_start(thread)

    monkeypatch.setattr(threading.Thread, "start", reluctant)
    run = start(gate, 10, 5)
    gate.open()

    assert run.results == list(range(10))
    assert len(started) == 2


def test_any_number_of_workers_may_be_allowed():
    run = nbp.pmap(str, range(3), workers=10**12, progress=False)

    assert run.results == ["0", "1", "2"]


@pytest.mark.parametrize("word", KINDS)
def test_every_kind_is_a_backend_of_at_least_one_worker(word):
    kind = load(word)

    assert issubclass(kind, Backend)
    assert kind.default_workers() >= 1


class Home:
    """A desk with one claim for a worker, which is one too many by then."""

    def __init__(self):
        self.team, self.gone_home = None, threading.Event()

    def claim(self, worker):
        self.team.resize(0)
        return Claim(self, worker, 0, [], threading.Event())

    def settle(self, claim):
        self.settled = claim

    def gone(self):
        assert self.settled.worker == 0
        self.gone_home.set()

    call, context = staticmethod(str), contextvars.copy_context()


def test_who_goes_home_by_itself_says_so():
    home = Home()
    home.team = team = Threads(home, 1)
    team.start(1)

    assert home.gone_home.wait(DEADLINE)
