"""A loop over calls as somebody in front of JupyterLab sees it."""

import re

import pytest

from tests.browser.panel import overload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SETUP = """
import time
import nbparallel as nbp

def work(seconds):
    nbp.sleep(seconds)
    return seconds

calls = [{"seconds": 0}] * 3 + [{"seconds": 600}] * 5
"""
LOOP = """
back, ends = None, []
with nbp.Parallelized(work, calls, num_threads=4, desc="sleeping") as par:
    for kwargs, result, error in par:
        ends.append(error)
        par.pbar.set_postfix({"<b>loss": 0.25}, ends=len(ends))
        if len(ends) == 3:
            par.pbar.set_description("dreaming")
            par.pbar.write("three have ended")
back = time.time()
"""
CHECK = """
counts = par.run.df["status"].value_counts()
print(par.run.state.value, len(ends), counts["ok"] < 8 == counts.sum(), back)
"""
CELLS = [SETUP, LOOP, CHECK]
_, LOOP_AT, CHECK_AT = range(3)
#: Seconds that may pass between the click in the page and the end of the loop.
BACK = 1.5


class TestParallelized:
    frontend = "lab"
    cells = CELLS

    def start(self, notebook):
        notebook.run_cell(LOOP_AT)
        notebook.button(LOOP_AT, "Cancel").wait_for()

    def test_what_the_loop_says_shows_while_it_goes_on_and_in_the_saved_file(
        self, notebook
    ):
        self.start(notebook)

        notebook.wait_for_text(LOOP_AT, "<b>loss=0.25, ends=3")
        notebook.wait_for_text(LOOP_AT, re.compile("dreaming.*running", re.DOTALL))
        notebook.wait_for_text(LOOP_AT, "three have ended")
        notebook.button(LOOP_AT, "Cancel").wait_for()

        notebook.click_button(LOOP_AT, "Cancel")
        notebook.wait_until_done(LOOP_AT)
        notebook.wait_for_text(LOOP_AT, "<b>loss=0.25, ends=8")
        clicked = notebook.clicked_at()
        notebook.run_cell(CHECK_AT)
        notebook.wait_for_text(CHECK_AT, "cancelled 8 True")
        back = float(notebook.output_text(CHECK_AT).split()[-1])
        assert back - clicked < BACK * overload()

        notebook.save()
        shown = str(notebook.saved().cells[LOOP_AT].outputs)
        assert "&lt;b&gt;loss=0.25, ends=8" in shown
        assert "dreaming" in shown
        assert "widget-view" not in shown

    def test_the_stop_button_ends_the_loop_with_what_it_has_cancelled(self, notebook):
        self.start(notebook)
        notebook.wait_for_text(LOOP_AT, "ends=3")

        notebook.press_interrupt()
        notebook.wait_for_text(LOOP_AT, "KeyboardInterrupt")
        notebook.wait_until_idle()  # until then, cells that are queued are given up

        notebook.run_cell(CHECK_AT)
        notebook.wait_for_text(CHECK_AT, "cancelled 8 True None")
