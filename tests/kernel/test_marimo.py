"""A notebook of marimo's, exported for real: it knows no display of Jupyter's."""

import json
import os
import re
import subprocess
import sys
from html import unescape

import pytest

from tests.support.kernels import install_front_end

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300)]

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    import sys

    import nbparallel as nbp

    sys.stderr.isatty = lambda: True  # the terminal of a server
    return (nbp,)


@app.cell
def _(nbp):
    def divide(number):
        print("by", number)
        return 10 / (number - 2)

    run = nbp.pmap(divide, range(5), workers=1, desc="division")
    run
    return (run,)


@app.cell
def _(nbp):
    with nbp.Executor(1) as executor:
        executor.submit(abs, -1).result()
    executor
    return


@app.cell
def _(nbp):
    from nbparallel.testing import Gate

    gate = Gate()
    going = nbp.pmap(gate, ["<b>"], block=False)
    gate.wait_for("<b>")
    going
    return gate, going


@app.cell
def _(gate, going, run):
    gate.open()
    going.wait()
    print(run.df["output"].tolist())
    return
"""


def exported(directory):
    """Export the notebook; return the cells, as the page has them, and the terminal."""
    (directory / "notebook.py").write_text(NOTEBOOK)
    overlay = install_front_end("marimo")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "marimo", "-q", "export", "html"),
            *("notebook.py", "-o", "page.html"),
        ],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": overlay, "XDG_CONFIG_HOME": str(directory)},
        check=True,
        capture_output=True,
        text=True,
    )
    _, _, found = (directory / "page.html").read_text().partition('"session": ')
    cells, _ = json.JSONDecoder().raw_decode(found)
    return cells["cells"], done


def shown(cell):
    """Return the text of the one output of a cell."""
    (output,) = cell["outputs"]
    return unescape(re.sub("<[^>]*>", "", output["data"]["text/html"]))


def test_the_page_has_the_runs_and_no_bars(tmp_path):
    (_, failed, executor, going, last), done = exported(tmp_path)

    text = shown(failed)
    assert "division" in text
    assert "4 ok, 1 failed" in text
    assert "ZeroDivisionError" in text
    assert "run.retry() runs it again." in text
    assert "1 ok" in shown(executor)
    assert "Gate done" in shown(going)  # it goes on after its cell

    consoles = [
        [(each["name"], each["text"]) for each in cell["console"]]
        for cell in (failed, executor, going, last)
    ]
    lines = [f"by {number}\n" for number in range(5)]
    assert consoles[0] == [("stdout", "".join(lines))]
    assert consoles[1:] == [[], [], [("stdout", f"{lines}\n")]]
    assert "task/s" not in done.stdout + done.stderr
