"""What stays on the page and in the file, and what must not happen there."""

import json
import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_panel_opened import tab
from tests.support.payloads import payloads
from tests.support.soaking import often

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SETUP = """
import threading, time
import nbparallel as nbp

def work(item):
    if item % 10 == 3:
        raise ValueError(f"cannot do {item}")
    return item * item
"""
#: The folder for pictures, to be looked at by a person.
PICTURES = os.environ.get("PICTURES")
PLACES = [("lab", "7.4.0"), ("notebook", "6.31.0")]
#: What one of them shows, the other shows the same way.
ONE_OF_THEM = pytest.mark.parametrize(
    "place", PLACES[: often(1, 2)], ids="-".join, indirect=True
)


@pytest.fixture(params=PLACES, ids="-".join)
def place(request):
    frontend, kernel = request.param
    return {"frontend": frontend, "kernel": kernel}


def run_all(notebook, count):
    for index in range(count):
        notebook.run_cell(index)
        notebook.wait_until_done(index)


def text_of(notebook, index):
    """Return what an output says, but for how to get buttons, where there are some."""
    return re.sub(r"; display [\w.]+ for buttons", "", notebook.output_text(index))


@ONE_OF_THEM
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
    shown = [text_of(notebook, index) for index in (1, 2, 4)]
    notebook.save()

    notebook.reopen()
    notebook.wait_for_text(4, "36 ok")

    for text in shown:
        assert "work done" in text
        assert "36 ok, 4 failed" in text
        assert "ValueError cannot do … · 4 tasks" in text
    assert shown == [text_of(notebook, index) for index in (1, 2, 4)]
    outputs = [cell.outputs for cell in notebook.saved().cells]
    assert [len(each) for each in outputs] == [0, 1, 1, 0, 1, 1], outputs[3]
    assert "vnd.jupyter.widget" not in json.dumps(outputs)


STUBBORN = """
import asyncio, re, threading, time
from concurrent.futures import ThreadPoolExecutor
import nbparallel as nbp

pool = ThreadPoolExecutor(4)

def backtrack(item):
    print("trying", item)
    if item == 1:
        raise ValueError("<b>cannot</b> do 1")
    re.match(r"(a+)+$", "a" * 40 + "b" if item > 3 else "a")
    return item

def wait(item):
    nbp.sleep(600 if item > 3 else 0.01)
    return item

async def rest(item):
    await asyncio.sleep(600 if item > 3 else 0.01)
    return item

async def block(item):
    time.sleep(1 if item > 3 else 0.01)
    return item
"""
#: What ends them, what is seen meanwhile, and what is seen in the end.
STOPPED = {
    "nbp.pmap(backtrack, range(40), backend='processes', workers=2)": (
        *("3 ok, 1 failed", "ValueError: <b>cannot</b> do 1"),
    ),
    "nbp.pmap(wait, range(40), backend=pool)": (
        "4 ok",
        "8 ok, 32 cancelled",
    ),
    "nbp.pmap(rest, range(40), workers=4)": ("4 ok", "4 ok, 36 cancelled"),
    "nbp.pmap(block, range(40), workers=4)": (
        *("4 ok", "kept all other coroutines waiting"),
    ),
}


@ONE_OF_THEM
def test_the_end_of_every_kind_of_worker_is_in_the_file(open_notebook, place):
    notebook = open_notebook([STUBBORN, *STOPPED], **place)
    run_all(notebook, 1)

    def take(index, name):
        if PICTURES:
            name = f"{place['frontend']}-{place['kernel']}-{index}-{name}.png"
            notebook.output(index).screenshot(path=Path(PICTURES, name))

    ends = {}
    for index, (meanwhile, _) in enumerate(STOPPED.values(), 1):
        notebook.run_cell(index)
        notebook.wait_for_text(index, meanwhile)
        take(index, "running")
        notebook.click_button(index, "Cancel")
        notebook.wait_until_done(index)
        expect(notebook.button(index, "Cancel")).to_have_count(0)
        notebook.wait_for_text(index, "cancelled")
        ends[index] = text_of(notebook, index)
        take(index, "ended")
    notebook.save()
    notebook.reopen()
    notebook.wait_for_text(len(STOPPED), "cancelled")

    for index, (_, told) in enumerate(STOPPED.values(), 1):
        assert text_of(notebook, index) == ends[index]
        assert told in ends[index]
        take(index, "reopened")
    assert "vnd.jupyter.widget" not in notebook.file.read_text()
    notebook.set_dark()
    for index in ends:
        take(index, "dark")
    notebook.set_dark(False)


LONG = """
import tempfile, threading, time
import nbparallel as nbp

gate = threading.Event()

def visit(item):
    if item >= 110:
        assert gate.wait(60)
    time.sleep(0.02)
    if item == 7 and not gate.is_set():
        raise ConnectionError("again")
    return item

path = tempfile.mkdtemp() + "/visits.db"
options = dict(workers="auto", retries=1, backoff=0.1, rate="40/s", journal=path)
"""


