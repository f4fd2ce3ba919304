"""The notebook that has its picture taken, and what goes on in it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.support.browser import NotebookPage

_SETUP = """
import time
import nbparallel as nbp

tried = set()

def fetch(url):
    page = int(url.rpartition("/")[2])
    time.sleep(0.1 + page * 37 % 30 / 100)
    if page in failing and page not in tried:
        tried.add(page)
        raise ConnectionError(f"{url} did not answer")
    if page % 10 == 4:
        print("moved to", url.replace("page", "archive"))
    return {"bytes": page * 7919 % 10_000, "title": f"Page {page}"}

def page(number):
    return f"https://example.org/page/{number}"

failing = set(range(7, 10_000, 10))
many, urls = [page(number) for number in range(20_000)], list(map(page, range(250)))
"""
_RUN = "run = nbp.pmap(fetch, many, workers=8)"
_FAILED = "tried.clear()\nfailed = nbp.pmap(fetch, urls[:60], workers=16)"
_ENDED = "ended = nbp.pmap(fetch, urls[:60], workers=4)"

CELLS = (_SETUP, _RUN, _FAILED, _ENDED)
_, RUN, FAILED, ENDED = range(4)
#: The same preparations, for a run whose twelve failures all come early.
EARLY = _SETUP + "failing = set(range(2, 60, 5))\n"


def begin(notebook: NotebookPage) -> None:
    """Run the preparations, with nothing beside the notebook."""
    notebook.page.evaluate(
        "() => { jupyterapp.shell.collapseLeft(); jupyterapp.shell.collapseRight() }"
    )
    notebook.run_cell(0)
    notebook.wait_until_done(0)


def go_on(notebook: NotebookPage) -> None:
    """Start the long run, and wait until there is something of everything to see."""
    notebook.run_cell(RUN)
    notebook.wait_for_text(RUN, re.compile(r"\b[89] failed|1\d failed"))
    notebook.wait_for_text(RUN, "moved to")


def pause(notebook: NotebookPage) -> None:
    """Pause it."""
    notebook.click_button(RUN, "Pause")
    notebook.wait_for_text(RUN, "paused")


def cancel(notebook: NotebookPage) -> None:
    """Cancel it, and wait for its end."""
    notebook.click_button(RUN, "Cancel")
    notebook.wait_until_done(RUN)
    notebook.wait_for_text(RUN, "cancelled")
    notebook.wait_until_idle()


def fail(notebook: NotebookPage) -> None:
    """Carry out a run some of whose tasks fail: the end tells why."""
    _carry_out(notebook, FAILED)
    fold = notebook.output(FAILED).locator(".nbp-fold").first
    expect(fold).to_have_attribute("open", "")


def end(notebook: NotebookPage) -> None:
    """Carry out a run in which all goes well: what failed has been tried before."""
    _carry_out(notebook, ENDED)


def _carry_out(notebook: NotebookPage, cell: int) -> None:
    """Run a cell to its end, and see to it that its panel is open."""
    notebook.run_cell(cell)
    notebook.wait_until_done(cell)
    notebook.wait_for_text(cell, "60 of 60")
    expect(notebook.button(cell, "Cancel")).to_have_count(0)
    notebook.wait_until_idle()
    panel = notebook.output(cell).locator("details.nbp-run")
    if panel.get_attribute("open") is None:
        panel.locator("summary").first.click()
