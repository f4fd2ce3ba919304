"""A run in the background of a Voila page moves and can be cancelled."""

import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import nbformat
import pytest
from playwright.sync_api import expect

from tests.support.kernels import JUPYTER_PATH, install

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

APP = """
import time
import nbparallel as nbp

def work(item):
    time.sleep(0.05)
    return item

run = nbp.pmap(work, range(4000), workers=4, block=False)
"""
COUNT = re.compile(r"([\d,]+) ok")


@contextmanager
def voila(directory, kernel):
    """Serve `APP` on a free port; yield its address."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(APP)],
        metadata={"kernelspec": {"name": install(kernel), "display_name": kernel}},
    )
    nbformat.write(notebook, directory / "app.ipynb")
    environment = {
        "JUPYTER_PATH": str(JUPYTER_PATH),
        "JUPYTER_CONFIG_DIR": str(directory / "config"),
        "JUPYTER_RUNTIME_DIR": str(directory / "runtime"),
        "IPYTHONDIR": str(directory / "ipython"),
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "voila", "app.ipynb", "--no-browser"),
            *(f"--port={free_port()}", "--Voila.ip=127.0.0.1"),
        ],
        cwd=directory,
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _address(process):
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"http://(?:localhost|127\.0\.0\.1):\d+/", line):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return found.group().replace("localhost", "127.0.0.1")
    raise AssertionError("".join(said))


@pytest.mark.parametrize("kernel", ["6.31.0", "7.4.0"])
def test_a_run_in_the_background_moves_and_cancels(browser, tmp_path, kernel):
    with voila(tmp_path, kernel) as address:
        page = browser.new_page()
        page.goto(address, timeout=90_000)
        button = page.get_by_role("button", name="Cancel")
        button.wait_for(timeout=60_000)
        body = page.locator("body")
        expect(body).to_contain_text(COUNT)
        first = COUNT.search(body.inner_text()).group()
        expect(body).not_to_contain_text(first)

        button.click()

        expect(body).to_contain_text("cancelled")
        expect(button).to_have_count(0)
        page.close()
