"""Clicks, interrupts and reloads in real front ends while a cell blocks."""

import functools
import time

import pytest

from tests.browser.conftest import opening
from tests.support.kernels import VERSIONS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SETUP = """
import functools, queue
import ipywidgets
from IPython.display import display
from nbparallel.edge.signals import Signals
from nbparallel.edge.router import router

events = queue.SimpleQueue()
button = ipywidgets.Button(description="Cancel")
button.on_click(lambda _: events.put("clicked"))

def block():
    registration = router().add(button)
    try:
        with Signals(lambda: events.put("interrupted")):
            while True:
                try:
                    event = events.get(timeout=0.05)
                    break
                except queue.Empty:
                    router().pump()
    except KeyboardInterrupt:
        pass  # kept until here
    registration.close()
    return event
"""
BLOCK = "display(button); print('event:', block())"
CELLS = [SETUP, BLOCK, "print('next')"]

#: Every kernel in one front end, the other one with a kernel of either kind.
EVERYWHERE = [("lab", version) for version in VERSIONS]
EVERYWHERE += [("notebook", version) for version in ("6.31.0", "7.4.0")]
BOTH = [("lab", "7.4.0"), ("notebook", "7.4.0")]


def on(places):
    return pytest.mark.parametrize("notebook", places, ids="-".join, indirect=True)


@pytest.fixture(scope="module")
def open_once(browser, server):
    with opening(browser, server) as open_one:
        yield functools.cache(functools.partial(open_one, CELLS))


@pytest.fixture
def notebook(request, open_once):
    """The notebook of a place with its first cell, the preparations, just run."""
    frontend, kernel = request.param
    notebook = open_once(frontend=frontend, kernel=kernel)
    notebook.run_cell(0)
    notebook.wait_until_done(0)
    return notebook


@on(EVERYWHERE)
def test_a_click_ends_a_blocking_cell_and_the_next_cells_run(notebook):
    notebook.queue_cells(1, 2)
    notebook.button(1, "Cancel").wait_for()
    clicked = time.monotonic()
    notebook.click_button(1, "Cancel")
    notebook.wait_for_text(1, "event: clicked")

    assert time.monotonic() - clicked < 2
    notebook.wait_for_text(2, "next")
    notebook.wait_until_idle()
    assert notebook.errors == []


@on([("lab", "6.31.0"), ("notebook", "7.4.0")])
def test_the_stop_button_is_an_event(notebook):
    notebook.run_cell(1)
    notebook.button(1, "Cancel").wait_for()

    notebook.press_interrupt()

    notebook.wait_for_text(1, "event: interrupted")


@on([("lab", "6.31.0"), *BOTH])
def test_after_a_reload_the_button_of_a_blocking_cell_works(notebook):
    notebook.run_cell(1)
    notebook.button(1, "Cancel").wait_for()
    notebook.save()

    notebook.reload()
    notebook.click_button(1, "Cancel")

    notebook.wait_until_idle()
    notebook.run_cell(2)
    notebook.wait_for_text(2, "next")


@on(BOTH)
def test_what_is_shown_can_be_saved_and_be_dark(notebook, tmp_path):
    notebook.run_cell(2)
    notebook.wait_for_text(2, "next")
    notebook.save()

    notebook.set_dark()
    notebook.screenshot(tmp_path / "dark.png")
    notebook.set_dark(False)

    assert notebook.saved().cells[2].outputs[0].text == "next\n"
    assert (tmp_path / "dark.png").stat().st_size > 0
