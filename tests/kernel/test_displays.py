"""What tasks display, in real kernels: it belongs to the task and is not lost."""

import pytest

from tests.kernel.test_magic import cancel_button

pytestmark = [pytest.mark.kernel, pytest.mark.every_kernel]

SETUP = """
import threading, time
import nbparallel as nbp
from IPython.display import HTML, clear_output, display
from nbparallel.testing import DEADLINE

class Picture:
    def __init__(self, name): self.name = name
    def __repr__(self): return f"<picture {self.name}>"
    def _repr_svg_(self):
        return f"<svg xmlns='http://www.w3.org/2000/svg'><desc>{self.name}</desc></svg>"

gates = [threading.Event() for _ in range(5)]
for _ in gates[4:]: _.set()

def draw(number):
    # The last one first.
    assert gates[number + 1].wait(DEADLINE)
    print("drawing", number)
    display(Picture(f"a{number}"), Picture(f"b{number}"))
    gates[number].set()
    return number
"""
IN_ORDER = [
    words
    for n in range(4)
    for words in (f"Task {n} · {n}", f"<picture a{n}>", f"<picture b{n}>")
]


@pytest.fixture
def notebook(kernel):
    assert kernel.run(SETUP).status == "ok"
    return kernel


def displayed(kernel, cell):
    """What a cell has displayed but for panels, as text."""
    return [
        said["content"]["data"]["text/plain"]
        for said in kernel.outcome(cell).outputs
        if said["msg_type"] == "display_data"
        and "nbp-panel" not in said["content"]["data"].get("text/html", "")
        and "widget" not in str(said["content"]["data"].keys())
    ]


def kinds(kernel, cell):
    """What a cell does with its output, step by step."""
    found = [said["msg_type"] for said in kernel.outcome(cell).outputs]
    return [each for each in found if each in {"display_data", "clear_output"}]


def test_displays_come_by_task_in_the_order_of_the_input(notebook):
    cell = notebook.execute("run = nbp.pmap(draw, range(4), workers=4)")
    assert displayed(notebook, cell) == IN_ORDER
    assert notebook.evaluate("run.df['output'].tolist()") == [
        f"drawing {n}\n<picture a{n}>\n<picture b{n}>\n" for n in range(4)
    ]


def test_their_forms_stay_whole(notebook):
    cell = notebook.execute("run = nbp.pmap(draw, range(4), workers=4)")
    pictures = [
        said["content"]["data"]["image/svg+xml"]
        for said in notebook.outcome(cell).outputs
        if "image/svg+xml" in said["content"].get("data", {})
    ]
    assert [each.partition("<desc>")[2][:2] for each in pictures] == [
        f"{kind}{n}" for n in range(4) for kind in "ab"
    ]


def test_they_are_shown_while_the_run_goes_on(notebook):
    notebook.run("""
def hold(number):
    display(Picture(number))
    if number == 2:
        assert gates[0].wait(DEADLINE)
""")
    cell = notebook.execute("run = nbp.pmap(hold, range(4), workers=4)")
    notebook.wait_for(
        lambda said: (
            said["msg_type"] == "display_data"
            and said["content"]["data"].get("text/plain") == "<picture 1>"
        )
    )
    notebook.click(cancel_button(notebook, cell))
    found = displayed(notebook, cell)
    assert found[1::2] == [f"<picture {n}>" for n in range(4)]


def test_without_a_panel_they_are_shown_all_the_same(notebook):
    cell = notebook.execute("nbp.pmap(draw, range(4), workers=4, progress=False);")
    assert displayed(notebook, cell) == IN_ORDER


def test_an_update_replaces_what_waits_and_what_is_shown(notebook):
    notebook.run("""
def count(number):
    handle = display("begun", display_id=True)
    handle.update(f"half {number}")
    return handle
""")
    cell = notebook.execute("run = nbp.pmap(count, range(3), workers=1)")
    assert displayed(notebook, cell)[1::2] == [f"'half {n}'" for n in range(3)]
    later = notebook.execute("for n, each in enumerate(run.results): each.update(n)")
    updates = [
        said["content"]["data"]["text/plain"]
        for said in notebook.outcome(later).outputs
        if said["msg_type"] == "update_display_data"
    ]
    assert updates == ["0", "1", "2"]


