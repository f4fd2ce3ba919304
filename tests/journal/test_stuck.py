"""Results that don't come to an end of being pickled: they cost themselves, at most."""

from __future__ import annotations

import signal
import threading
import time
from typing import ClassVar

import pytest

import nbparallel as nbp
from nbparallel.engine.waiting import PUTS
from nbparallel.journal import writer
from tests.engine.conftest import wait_for


class Endless:
    """Is pickled for ever, in Python or in C."""

    going = 0
    locks: ClassVar = []

    def __init__(self, *, in_c=False):
        self.lock = threading.Lock() if in_c else None
        self.locks += [self.lock] * in_c

    def __reduce__(self):
        Endless.going += 1
        if self.lock is not None:
            self.lock.acquire()
            self.lock.acquire()  # until the test is over
            raise EOFError
        while True:
            time.sleep(0.001)


@pytest.fixture(autouse=True)
def _none_yet():
    Endless.going = 0
    yield
    while Endless.locks:
        Endless.locks.pop().release()


def some_endless(item):
    return Endless() if item == 3 else item


@pytest.mark.skipif(not PUTS, reason="without the GIL no thread can be struck")
def test_one_that_takes_too_long_is_not_kept(path, monkeypatch):
    monkeypatch.setattr(writer, "PATIENCE", 0.05)

    run = nbp.pmap(some_endless, range(100), journal=path)

    (note,) = run.snapshot().journal_notes
    assert note == (
        "One result could not be kept in the journal, its task will run again: "
        "TimeoutError: it took more than 0.05 s to be pickled"
    )
    assert nbp.read_journal(path)["status"].tolist() == ["ok"] * 100
    assert nbp.pmap(str, range(3), journal=path + "2").results == ["0", "1", "2"]
    again = nbp.pmap(some_endless, range(100), journal=path)
    assert again.metrics.restored == 99


def test_one_that_nothing_ends_costs_the_journal(path, monkeypatch):
    monkeypatch.setattr(writer, "PATIENCE", 0.05)

    run = nbp.pmap(lambda item: Endless(in_c=item == 3), [3], journal=path)

    assert run.state.value == "done"
    (note,) = run.snapshot().journal_notes
    assert note.startswith(
        "The journal is not written any more: TimeoutError: a result"
    )


@pytest.mark.skipif(not PUTS, reason="without the GIL no thread can be struck")
@pytest.mark.parametrize("asks", ["cancel", "interrupt"])
def test_who_asks_for_an_end_gets_it(path, asks):
    def ask():
        wait_for(lambda: Endless.going)
        if asks == "cancel":
            nbp.last.cancel()
        else:
            signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        nbp.pmap(some_endless, range(100), journal=path)
        assert asks == "cancel"
    except KeyboardInterrupt:
        assert asks == "interrupt"
    thread.join()

    assert nbp.last.results[99] == 99
    assert nbp.read_journal(path)["status"].tolist() == ["ok"] * 100
