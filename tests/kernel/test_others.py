"""Kernels that are no ipykernel, and kernels that lack something."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.kernels import JUPYTER_PATH, OTHERS, install_other

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(120)]

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01-quickstart.ipynb"
STATIC = {"text/html", "text/plain"}

WITHOUT = {
    "ipywidgets": "import sys; sys.modules['ipywidgets'] = None",
    "comms": """
import comm
comm.create_comm = comm._create_comm = lambda *_, **__: comm.DummyComm()
""",
}

BACKGROUND = """
import threading
import nbparallel as nbp

gate = threading.Event()

def task(number):
    print("before", number)
    gate.wait()
    print("after", number)
"""


@pytest.fixture(params=OTHERS)
def other(request, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", str(JUPYTER_PATH))
    return install_other(request.param)


def executed(kernel, cells):
    """Run cells as nbclient does; return them with their outputs."""
    found = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(found, kernel_name=kernel, timeout=60).execute()
    return [cell for cell in found.cells if cell.cell_type == "code"]


def run(kernel, *sources):
    return executed(kernel, [nbformat.v4.new_code_cell(source) for source in sources])


def displays(cell):
    return [
        each["data"] for each in cell.outputs if each["output_type"] == "display_data"
    ]


def printed(cell):
    return "".join(each.get("text", "") for each in cell.outputs)


def test_the_quickstart_runs_and_leaves_static_output(other):
    cells = executed(other, nbformat.read(QUICKSTART, as_version=4).cells)

    panels = [data for cell in cells for data in displays(cell)]
    assert all(data.keys() == STATIC for data in panels)
    silent = ("block=False", "progress=False")
    runs = [cell for cell in cells if "nbp.pmap(" in cell.source]
    shown = [cell for cell in runs if not any(word in cell.source for word in silent)]
    assert len(shown) >= 2
    assert all(displays(cell) for cell in shown)


def test_the_first_panel_of_a_session_tells_the_end(other):
    first, again, failed, _ = run(
        other,
        "import nbparallel as nbp\n"
        "run = nbp.pmap(lambda n: print('task', n), range(3)); print('cell')",
        "assert list(run.df['output']) == [f'task {n}\\n' for n in range(3)]\nrun",
        "nbp.pmap(lambda n: 1 / n, range(3))",
        "print('later')",
    )

    for cell, end in [(first, "3 ok"), (again, "3 ok"), (failed, "1 failed")]:
        (data,) = displays(cell)
        assert data.keys() == STATIC
        assert end in data["text/plain"]
    assert printed(first).split() == ["cell"]


def test_a_background_run_keeps_its_output_and_tells_its_end(other):
    *_, last = run(
        other,
        BACKGROUND,
        "run = nbp.pmap(task, range(20), workers=2, block=False)",
        "print('meanwhile')\ngate.set()",
        "run.wait()\n"
        "assert list(run.df['output']) == "
        "[f'before {n}\\nafter {n}\\n' for n in range(20)]\nprint('checked')",
    )

    assert printed(last).split() == ["checked"]


@pytest.mark.parametrize("without", WITHOUT.values(), ids=WITHOUT)
def test_without_widgets_a_run_works_and_tells_its_end(kernel, without):
    kernel.restart()
    kernel.run(without)
    cell = kernel.execute(
        "import nbparallel as nbp\nnbp.pmap(str, range(3))", allow_stdin=True
    )
    outcome = kernel.outcome(cell)
    said = [each["content"] for each in outcome.outputs]
    shown = [each["data"] for each in said if "data" in each]
    kernel.restart()

    assert outcome.status == "ok"
    assert shown
    assert all(data.keys() == STATIC for data in shown)
    assert "3 ok" in shown[-1]["text/plain"]


def test_what_tasks_display_comes_by_task(other):
    source = """
import threading
import nbparallel as nbp
from IPython.display import display

gate = threading.Event()

def show(number):
    if number == 0:
        gate.wait()
    display({"text/plain": f"shown by {number}"}, raw=True)
    gate.set()

run = nbp.pmap(show, range(3), workers=3)
"""
    (cell,) = run(other, source)
    texts = [each["text/plain"] for each in displays(cell)]
    assert [each for each in texts if each.startswith(("shown", "Task"))] == [
        words for n in range(3) for words in (f"Task {n} · {n}", f"shown by {n}")
    ]
