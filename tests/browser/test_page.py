"""What stays on the page and in the file, and what must not happen there."""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.support.payloads import payloads

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SETUP = """
import threading, time
import nbparallel as nbp

def work(item):
    if item % 10 == 3:
        raise ValueError(f"cannot do {item}")
    return item * item
"""
PLACES = [("lab", "7.4.0"), ("lab", "6.31.0"), ("notebook", "7.4.0")]


@pytest.fixture(params=PLACES, ids="-".join)
def place(request):
    frontend, kernel = request.param
    return {"frontend": frontend, "kernel": kernel}


def run_all(notebook, count):
    for index in range(count):
        notebook.run_cell(index)
        notebook.wait_until_done(index)


def test_the_saved_notebook_tells_the_end_without_a_kernel(open_notebook, place):
    cells = [
        SETUP,
        "run = nbp.pmap(work, range(40))\nrun",
        "late = nbp.pmap(work, range(40), block=False)",
        "late.wait();",
        "run",
        "print('gone on')",
    ]
    notebook = open_notebook(cells, **place)
    run_all(notebook, len(cells))
    shown = [notebook.output_text(index) for index in (1, 2, 4)]
    notebook.save()

    notebook.reopen()
    notebook.wait_for_text(4, "36 ok")

    for text in shown:
        assert "work done" in text
        assert "36 ok, 4 failed" in text
        assert "ValueError: cannot do 33" in text
    assert shown == [notebook.output_text(index) for index in (1, 2, 4)]
    outputs = [cell.outputs for cell in notebook.saved().cells]
    assert [len(each) for each in outputs] == [0, 1, 1, 0, 1, 1], outputs[3]
    assert "vnd.jupyter.widget" not in json.dumps(outputs)


def test_a_failed_run_displayed_again_offers_to_retry(open_notebook, place):
    cells = [
        SETUP,
        """
mended = threading.Event()

def flaky(item):
    return item if mended.is_set() else work(item)

run = nbp.pmap(flaky, range(40))
mended.set()
""",
        "run",
        "run.df['status'].value_counts()['ok']",
    ]
    notebook = open_notebook(cells, **place)
    run_all(notebook, 3)

    notebook.click_button(2, "Retry failed")

    expect(notebook.output(1)).to_contain_text("40 ok")
    expect(notebook.output(2)).to_contain_text("40 ok")
    notebook.run_cell(3)
    notebook.wait_for_text(3, "40")
    notebook.save()
    assert "vnd.jupyter.widget" not in notebook.file.read_text()


def test_nothing_a_task_says_is_ever_run(open_notebook, place):
    hostile = payloads([f"window.hacked={n}" for n in range(1, 6)])
    cells = [
        f"hostile = {hostile!r}",
        """
import threading
import nbparallel as nbp

looked_at = threading.Event()

class Evil:
    def __init__(self, text): self.text = text
    def __repr__(self): return self.text

def say(item):
    print(item)
    if item == hostile[-1]:
        looked_at.wait()
    if len(item) % 2:
        raise ValueError(item)
    return Evil(item)
""",
        "run = nbp.pmap(say, hostile, rows=100, block=False, desc=hostile[0])",
        "looked_at.set(); run.wait()",
        "run",
    ]
    notebook = open_notebook(cells, **place)
    run_all(notebook, 3)
    notebook.wait_for_text(2, re.compile(r"99 of 100"))
    notebook.wait_for_text(2, "window.hacked=5")
    notebook.run_cell(3)
    notebook.wait_until_done(3)
    notebook.run_cell(4)
    notebook.wait_for_text(4, "window.hacked=5")
    notebook.save()
    notebook.reopen()
    notebook.wait_for_text(2, "window.hacked=5")

    for details in notebook.page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    assert notebook.page.evaluate("() => window.hacked") is None
    assert (
        notebook.page.locator(".jp-OutputArea img, .jp-OutputArea iframe").count() == 0
    )


def test_an_exported_page_shows_the_end(open_notebook, tmp_path):
    notebook = open_notebook([SETUP, "run = nbp.pmap(work, range(40))"])
    run_all(notebook, 2)
    notebook.save()

    subprocess.run(
        [
            *(sys.executable, "-m", "nbconvert", "--to", "html", str(notebook.file)),
            *("--output-dir", str(tmp_path)),
        ],
        check=True,
        capture_output=True,
    )

    page = (tmp_path / f"{notebook.file.stem}.html").read_text()
    assert "36 ok, 4 failed" in re.sub(r"<[^>]+>", "", page)
    assert "widget-view" not in page
