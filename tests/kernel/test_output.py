"""What tasks print, in real kernels: it stays with the task, whatever else goes on."""

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.every_kernel]

BACKGROUND = """
import sys, threading
import nbparallel as nbp
from nbparallel.testing import DEADLINE

gates = [threading.Event() for _ in range(40)]

def task(number):
    print("before", number)
    assert gates[number].wait(DEADLINE)
    print("after", number, file=sys.stderr if number % 2 else sys.stdout)

run = nbp.pmap(task, range(40), workers=4, block=False)
"""
OTHER_CELL = """
print("mine")
other = nbp.pmap(lambda n: print("other", n), range(3), block=False)
other.wait()
print("too")
"""
NESTED = """
import nbparallel as nbp

def inner(number):
    print("inner", number)

def outer(number):
    print("outer", number)
    found = nbp.pmap(inner, range(20), progress=False)
    print("end of", number)
    return found.df["output"].tolist()

run = nbp.pmap(outer, range(20), workers=4, progress={progress})
"""


def printed_by(kernel, cell):
    """What a cell has printed, without what it has displayed."""
    return "".join(
        said["content"]["text"]
        for said in kernel.outcome(cell).outputs
        if said["msg_type"] == "stream"
    )


def test_a_background_run_keeps_its_output_while_other_cells_run(kernel):
    first = kernel.execute(BACKGROUND)
    kernel.outcome(first)
    for turn in range(4):
        cell = kernel.execute(OTHER_CELL)
        assert printed_by(kernel, cell) == "mine\ntoo\n"
        assert kernel.evaluate("other.df['output'].tolist()") == [
            f"other {n}\n" for n in range(3)
        ]
        kernel.run(f"for gate in gates[{10 * turn} : {10 * turn + 10}]: gate.set()")
    kernel.run("assert run.wait(DEADLINE)")

    assert kernel.evaluate("run.df['output'].tolist()") == [
        f"before {n}\nafter {n}\n" for n in range(40)
    ]
    raw = "".join(
        said["content"]["text"] for said in kernel.said if said["msg_type"] == "stream"
    )
    assert raw == "mine\ntoo\n" * 4


def test_the_panel_shows_what_a_background_run_prints(kernel):
    kernel.run(BACKGROUND)
    kernel.run("")
    kernel.run("for gate in gates: gate.set()")
    kernel.run("assert run.wait(DEADLINE)")
    shown = [
        said["content"]["data"]["text/html"]
        for said in kernel.said
        if said["msg_type"] == "update_display_data"
    ]

    assert all(f"[{number}] after {number}" in shown[-1] for number in range(40))


def test_streams_are_as_before_when_all_runs_have_ended(kernel):
    kernel.run("import sys; classes = type(sys.stdout), type(sys.stderr)")
    kernel.run(BACKGROUND)
    kernel.run("for gate in gates: gate.set()")
    kernel.run("assert run.wait(DEADLINE)")
    # IPython may have put back what was there during the run: it lets all through
    kernel.run("from nbparallel.edge.streams import bare")

    assert kernel.evaluate("(type(sys.stdout), type(sys.stderr)) == classes")
    assert kernel.evaluate("bare(sys.stdout.write).__func__ is classes[0].write")
    assert kernel.run("print('plain')").text == "plain\n"


@pytest.mark.parametrize("progress", [True, False])
def test_the_text_of_nested_runs_stays_with_each_task(kernel, progress):
    printed = printed_by(kernel, kernel.execute(NESTED.format(progress=progress)))

    assert printed == ""
    assert kernel.evaluate("run.df['output'].tolist()") == [
        f"outer {n}\nend of {n}\n" for n in range(20)
    ]
    inner = [f"inner {n}\n" for n in range(20)]
    assert kernel.evaluate("run.results") == [inner] * 20
