"""What a person does with the panel of a run, the same on every kernel and front end.

Each front end is tested in a file of its own, so that the two can run side by side.
"""

import os
import re
import time

import pytest
from playwright.sync_api import expect

SETUP = """
import asyncio
import re
import tempfile
import time
from pathlib import Path
import nbparallel as nbp

started = Path(tempfile.mkdtemp()) / "started"
started.touch()

def note_start():
    with started.open("a") as file:
        file.write(".")

def work(item):
    note_start()
    time.sleep(0.05)
    return item

async def wait(item):
    note_start()
    await asyncio.sleep(0.05)
    return item

def backtrack(item):
    "Never ends, and keeps the interpreter lock, from some item on."
    note_start()
    time.sleep(0.05)
    re.match(r"(a+)+$", "a" * 40 + "b" if item > 3 else "a")
    return item

def is_quiet():
    "Whether no task starts any more; one that was claimed may just be starting."
    before = started.stat().st_size
    time.sleep(0.3)
    return started.stat().st_size == before > 0

def check(run):
    counts = run.df["status"].value_counts()
    full = len(run.df) == 2000 == counts["ok"] + counts["cancelled"]
    print("state", run.state.value, "- partial", 0 < counts["ok"] < 2000 and full,
          "- quiet", is_quiet(), "- back at", back or begun + run.snapshot().elapsed)
"""
BLOCKING = """
back = None
try:
    run = nbp.pmap(work, range(2000), workers=4)
finally:
    back = time.time()
print("went", "on")
"""
COROUTINES = BLOCKING.replace("pmap(work", "pmap(wait")
PROCESSES = BLOCKING.replace("workers=4", "workers=4, backend='processes'")
PROCESSES = PROCESSES.replace("pmap(work", "pmap(backtrack")
BACKGROUND = """
back, begun = None, time.time()
run = nbp.pmap(work, range(2000), workers=4, block=False)
print("went", "on")
"""
CHECK = "check(nbp.last)"
ASK = "print('hello', input('name? '))"
FAIL = "1 / 0"
DEBUG = "%debug"
SETTLE = "nbp.last.wait(); print('settled')"
CELLS = [SETUP, BLOCKING, BACKGROUND, CHECK, ASK, FAIL, DEBUG, SETTLE, COROUTINES]
CELLS += [PROCESSES]
CELLS += ["order = []"]  # with all that is below it, it can be run as often as wanted
_, BLOCKING_AT, BACKGROUND_AT, CHECK_AT, ASK_AT, FAIL_AT, DEBUG_AT = range(7)
SETTLE_AT, COROUTINES_AT, PROCESSES_AT, ORDER_AT = range(7, 11)
# A page of 200 cells takes its time to open: 20, each queued ten times, do as well.
DIFFERENT, ROUNDS = 20, 10
CELLS += [f"order.append({n})" for n in range(DIFFERENT)]
IN_ORDER_AT = len(CELLS)
CELLS += [f"print('in order', order == {ROUNDS} * list(range({DIFFERENT})))"]

PARTIAL = "state cancelled - partial True - quiet True"
#: Seconds that may pass between the click in the page and the end of the run.
BACK = 1.5


def overload():
    """Return how much longer all takes because too many programs want to run."""
    return max(1, os.getloadavg()[0] / (2 * os.cpu_count()))