def test_a_task_clears_what_it_has_displayed_and_no_more(notebook):
    notebook.run("""
def refresh(number):
    for step in range(3):
        clear_output(wait=True)
        display(f"{number}: step {step}")
    clear_output(wait=True)  # there is no next
""")
    cell = notebook.execute("run = nbp.pmap(refresh, range(3), workers=3)")
    outputs = notebook.outcome(cell).outputs
    assert "clear_output" not in {said["msg_type"] for said in outputs}
    assert displayed(notebook, cell)[1::2] == [f"'{n}: step 2'" for n in range(3)]
    plain = notebook.execute("display(1); clear_output()")
    assert kinds(notebook, plain) == ["display_data", "clear_output"]


def test_widgets_are_shown_at_once(notebook):
    notebook.run("""
import ipywidgets

def slide(number):
    display(ipywidgets.IntSlider(number))
    assert gates[0].wait(DEADLINE)
""")
    cell = notebook.execute("run = nbp.pmap(slide, range(2), workers=1)")
    notebook.wait_for(
        lambda said: (
            said["msg_type"] == "display_data"
            and said["content"]["data"].get("text/plain") == "IntSlider(value=0)"
        )
    )
    notebook.click(cancel_button(notebook, cell))
    assert notebook.outcome(cell).status == "ok"
    assert notebook.evaluate("run.df['output'].tolist()") == [
        "IntSlider(value=0)\n",
        "",
    ]


def test_those_of_a_run_in_the_background_come_with_its_end(notebook):
    notebook.run("run = nbp.pmap(draw, range(4), workers=4, block=False)")
    cell = notebook.execute("run.wait()")
    notebook.outcome(cell)
    shown = [
        said["content"]["data"]["text/plain"]
        for said in notebook.said
        if said["msg_type"] == "display_data"
    ]
    assert [each for each in shown if each in IN_ORDER] == IN_ORDER


def test_other_cells_display_as_ever(notebook):
    notebook.run("run = nbp.pmap(draw, range(4), workers=1, block=False)")
    cell = notebook.execute("display(HTML('<b>mine</b>')); clear_output(); display(2)")
    assert kinds(notebook, cell) == ["display_data", "clear_output", "display_data"]
    notebook.run("gates[2].set(); gates[1].set(); run.cancel(); run.wait()")


def test_a_nested_run_displays_in_the_cell(notebook):
    notebook.run("""
def outer(number):
    return nbp.pmap(lambda n: display(Picture(n)), range(2)).results
""")
    cell = notebook.execute("run = nbp.pmap(outer, range(1))")
    assert sorted(displayed(notebook, cell)) == ["<picture 0>", "<picture 1>"]


def test_a_second_run_of_failed_tasks_adds_its_own(notebook):
    notebook.run("""
failing = {1}
def draw(number):
    display(Picture(number))
    if number in failing: raise ValueError(number)
""")
    cell = notebook.execute("run = nbp.pmap(draw, range(3), workers=1)")
    assert displayed(notebook, cell)[1::2] == [f"<picture {n}>" for n in range(3)]
    again = notebook.execute("failing.clear(); run.retry()")
    assert displayed(notebook, again)[-2:] == ["Task 1 · 1", "<picture 1>"]


def test_statements_display_as_the_cell_would(notebook):
    notebook.run("%load_ext nbparallel")
    cell = notebook.execute("""%%parallel
import math
display(Picture("first"))
display(Picture("second"))
""")
    assert displayed(notebook, cell) == ["<picture first>", "<picture second>"]


def test_what_there_is_no_room_for_goes_to_the_cell_at_once(notebook):
    notebook.run("""
from nbparallel.records import displays
most, displays.MOST = displays.MOST, 0
""")
    cell = notebook.execute("run = nbp.pmap(draw, range(4), workers=4)")
    assert sorted(displayed(notebook, cell)) == sorted(
        each for each in IN_ORDER if "picture" in each
    )
    notebook.run("displays.MOST = most")


def test_afterwards_the_kernel_displays_with_its_own(notebook):
    notebook.run("run = nbp.pmap(draw, range(4), workers=4)")
    left = notebook.evaluate(
        "sorted({'publish', 'clear_output'} & set(vars(get_ipython().display_pub)))"
    )
    assert left == []


@pytest.mark.parametrize("progress", [True, False])
def test_a_program_gets_those_of_the_background_in_the_cell_that_waits(
    notebook, progress
):
    start = f"run = nbp.pmap(draw, range(4), workers=4, block=False, {progress=})"
    first = notebook.execute(start, allow_stdin=False)
    notebook.outcome(first)
    waiting = notebook.execute("run.wait()", allow_stdin=False)
    assert [each for each in displayed(notebook, waiting) if each in IN_ORDER] == (
        IN_ORDER
    )
