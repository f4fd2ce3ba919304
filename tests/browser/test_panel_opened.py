"""What opens in a panel is clicked in a real browser while the cell blocks."""

import re
from typing import ClassVar

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SETUP = """
import time
import nbparallel as nbp

tried = set()

def fetch(page):
    time.sleep(0.03)
    if page % 50 == 7 and page not in tried:
        tried.add(page)
        raise ConnectionError(f"no answer from page {page}")
    if page % 50 == 9:
        print("moved", page)
    return {"page": page}

def quick(page):
    return fetch(page)
"""
RUN = """
run = nbp.pmap(fetch, range(20_000), workers=8)
"""
ENDS = """
tried.clear()
run = nbp.pmap(fetch, range(600), workers=8)
"""
SHORT = "short = nbp.pmap(abs, range(100))"
_, RUN_AT, ENDS_AT, SHORT_AT = range(4)


class TestLookingAround:
    frontend = "lab"
    cells: ClassVar = [SETUP, RUN, ENDS, SHORT]

    def test_everything_can_be_clicked_while_the_cell_blocks(self, notebook):
        notebook.run_cell(RUN_AT)
        output = notebook.output(RUN_AT)
        notebook.wait_for_text(RUN_AT, re.compile(r"[5-9] failed|\d\d failed"))

        tab(output, "Failed").click()
        expect(output).to_contain_text("no answer from page …")
        output.get_by_title("Open group 1").click()
        expect(output).to_contain_text("raise ConnectionError")

        tab(output, "All").click()
        expect(output).to_contain_text("1 of 800")
        output.get_by_title("Next page").click()
        expect(output).to_contain_text("2 of 800")
        expect(output.locator("td.nbp-task").first).to_have_text("25")

        output.get_by_placeholder("search all tasks").fill("no answer from page 57")
        expect(output.locator("td.nbp-task")).to_have_text(["57"])
        output.get_by_title("Open row 1", exact=True).click()
        expect(output.locator(".nbp-card")).to_contain_text("Traceback")

        tab(output, "Output").click()
        expect(output).to_contain_text("[9] moved 9")

        tab(output, "Failed").click()
        again = output.get_by_role("button", name=re.compile("^Retry these"))
        again.first.click()
        tab(output, "All").click()
        output.get_by_placeholder("search all tasks").fill("57")
        first = output.locator("tr:has(td.nbp-task)").first
        expect(first).to_contain_text(re.compile("57.*ok, 2 tries"))
        assert "[*]" in notebook.prompt(RUN_AT)

        notebook.click_button(RUN_AT, "Cancel")
        notebook.wait_until_done(RUN_AT)
        notebook.wait_for_text(RUN_AT, "by retry")

    def test_the_keyboard_reaches_tabs_and_rows(self, notebook):
        notebook.run_cell(RUN_AT)
        output = notebook.output(RUN_AT)
        notebook.wait_for_text(RUN_AT, "Slowest")

        tab(output, "All").focus()
        notebook.page.keyboard.press("Enter")
        expect(output).to_contain_text("1 of 800")
        output.get_by_title("Open row 3", exact=True).focus()
        notebook.page.keyboard.press("Enter")
        expect(output.locator(".nbp-card")).to_contain_text("Task 2")

        notebook.click_button(RUN_AT, "Cancel")
        notebook.wait_until_done(RUN_AT)


@pytest.mark.parametrize("width", [1300, 1000])
def test_once_open_it_moves_no_cell_below(open_notebook, width):
    notebook = open_notebook([SETUP, RUN, ENDS, SHORT])
    notebook.page.set_viewport_size({"width": width, "height": 1000})
    notebook.run_cell(0)
    notebook.wait_until_done(0)
    notebook.run_cell(ENDS_AT)
    notebook.wait_for_text(ENDS_AT, "Slowest")
    heights, places = [height(notebook, ENDS_AT)], tops(notebook, ENDS_AT)
    notebook.wait_for_text(ENDS_AT, re.compile("[4-5]\\d\\d of 600"))
    heights.append(height(notebook, ENDS_AT))
    notebook.wait_until_done(ENDS_AT)
    notebook.wait_for_text(ENDS_AT, "600 of 600")
    expect(notebook.button(ENDS_AT, "Cancel")).to_have_count(0)
    heights.append(height(notebook, ENDS_AT))
    assert max(heights) - min(heights) <= 2, heights
    assert tops(notebook, ENDS_AT) == pytest.approx(places, abs=1)


@pytest.mark.parametrize("width", [1300, 1000])
def test_triangles_stand_beside_their_rows(open_notebook, width):
    notebook = open_notebook([SETUP, RUN])
    notebook.page.set_viewport_size({"width": width, "height": 1000})
    notebook.run_cell(0)
    notebook.run_cell(1)
    output = notebook.output(1)
    notebook.wait_for_text(1, re.compile("[2-9]\\d ok"))
    notebook.click_button(1, "Pause")
    notebook.wait_for_text(1, "paused")
    tab(output, "All").click()
    expect(output).to_contain_text("1 of 800")
    output.get_by_placeholder("search all tasks").fill("17")  # 217 is pending
    expect(output.locator(".nbp-brief").first).to_be_attached()

    rows = output.locator("tbody tr").all()
    openers = output.locator(".nbp-openers button").all()
    apart = [
        abs(row.bounding_box()["y"] - opener.bounding_box()["y"])
        for row, opener in zip(rows, openers, strict=True)
    ]
    assert max(apart) <= 1, apart
    heights = {round(row.bounding_box()["height"]) for row in rows}
    narrow = output.locator(".nbp-panel").bounding_box()["width"] <= 720
    assert len(heights) == 1 + narrow
    notebook.click_button(1, "Cancel")
    notebook.wait_until_done(1)


def test_a_short_run_is_one_line_that_opens(open_notebook):
    notebook = open_notebook([SETUP, RUN, ENDS, SHORT])
    notebook.run_cell(0)
    notebook.run_cell(SHORT_AT)
    notebook.wait_for_text(SHORT_AT, "100 of 100")
    notebook.wait_until_done(SHORT_AT)
    output = notebook.output(SHORT_AT)
    assert height(notebook, SHORT_AT) < 60
    output.locator("summary").first.click()
    expect(output.locator("table").first).to_be_visible()


def tab(output, name):
    return output.locator(".nbp-tab-line").get_by_role(
        "button", name=re.compile(f"^{name}")
    )


#: In one go, for parts are drawn anew.
PLACES = """(output, parts) => {
    const top = output.getBoundingClientRect().top;
    return parts.flatMap(part => {
        const place = output.querySelector(part).getBoundingClientRect();
        return [place.left, place.top - top];
    });
}"""


def tops(notebook, index):
    """Where the parts of a panel begin, counted from its top."""
    parts = [
        ".nbp-name",
        ".nbp-strip",
        ".nbp-above",
        ":is(.nbp-tab-line, .nbp-tabs > label)",
    ]
    output = notebook.output(index)
    for part in parts:
        output.locator(part).first.wait_for()
    return output.evaluate(PLACES, parts)


def height(notebook, index):
    return notebook.output(index).bounding_box()["height"]
