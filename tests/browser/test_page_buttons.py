"""Buttons in the page of an ended run: there while the kernel is, in no file."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import opening
from tests.support.kernels import VERSIONS
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SETUP = """
import nbparallel as nbp

mended = set()

def fetch(page):
    kind = page % 4
    if kind < 2 and kind not in mended:
        raise (ValueError if kind else KeyError)("page %d" % page)
    return page
"""
RUN = "run = nbp.pmap(fetch, range(40))"
CELLS = [SETUP, RUN, "mended.add(0)", "mended.add(1)", "run"]
_, RUN_AT, ONE_KIND_AT, ALL_AT, SHOWN_AT = range(5)


def run_all(notebook, *cells):
    for index in cells:
        notebook.run_cell(index)
        notebook.wait_until_done(index)


def press(notebook, cell, name):
    button = notebook.output(cell).get_by_role("button", name=name)
    expect(button).to_be_visible()
    button.click()


def keeps_no_widget(notebook):
    notebook.save()
    return "vnd.jupyter.widget" not in notebook.file.read_text()


@pytest.mark.every_kernel
@pytest.mark.parametrize("kernel", VERSIONS)
@pytest.mark.parametrize("frontend", ["lab", "notebook"])
def test_failures_are_run_again_from_the_page(open_notebook, frontend, kernel):
    notebook = open_notebook(CELLS, frontend=frontend, kernel=kernel)
    run_all(notebook, 0, RUN_AT, ONE_KIND_AT)
    assert keeps_no_widget(notebook)

    press(notebook, RUN_AT, re.compile("^Retry these 10$"))
    notebook.wait_for_text(RUN_AT, "30 ok (+10 by retry), 10 failed")
    run_all(notebook, ALL_AT)
    press(notebook, RUN_AT, "Retry failed")
    notebook.wait_for_text(RUN_AT, "40 ok (+20 by retry)")
    expect(notebook.output(RUN_AT).get_by_role("button")).to_have_count(0)
    assert keeps_no_widget(notebook)
    assert "40 ok (+20 by retry)" in notebook.file.read_text()


def test_a_page_that_is_loaded_again_has_them_while_the_kernel_lives(open_notebook):
    notebook = open_notebook(CELLS)
    run_all(notebook, 0, RUN_AT)
    notebook.save()
    notebook.reload()
    run_all(notebook, ONE_KIND_AT, ALL_AT)

    press(notebook, RUN_AT, "Retry failed")
    notebook.wait_for_text(RUN_AT, "40 ok (+20 by retry)")

    notebook.save()
    notebook.shutdown_kernel()
    notebook.reopen()
    notebook.wait_for_text(RUN_AT, "20 failed")  # what the file was last told
    expect(notebook.output(RUN_AT).get_by_role("button")).to_have_count(0)


def test_they_go_with_the_kernel(open_notebook):
    notebook = open_notebook(CELLS)
    run_all(notebook, 0, RUN_AT)
    button = notebook.output(RUN_AT).get_by_role("button", name="Retry failed")
    expect(button).to_be_visible()

    notebook.restart_kernel()

    expect(button).to_have_count(0)
    notebook.wait_for_text(RUN_AT, "run.retry() runs the 20 again")


def test_a_run_displayed_again_is_no_widget(open_notebook):
    notebook = open_notebook(CELLS)
    run_all(notebook, 0, RUN_AT)
    expect(
        notebook.output(RUN_AT).get_by_role("button", name="Retry failed")
    ).to_be_visible()
    run_all(notebook, SHOWN_AT)
    assert keeps_no_widget(notebook)  # though no cell was run after it
    run_all(notebook, ONE_KIND_AT, ALL_AT)

    press(notebook, SHOWN_AT, "Retry failed")

    for cell in (RUN_AT, SHOWN_AT):
        notebook.wait_for_text(cell, "40 ok (+20 by retry)")


def test_a_front_end_without_our_script_says_what_to_write(browser, tmp_path):
    server = Server(tmp_path, without=["anywidget"])
    with opening(browser, server) as open_one:
        notebook = open_one(CELLS)
        run_all(notebook, 0, RUN_AT)
        notebook.wait_for_text(RUN_AT, "display run for buttons")
        run_all(notebook, SHOWN_AT, ONE_KIND_AT, ALL_AT)
        expect(notebook.output(RUN_AT).get_by_role("button")).to_have_count(0)
        assert notebook.dialogs == []
    server.shutdown_kernels()
    server.stop()
