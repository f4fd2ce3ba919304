"""A run in marimo as somebody sees it: it moves, is stopped, and stays in its place."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import Error, expect

from tests.browser.test_voila import free_port
from tests.engine.conftest import wait_for
from tests.support.kernels import install_front_end

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    from pathlib import Path

    import marimo as mo

    import nbparallel as nbp
    from nbparallel.engine import hooks

    return Path, hooks, mo, nbp


@app.cell
def _(Path, hooks, mo, nbp):
    def hold(number):
        while number > 1 and not Path("gate").exists():
            nbp.sleep(0.02)
        return number

    class Ends(hooks.Hook):
        def run_finished(self, run):
            Path(run.state.value).touch()

    hooks.add(Ends())
    mo.output.append(mo.md("before"))
    first = nbp.pmap(hold, range(4), workers=2, desc="<b>first")
    second = nbp.pmap(abs, range(3), desc="second")
    return (first,)


@app.cell
def _(first):
    print(first.state.value)
    return
"""


@contextmanager
def served(mode, directory, browser):
    """Open the notebook in a page of marimo's."""
    (directory / "notebook.py").write_text(NOTEBOOK)
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "marimo", "-q", mode, "notebook.py", "--headless"),
            *("--no-token", "--host", "127.0.0.1", "--port", str(port)),
        ],
        cwd=directory,
        env={
            **os.environ,
            "PYTHONPATH": install_front_end("marimo"),
            "XDG_CONFIG_HOME": str(directory),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    page = browser.new_page()
    try:
        visit(page, f"http://127.0.0.1:{port}")
        yield page
    finally:
        page.close()
        process.terminate()
        process.wait(20)


def visit(page, address):
    """Open *address* as soon as somebody answers there."""
    until = time.monotonic() + 60
    while True:
        try:
            page.goto(address)
        except Error:
            assert time.monotonic() < until
            page.wait_for_timeout(100)
        else:
            return


def test_a_run_moves_and_its_end_stays(browser, tmp_path):
    with served("run", tmp_path, browser) as page:
        first = page.locator(".nbp").filter(has_text="<b>first").first
        expect(first).to_contain_text("2 of 4", timeout=60_000)
        expect(first).to_contain_text("To cancel, interrupt the cell.")
        seconds = first.inner_text()
        expect(first).not_to_have_text(seconds)  # it is drawn again
        (tmp_path / "gate").touch()
        expect(first).to_contain_text("4 of 4")
        text = page.locator("body")
        expect(text).to_contain_text(
            re.compile(r"before.*<b>first done.*second done", re.DOTALL)
        )


def test_marimo_s_own_button_cancels(browser, tmp_path):
    with served("edit", tmp_path, browser) as page:
        run = page.get_by_test_id("run-button").last
        run.wait_for(timeout=60_000)
        while not page.locator(".nbp").count():
            run.click()  # what is clicked before the page is connected is lost
            page.wait_for_timeout(1000)
        first = page.locator(".nbp").filter(has_text="<b>first").first
        expect(first).to_contain_text("2 of 4", timeout=60_000)
        page.get_by_test_id("interrupt-button").last.click()
        expect(page.locator("body")).to_contain_text("interrupted")
        wait_for((tmp_path / "cancelled").exists)