class PanelTests:
    """The tests; a subclass names its front end."""

    frontend: str
    cells = CELLS

    def start(self, notebook, cell):
        notebook.run_cell(cell)
        notebook.button(cell, "Cancel").wait_for()
        notebook.wait_for_text(cell, re.compile(r"[1-9]\d* ok"))

    def check(self, notebook):
        """Check that the last click ended the run in time and nothing was lost."""
        clicked = notebook.clicked_at()
        notebook.run_cell(CHECK_AT)
        notebook.wait_for_text(CHECK_AT, PARTIAL)
        back = float(notebook.output_text(CHECK_AT).split()[-1])
        assert back - clicked < BACK * overload()

    def cancel(self, notebook, cell):
        self.start(notebook, cell)

        notebook.click_button(cell, "Cancel")
        notebook.wait_for_text(cell, "went on")

        notebook.wait_for_text(cell, "cancelled")
        self.check(notebook)

    def interrupt(self, notebook, cell):
        self.start(notebook, cell)

        notebook.press_interrupt()
        notebook.wait_for_text(cell, "KeyboardInterrupt")

        text = notebook.output_text(cell)
        assert "went on" not in text, text
        self.check(notebook)

    @pytest.mark.every_kernel
    def test_cancel_ends_a_blocking_cell(self, notebook):
        self.cancel(notebook, BLOCKING_AT)

    @pytest.mark.every_kernel
    def test_the_stop_button_ends_a_blocking_cell(self, notebook):
        self.interrupt(notebook, BLOCKING_AT)

    def test_cancel_ends_a_run_in_the_background(self, notebook):
        self.start(notebook, BACKGROUND_AT)
        notebook.wait_for_text(BACKGROUND_AT, "went on")

        notebook.click_button(BACKGROUND_AT, "Cancel")
        expect(notebook.button(BACKGROUND_AT, "Cancel")).to_have_count(0)

        self.check(notebook)

    def test_the_stop_button_ends_a_run_in_the_background(self, notebook):
        self.start(notebook, BACKGROUND_AT)
        notebook.wait_until_idle()

        notebook.press_interrupt()
        expect(notebook.button(BACKGROUND_AT, "Cancel")).to_have_count(0)

        self.check(notebook)

    def test_cancel_is_heard_while_another_cell_waits_for_the_run(self, notebook):
        self.start(notebook, BACKGROUND_AT)
        notebook.run_cell(SETTLE_AT)

        notebook.click_button(BACKGROUND_AT, "Cancel")

        notebook.wait_for_text(SETTLE_AT, "settled")
        self.check(notebook)

    def test_pause_and_resume(self, notebook):
        self.start(notebook, BLOCKING_AT)

        notebook.click_button(BLOCKING_AT, "Pause")
        notebook.wait_for_text(BLOCKING_AT, "paused")
        notebook.click_button(BLOCKING_AT, "Resume")
        notebook.button(BLOCKING_AT, "Pause").wait_for()

        notebook.click_button(BLOCKING_AT, "Cancel")
        notebook.wait_for_text(BLOCKING_AT, "went on")

    def test_queued_cells_run_afterwards_all_and_in_order(self, notebook):
        self.start(notebook, BLOCKING_AT)
        notebook.queue_cells(ORDER_AT)
        for _ in range(ROUNDS):
            notebook.queue_from(ORDER_AT + 1)

        notebook.click_button(BLOCKING_AT, "Cancel")

        notebook.wait_for_text(IN_ORDER_AT, "in order True")

    def test_input_and_the_debugger_work_after_a_run(self, notebook):
        self.start(notebook, BLOCKING_AT)
        notebook.run_cell(ASK_AT)
        notebook.click_button(BLOCKING_AT, "Cancel")

        notebook.answer(ASK_AT, "Ada")
        notebook.wait_for_text(ASK_AT, "hello Ada")

        notebook.queue_cells(FAIL_AT)
        notebook.wait_for_text(FAIL_AT, "ZeroDivisionError")
        notebook.run_cell(DEBUG_AT)
        notebook.answer(DEBUG_AT, "p 6 * 7")
        notebook.wait_for_text(DEBUG_AT, "42")
        notebook.answer(DEBUG_AT, "q")
        notebook.wait_until_idle()

    def test_the_keyboard_reaches_cancel_and_stays_there(self, notebook):
        self.start(notebook, BLOCKING_AT)
        button = notebook.button(BLOCKING_AT, "Cancel")
        button.focus()
        shown = notebook.output_text(BLOCKING_AT)
        notebook.wait_for_change(BLOCKING_AT, shown)

        expect(button).to_be_focused()
        notebook.page.keyboard.press("Enter")

        notebook.wait_for_text(BLOCKING_AT, "went on")

    def test_a_reloaded_page_shows_the_panel_and_its_cancel_works(self, notebook):
        self.start(notebook, BLOCKING_AT)
        notebook.save()

        notebook.reload()
        reloaded = time.monotonic()
        notebook.button(BLOCKING_AT, "Cancel").wait_for()
        assert time.monotonic() - reloaded < 2
        notebook.click_button(BLOCKING_AT, "Cancel")

        notebook.wait_until_idle()
        self.check(notebook)