@ONE_OF_THEM
def test_a_long_run_says_what_holds_it_back_and_comes_back(open_notebook, place):
    cells = [
        LONG,
        "run = nbp.pmap(visit, range(120), **options, block=False)",
        "run.workers = 3",
        "gate.set(); print(run.wait(), run.metrics.restored)",
        "again = nbp.pmap(visit, range(120), **options)",
    ]
    notebook = open_notebook(cells, **place)
    run_all(notebook, 3)

    panel = notebook.output(1)
    expect(panel).to_contain_text("The rate of 40/s holds it back")
    expect(panel).to_contain_text("3 workers")
    expect(panel).to_contain_text(re.compile(r"CPU \d+ % · memory \d+"))
    notebook.run_cell(3)
    notebook.wait_for_text(3, "True 0")
    notebook.run_cell(4)
    notebook.wait_until_done(4)
    notebook.wait_for_text(4, "119 rows came from the journal")
    notebook.save()
    notebook.reopen()

    notebook.wait_for_text(1, "waited on the rate limit")
    notebook.wait_for_text(4, "119 rows came from the journal")


@ONE_OF_THEM
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


SILENT = """
gate = threading.Event()

def held(item):
    assert gate.wait(60)
    return work(item)

run = nbp.pmap(held, range(40), workers=4, block=False, progress=False)
"""


@ONE_OF_THEM
def test_a_silent_run_that_is_displayed_is_kept_up_to_date(open_notebook, place):
    steps = ["gate.set(); run.wait();", "work = str", "run.retry(block=False).wait();"]
    notebook = open_notebook([SETUP, SILENT, "run", *steps], **place)
    run_all(notebook, 2)
    notebook.run_cell(2)
    expect(notebook.button(2, "Cancel")).to_be_visible()

    notebook.run_cell(3)
    notebook.wait_for_text(2, "36 ok, 4 failed")
    expect(notebook.button(2, "Cancel")).to_have_count(0)
    notebook.run_cell(4)
    notebook.wait_until_done(4)
    notebook.run_cell(5)
    notebook.wait_for_text(2, "40 ok")

    notebook.save()
    assert "vnd.jupyter.widget" not in notebook.file.read_text()
    assert "40 ok" in notebook.file.read_text()


@ONE_OF_THEM
def test_the_buttons_of_a_silent_run_tell_what_they_did(open_notebook, place):
    cells = [SETUP, SILENT, "run", SILENT, "gate.set(); run.wait();", "work = str; run"]
    notebook = open_notebook(cells, **place)
    run_all(notebook, 2)
    notebook.run_cell(2)
    notebook.click_button(2, "Cancel")
    notebook.wait_for_text(2, "40 cancelled")
    for index in (3, 4, 5):
        notebook.run_cell(index)
        notebook.wait_until_done(index)

    notebook.click_button(5, "Retry failed")
    notebook.wait_for_text(5, "40 ok")


def look_around(notebook, cell, words):
    """Open what can be opened in a panel, and search for *words*."""
    output = notebook.output(cell)
    tab(output, "Failed").click()
    output.get_by_title("Open group 1", exact=True).click()
    notebook.wait_for_text(cell, "Traceback")
    tab(output, "All").click()
    output.get_by_title("Open row 3", exact=True).click()
    card = output.locator(".nbp-card")
    expect(card).to_contain_text("window.hacked")
    opened = []
    for row in range(4, 25, 4):
        output.get_by_title(f"Open row {row}", exact=True).click()
        expect(card).to_contain_text(f"Task {row - 1}")
        opened.append(card.inner_text())
    assert any("rich" in each for each in opened)
    output.get_by_placeholder("search all tasks").fill(words)
    notebook.wait_for_text(cell, "1 of 1")
    tab(output, "Output").click()
    notebook.wait_for_text(cell, re.compile(r"\[\d+\] "))


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
    def _repr_html_(self): return f"<b>rich</b>{self.text}"

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
    look_around(notebook, 2, hostile[0])
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
    ours = 'img[src^="data:image/svg+xml;base64,"]'
    strange = notebook.page.locator(f".jp-OutputArea :is(img:not({ours}), iframe)")
    assert strange.count() == 0


def test_a_part_is_chosen_in_one_output_alone(open_notebook, place):
    cells = [SETUP, "run = nbp.pmap(work, range(40), progress=False)", "run", "run"]
    notebook = open_notebook([*cells, "print('gone on')"], **place)
    run_all(notebook, 5)
    panes = [
        notebook.output(index).get_by_role("group", name="work: All")
        for index in (2, 3)
    ]
    for each in panes:
        expect(each).to_be_hidden()

    notebook.output(2).get_by_text("All 40").click()
    expect(panes[0]).to_be_visible()
    expect(panes[1]).to_be_hidden()
    notebook.output(3).get_by_text("All 40").click()
    expect(panes[0]).to_be_visible()
    expect(panes[1]).to_be_visible()


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_an_exported_page_shows_the_end(open_notebook, browser, tmp_path, template):
    notebook = open_notebook([SETUP, "run = nbp.pmap(work, range(40))"])
    run_all(notebook, 2)
    notebook.save()

    subprocess.run(
        [
            *(sys.executable, "-m", "nbconvert", "--to", "html", str(notebook.file)),
            *("--output-dir", str(tmp_path), "--template", template),
        ],
        check=True,
        capture_output=True,
    )

    file = tmp_path / f"{notebook.file.stem}.html"
    page = file.read_text()
    assert "36 ok, 4 failed" in re.sub(r"<[^>]+>", "", page)
    assert "widget-view" not in page
    # Its scripts come from elsewhere, and are not what shows a run.
    elsewhere = re.compile("^https?:")
    with closing(browser.new_page()) as shown:
        shown.route(elsewhere, lambda route: route.abort())
        shown.goto(file.as_uri())
        group = shown.locator(".nbp-fold").bounding_box()
        last = shown.locator(".nbp-way-on").bounding_box()
    assert last["y"] - (group["y"] + group["height"]) < 20, "there is a blank"
