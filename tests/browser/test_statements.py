"""``%%parallel`` over statements as somebody in front of JupyterLab sees it."""

import re

import pytest

from tests.browser.panel import overload
from tests.kernel.test_statements import FAILING, FOUR, SETUP

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

WALL = "print('took', run.metrics.wall)"
HELD = """%%parallel -o run
first = "bound"
held = hold(first)
third = [held]"""
CHECK = "print(run.state.value, first, run.df['status'].tolist(), 'third' in globals())"
CELLS = [
    f"{SETUP}def hold(name):\n    return nbp.sleep(600)",
    *(FOUR, WALL, FAILING, HELD, CHECK),
]
_, FOUR_AT, WALL_AT, FAILING_AT, HELD_AT, CHECK_AT = range(6)


class TestStatements:
    frontend = "lab"
    cells = CELLS

    def test_four_seconds_of_waiting_take_one(self, notebook):
        notebook.run_cell(FOUR_AT)
        notebook.wait_for_text(FOUR_AT, "'abcd'")
        notebook.wait_for_text(FOUR_AT, "line 6 after 2, 3, 4, 5: a")
        notebook.run_cell(WALL_AT)
        notebook.wait_for_text(WALL_AT, re.compile(r"took \d"))

        assert float(notebook.output_text(WALL_AT).split()[-1]) < 2.3 * overload()

    def test_an_error_on_line_5_names_line_5(self, notebook):
        notebook.run_cell(FAILING_AT)
        notebook.wait_for_text(FAILING_AT, "not run, as they need it: lines 6, 7")
        notebook.wait_until_idle()

        shown = notebook.output_text(FAILING_AT)
        assert re.search(r"Cell In\[\d+\], line 5\n", shown)
        assert re.search(r"-> 5 b = 1 / 0", shown)

    def test_cancel_leaves_the_rest_and_keeps_the_names(self, notebook):
        notebook.run_cell(HELD_AT)
        notebook.wait_for_text(HELD_AT, re.compile(r"1 ok"))

        notebook.click_button(HELD_AT, "Cancel")

        notebook.wait_until_done(HELD_AT)
        notebook.run_cell(CHECK_AT)
        notebook.wait_for_text(CHECK_AT, re.compile(r"cancelled bound .* False"))
