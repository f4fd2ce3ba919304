"""``%%parallel`` over statements as somebody in front of JupyterLab sees it."""

import os
import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.panel import overload
from tests.browser.test_accessible import findings
from tests.kernel.test_statements import FAILING, FOUR, SETUP

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

WALL = "print('took', run.metrics.wall)"
HELD = """%%parallel -o run
first = "bound"
held = hold(first)
third = [held]"""
GRAPH = """%%parallel -o run
users = ["<b>ann</b>"]
orders = [3, 1]
names = sorted(users)
held = hold(names)
report = names + orders
orders.append(4)"""
CHECK = "print(run.state.value, first, run.df['status'].tolist(), 'third' in globals())"
CELLS = [
    f"{SETUP}def hold(name):\n    return nbp.sleep(600)",
    *(FOUR, WALL, FAILING, HELD, CHECK, GRAPH),
]
_, FOUR_AT, WALL_AT, FAILING_AT, HELD_AT, CHECK_AT, GRAPH_AT = range(7)
#: The folder for pictures, to be looked at by a person.
PICTURES = os.environ.get("PICTURES")


def photograph(notebook, name):
    """Take the pictures that somebody asked for: light, dark, and of a narrow page."""
    if PICTURES is None:
        return
    page, output = notebook.page, notebook.output(GRAPH_AT)
    usual = page.viewport_size
    for look, dark, width in (
        ("light", False, usual["width"]),
        ("dark", True, usual["width"]),
        ("narrow", False, 700),
    ):
        notebook.set_dark(dark)
        page.set_viewport_size({**usual, "width": width})
        output.screenshot(path=f"{PICTURES}/statements-{name}-{look}.png")
    page.set_viewport_size(usual)


#: The boxes of a row's lines and of its text: in one go, for rows are drawn anew.
BOXES = """all => all.map(each => {
    const {left, right, top, bottom} = each.getBoundingClientRect();
    const text = each.nextSibling.getBoundingClientRect().left;
    return {left, right, top, bottom, text};
})"""


def assert_lines_join(output, rows):
    """Check that each row has its piece, which goes down to the piece of the next."""
    pieces = output.locator("svg.nbp-edges")
    expect(pieces).to_have_count(rows)
    boxes = pieces.evaluate_all(BOXES)
    assert len(boxes) == rows
    for over, under in pairwise(boxes):
        assert over["left"] == pytest.approx(under["left"], abs=0.5)
        assert under["top"] - over["bottom"] <= 0.5
    assert all(each["right"] <= each["text"] for each in boxes)


class TestStatements:
    frontend = "lab"
    cells = CELLS

    def test_four_seconds_of_waiting_take_one(self, notebook):
        notebook.run_cell(FOUR_AT)
        notebook.wait_for_text(FOUR_AT, "'abcd'")
        notebook.wait_for_text(FOUR_AT, "line 6, waits for lines 2, 3, 4, 5: a")
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

    def test_lines_lead_from_statement_to_statement(self, notebook):
        notebook.run_cell(GRAPH_AT)
        output = notebook.output(GRAPH_AT)
        notebook.wait_for_text(GRAPH_AT, "line 7, waits for line 6: orders.append(4)")

        assert_lines_join(output, 6)
        row = output.get_by_title("line 6 needs line 4 (uses `names`)")
        expect(row).to_have_text(
            "line 6, waits for lines 3, 4: report = names + orders"
        )
        assert findings(notebook) == []
        photograph(notebook, "live")

        notebook.click_button(GRAPH_AT, "Cancel")
        notebook.wait_until_done(GRAPH_AT)
        assert_lines_join(output, 6)
        assert findings(notebook) == []
        photograph(notebook, "ended")
        notebook.page.set_viewport_size({"width": 700, "height": 900})
        assert_lines_join(output, 6)
        expect(
            output.get_by_title("line 7 needs line 6 (shares `orders`)")
        ).to_have_count(1)
        expect(output).to_contain_text("of 6 statements ran at the same time")
        notebook.save()
        (saved,) = notebook.saved().cells[GRAPH_AT].outputs
        assert "of 6 statements ran at the same time" in saved.data["text/plain"]
        assert 'line 7 needs line 6 (shares `orders`)"' in saved.data["text/html"]
