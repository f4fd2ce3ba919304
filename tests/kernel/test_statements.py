"""``%%parallel`` over statements in real kernels: at the same time, errors, Cancel."""

import re

import pytest

from tests.browser.panel import overload
from tests.kernel.test_magic import cancel_button, traceback_of

pytestmark = pytest.mark.kernel

SETUP = """%load_ext nbparallel
import nbparallel as nbp
import time
def load(name):
    time.sleep(1)
    return name
"""
FOUR = """%%parallel -o run
a = load("a")
b = load("b")
c = load("c")
d = load("d")
a + b + c + d"""
FAILING = """%%parallel -o run

a = 1
# why
b = 1 / 0
c = b + a
d = [c]
e = a + 1"""
HELD = """%%parallel --no-capture -o run
first = "bound"
print("held", first)
held = nbp.sleep(600)
third = [held]"""


@pytest.fixture
def notebook(kernel):
    kernel.run(SETUP)
    return kernel


def test_four_seconds_of_waiting_take_one(notebook):
    outcome = notebook.run(FOUR)

    assert "'abcd'" in outcome.text
    assert notebook.evaluate("a, b, c, d") == ("a", "b", "c", "d")
    assert notebook.evaluate("run.metrics.wall") < 2.3 * overload()


def test_an_error_on_line_5_names_line_5_and_what_it_kept_from_running(notebook):
    outcome = notebook.run(FAILING)
    shown = traceback_of(outcome)

    assert outcome.error == "ZeroDivisionError"
    assert re.search(r"Cell In\[\d+\], line 5\n", shown)
    assert "----> 5 b = 1 / 0" in shown
    assert "nbparallel: not run, as they need it: lines 6, 7" in shown
    assert "nbparallel/" not in shown
    assert notebook.evaluate("a, e, 'c' in globals()") == (1, 2, False)


def test_cancel_leaves_the_rest_and_keeps_the_names(notebook):
    cell = notebook.execute(HELD)
    button = cancel_button(notebook, cell)
    notebook.wait_for(
        lambda said: (
            said["msg_type"] == "stream" and "held bound" in said["content"]["text"]
        )
    )
    notebook.click(button)

    assert notebook.outcome(cell).status == "ok"
    assert notebook.evaluate("run.state.value, first") == ("cancelled", "bound")
    assert notebook.evaluate("run.df['status'].tolist()[-1]") == "cancelled"
    assert notebook.evaluate("'third' in globals()") is False
