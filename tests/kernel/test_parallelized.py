"""A loop over calls in real kernels: what it leaves in the notebook, and interrupts."""

import pytest

pytestmark = pytest.mark.kernel

LOOP = """
import nbparallel as nbp

def work(number):
    return number

with nbp.Parallelized(work, [{"number": n} for n in range(9)], desc="first") as par:
    for kwargs, result, error in par:
        par.pbar.set_postfix(ends=par.pbar.n)
    par.pbar.set_description("last")
"""
HUNG = """
import threading, time
import nbparallel as nbp
from nbparallel.edge import signals
from nbparallel.testing import Gate

def tell():
    while not signals.is_waiting():
        time.sleep(0.001)
    print("waiting")

gate, ends = Gate(), []
with nbp.Parallelized(gate, [{"item": n} for n in range(9)], num_threads=2) as par:
    gate.wait_for_count(2)
    threading.Thread(target=tell).start()
    for kwargs, result, error in par:
        ends.append(type(error).__name__)
print("never")
"""


def test_what_the_loop_said_last_is_what_the_notebook_keeps(kernel):
    shown = [
        each["content"]["data"]
        for each in kernel.run(LOOP).outputs
        if each["msg_type"] in ("display_data", "update_display_data")
    ]

    assert shown[-1].keys() == {"text/html", "text/plain"}
    assert shown[-1]["text/plain"].startswith("last: 9 of 9 - 9 ok")
    assert "ends=9" in shown[-1]["text/plain"]
    assert "ends=9" in shown[-1]["text/html"]


def test_an_interrupt_ends_the_loop_and_the_next_one_works(kernel):
    cell = kernel.execute(HUNG)
    kernel.wait_for_text(cell, "waiting")
    kernel.interrupt()

    outcome = kernel.outcome(cell)
    assert outcome.error == "KeyboardInterrupt"
    assert "never" not in outcome.text
    assert kernel.evaluate("ends") == ["KeyboardInterrupt"] * 9
    assert kernel.evaluate("par.run.state.value") == "cancelled"
    kernel.run("gate.open()")
    assert kernel.run(LOOP).status == "ok"
