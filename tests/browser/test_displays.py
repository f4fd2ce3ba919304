"""What tasks display, as somebody sees it: in the row's card, and below the panel."""

import pytest
from playwright.sync_api import expect

from tests.support.payloads import payloads

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SETUP = """
import threading
import nbparallel as nbp
from IPython.display import HTML, clear_output, display
from matplotlib.figure import Figure

%matplotlib inline
hostile, kinds = {hostile!r}, ["text/html", "image/svg+xml", "image/png"]
gate = threading.Event()

def draw(number):
    figure = Figure(figsize=(1, 1))
    figure.add_subplot().plot([number])
    clear_output()
    for each in hostile[number::4]:
        display(dict.fromkeys(kinds, each), raw=True)
    display(figure)
    if number == 0:
        assert gate.wait(60)
    return number
"""
RUN = "run = nbp.pmap(draw, range(4), workers=4, desc='drawing')"


@pytest.fixture
def notebook(open_notebook):
    hostile = payloads(["window.hacked=1", "window.hacked=2"])
    made = open_notebook([SETUP.format(hostile=hostile), RUN])
    made.run_cell(0)
    made.wait_until_done(0)
    return made


def open_row(output, task):
    output.get_by_title(f"Open row {task + 1}", exact=True).click()
    card = output.locator(".nbp-card")
    expect(card).to_contain_text(f"Task {task}")
    return card


def test_a_figure_is_in_its_card_at_once_and_below_the_panel_in_order(notebook):
    notebook.run_cell(1)
    output = notebook.output(1)
    output.get_by_text("All 4").click()
    for task in range(4):
        card = open_row(output, task)
        expect(card.locator("img[src^='data:image/png']").first).to_be_visible()
    # Nothing runs in a card; below the panel it is as if the cell itself displayed it.
    assert notebook.page.evaluate("window.hacked ?? null") is None
    assert output.locator("small").count() == 0

    notebook.click_button(1, "Cancel")
    notebook.wait_until_done(1)
    named = output.locator("small")
    expect(named).to_have_text([f"Task {n} · {n}" for n in range(4)])
    assert output.locator("img[src^='data:image/png']").count() >= 4
