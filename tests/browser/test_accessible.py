"""What axe-core finds in a panel: nothing, in whatever state it is."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_panel_opened import ENDS, RUN, SETUP, tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

#: What it looks at: our own output, not the notebook around it.
OURS = ".jp-Notebook .jp-Cell .jp-OutputArea-output"


def findings(notebook):
    found = Axe().run(notebook.page, context=OURS).response
    return [
        f"{each['impact']} {each['id']}: {node['html'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def test_nothing_is_found_while_a_run_goes_on_nor_after(open_notebook):
    notebook = open_notebook([SETUP, RUN, ENDS, "run"])
    notebook.run_cell(0)
    notebook.run_cell(1)
    output = notebook.output(1)
    notebook.button(1, "Cancel").wait_for()
    assert findings(notebook) == []
    notebook.wait_for_text(1, re.compile(r"\d failed"))
    tab(output, "Failed").click()
    output.get_by_title("Open group 1").click()
    expect(output).to_contain_text("raise ConnectionError")
    assert findings(notebook) == []
    tab(output, "All").click()
    output.get_by_title("Open row 3", exact=True).click()
    expect(output.locator(".nbp-card")).to_contain_text("Task 2")
    assert findings(notebook) == []
    tab(output, "Output").click()
    expect(output).to_contain_text("[9] moved 9")
    assert findings(notebook) == []
    notebook.click_button(1, "Pause")
    notebook.wait_for_text(1, "paused")
    notebook.set_dark()
    assert findings(notebook) == []
    notebook.click_button(1, "Cancel")
    notebook.wait_until_done(1)
    notebook.run_cell(2)
    notebook.wait_until_done(2)
    assert findings(notebook) == []
    notebook.run_cell(3)
    notebook.button(3, "Retry failed").wait_for()
    assert findings(notebook) == []
    notebook.set_dark(False)
    notebook.save()
    notebook.reopen()
    notebook.wait_for_text(2, "600 of 600")
    assert findings(notebook) == []
