"""A claim, by itself: what a worker and those who take tasks back do to it."""

from __future__ import annotations

import sys
import threading
import time
from contextvars import copy_context
from types import SimpleNamespace

import pytest

from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import MISSING
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.claim import Claim
from nbparallel.workers.printed import MOST_OUTPUT, Printed
from nbparallel.workers.scope import current


def claim_of(call, items, first=0):
    run = SimpleNamespace(call=call, context=copy_context())
    return Claim(run, 3, first, items, threading.Event())


def work(claim):
    carry_out(claim, claim.owner.call)


def write(claim, text):
    """Print as the tap before the streams does."""
    task = len(claim.ends)
    printed = claim.texts.get(task)
    if printed is None:
        nowhere = [].append
        printed = claim.texts[task] = Printed(task, claim.ends, nowhere, echoes=False)
    printed.pieces.append(text)
    printed.line_ended()


def print_in_task(text):
    write(current.get().claim, text)


def test_it_carries_its_tasks_out_in_order():
    claim = claim_of(str, [1, 2, 3])
    work(claim)

    assert claim.values == ["1", "2", "3"]
    assert list(claim.ends) == sorted(claim.ends)
    assert claim.begun <= claim.ends[0]
    assert claim.running is None


def test_failures_are_kept_by_offset():
    claim = claim_of(lambda n: 1 / n, [1, 0, 2], first=10)
    work(claim)

    assert claim.values == [1.0, MISSING, 0.5]
    assert list(claim.failures) == [1]
    assert isinstance(claim.failures[1], ZeroDivisionError)


def test_a_task_knows_its_claim_and_nobody_else_does():
    claim = claim_of(lambda _: current.get().claim, [1])
    work(claim)

    assert claim.values == [claim]
    assert current.get() is None


def test_it_belongs_to_a_thread_only_while_it_is_worked_on():
    scopes = []

    def task(_):
        scopes.append(current.get())
        return scopes[0].claim.thread

    claim = claim_of(task, [1])
    work(claim)

    assert claim.values == [threading.get_ident()]
    assert claim.thread == 0


@pytest.mark.parametrize(
    ("most", "taken"), [(None, range(1, 5)), (2, range(3, 5)), (9, range(1, 5))]
)
def test_what_has_not_started_can_be_taken_back(most, taken):
    # Given a claim whose first task is being carried out
    gate = Gate()
    claim = claim_of(gate, list(range(5)))
    worker = threading.Thread(target=work, args=(claim,))
    worker.start()
    gate.wait_for(0)
    assert claim.running == 0

    # When tasks are taken back
    assert claim.take_back(most) == taken

    # Then it carries the others out
    gate.open()
    worker.join(DEADLINE)
    assert gate.started == list(range(claim.stop))
    assert claim.stop == taken.start


def test_each_task_goes_to_the_worker_or_to_who_takes_it_back():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(50):
            done = []
            claim = claim_of(done.append, list(range(500)))
            worker = threading.Thread(target=work, args=(claim,))
            worker.start()
            taken = []
            while claim.items:
                taken.extend(claim.take_back(7))
            worker.join(DEADLINE)
            assert sorted(done + taken) == list(range(500))
            assert len(claim.ends) == len(done)
    finally:
        sys.setswitchinterval(interval)


def test_printed_text_is_kept_up_to_a_bound():
    claim = claim_of(print_in_task, ["a", "b" * (MOST_OUTPUT + 5)])
    work(claim)

    assert claim.printed(0) == "a"
    assert "…[cut]" in claim.printed(1)
    assert claim.printed(1).count("b") == MOST_OUTPUT
    assert claim.printed(2) == ""


def test_printing_costs_the_same_however_much_was_printed():
    def seconds():
        before = time.perf_counter()
        for _ in range(1000):
            write(claim, "x")
        return time.perf_counter() - before

    claim = claim_of(str, [1])
    write(claim, "x" * MOST_OUTPUT)
    first = min(seconds() for _ in range(5))
    for _ in range(100_000):
        write(claim, "x")

    assert min(seconds() for _ in range(5)) < 10 * first


def test_a_kept_error_keeps_nothing_of_the_claim():
    def fail(_):
        raise ValueError

    claim = claim_of(fail, [1])
    work(claim)

    trace = claim.failures[0].__traceback__
    assert trace.tb_frame.f_code is fail.__code__
    assert trace.tb_frame.f_back is None or "take" not in trace.tb_frame.f_back.f_locals
