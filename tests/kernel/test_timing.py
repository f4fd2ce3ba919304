"""Measurements in real kernels: Cancel keeps the legs so far, a plot is shown once."""

import re

import pytest

from tests.kernel.test_magic import cancel_button

pytestmark = pytest.mark.kernel

SETUP = """
import nbparallel as nbp

calls = []

def work(item):
    calls.append(item)
    if len(calls) > 8:  # two legs of four items are over: the third one stays
        nbp.sleep(60)
"""
SWEEP = "swept = nbp.sweep(work, range(4), workers=(1, 2, 4), warmup=False)"
FEW = "swept = nbp.sweep(abs, [1, 2], workers=(1, 2), progress=False)"


def pictures(outcome):
    """The pictures that a cell has shown, by whatever message."""
    shown = [message["content"].get("data", {}) for message in outcome.outputs]
    return [data["image/png"] for data in shown if "image/png" in data]


@pytest.fixture
def notebook(kernel):
    kernel.run(SETUP)
    return kernel


def test_a_click_on_cancel_keeps_the_legs_so_far(notebook):
    cell = notebook.execute(SWEEP)
    button = cancel_button(notebook, cell)
    notebook.wait_for(
        lambda said: (
            said["msg_type"] == "comm_msg"
            and re.search(r"\b2 ok\b", str(said["content"]))
        )
    )
    notebook.click(button)

    assert notebook.outcome(cell).status == "ok"
    assert notebook.evaluate("len(swept.df), swept.planned") == (2, 9)
    assert "Cancelled after 2 of 9 legs." in notebook.run("swept").text
    assert len(pictures(notebook.run("swept.plot()"))) == 1


@pytest.mark.parametrize(
    "last", ["swept.plot()", "nbp.plot_sweep(swept)", "nbp.plot_timeline(run)"]
)
def test_a_plot_that_ends_a_cell_is_shown_once(notebook, last):
    notebook.run(FEW)
    notebook.run("run = nbp.pmap(abs, [1, 2], progress=False)")

    assert len(pictures(notebook.run(last))) == 1


@pytest.mark.parametrize(
    "line", ["ax = swept.plot()", "swept.plot()\n1", "swept.plot();"]
)
def test_a_plot_elsewhere_in_a_cell_is_shown_once(notebook, line):
    notebook.run(FEW)

    assert len(pictures(notebook.run(line))) == 1


def test_a_plot_is_shown_once_where_pyplot_is_at_work(notebook):
    notebook.run(f"%matplotlib inline\nimport matplotlib.pyplot as plt\n{FEW}")

    assert len(pictures(notebook.run("swept.plot()"))) == 1
    assert len(pictures(notebook.run("ax = swept.plot()"))) == 1
