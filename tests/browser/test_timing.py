"""A sweep as somebody in front of JupyterLab sees it."""

import os
import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SETUP = """
import nbparallel as nbp

calls = []

def work(item):
    calls.append(item)
    # Two legs of four items are over: the third one stays, unless it is cancelled.
    nbp.sleep(60 if len(calls) > 8 else 0.02)
"""
SWEEP = """calls.clear()
swept = nbp.sweep(work, range(4), workers=(1, 2, 4), warmup=False)"""
CHECK = "print('rows', len(swept.df), 'of', swept.planned)"
WORDS = "nbp.sweep(nbp.sleep, [0.02] * 8, workers=(1, 2, 4), progress=False)"
CELLS = [SETUP, SWEEP, CHECK, "swept.plot()", "ax = swept.plot()", WORDS]
_, SWEEP_AT, CHECK_AT, PLOT_AT, KEPT_AT, WORDS_AT = range(6)


class TestTiming:
    frontend = "lab"
    cells = CELLS

    def test_a_sweep_cancelled_by_its_button_keeps_its_legs(self, notebook):
        notebook.run_cell(SWEEP_AT)
        notebook.wait_for_text(SWEEP_AT, re.compile(r"\b2 ok"))

        notebook.click_button(SWEEP_AT, "Cancel")

        notebook.wait_until_done(SWEEP_AT)
        notebook.queue_cells(CHECK_AT, PLOT_AT, KEPT_AT)
        notebook.wait_for_text(CHECK_AT, "rows 2 of 9")
        notebook.wait_until_done(KEPT_AT)
        notebook.output(PLOT_AT).locator("img").wait_for()
        for plotted in PLOT_AT, KEPT_AT:
            assert notebook.output(plotted).locator("img").count() == 1

    def test_its_words_and_table_are_kept_in_the_file(self, notebook):
        notebook.run_cell(WORDS_AT)
        notebook.wait_for_text(WORDS_AT, "4 workers took")

        notebook.save()
        notebook.reopen()

        notebook.wait_for_text(WORDS_AT, "4 workers took")
        rows = notebook.output(WORDS_AT).locator("tbody tr")
        assert [row.split()[0] for row in rows.all_inner_texts()] == ["1", "2", "4"]
        if folder := os.environ.get("PICTURES"):  # to be looked at by a person
            for dark in False, True:
                notebook.set_dark(dark)
                notebook.output(WORDS_AT).screenshot(path=f"{folder}/words-{dark}.png")
            notebook.set_dark(False)
