"""How a flow is shown: before it runs, while it does, and afterwards."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from nbparallel.flow import Flow, Routine
from nbparallel.testing import DEADLINE, Gate
from nbparallel.views import html, page, text
from tests.engine.conftest import wait_for
from tests.flow.conftest import Keep, Source, Step, chain, done


def test_without_a_run_it_is_its_graph():
    flow = Flow("mine")
    chain(flow, source=Source([]), keep=Keep())
    assert repr(flow) == "<Flow 'mine', 2 routines, 1 connections>"
    assert str(flow).splitlines()[1:] == ["  source -> keep", "    keep"]
    assert "<svg" in flow._repr_html_()
    assert "<svg" not in Flow()._repr_html_()


def test_while_it_runs_the_panel_has_it_live():
    gate = Gate()
    flow = Flow("mine", execution_strategy="concurrent")
    chain(
        flow,
        source=Source([1, 2]),
        step=Step(lambda value: gate(item=value)),
        keep=Keep(),
    )
    flow.execute("source")
    gate.wait_for(1)
    wait_for(lambda: flow.job_state.routine_states["step"]["waiting"] == 1)
    shot = flow.run.snapshot()
    (graph,) = shot.exhibits
    assert [node.state for node in graph.nodes] == ["completed", "running", "pending"]
    assert (graph.nodes[1].running, graph.nodes[1].waiting) == (1, 1)
    assert graph.edges == ((0, 1), (1, 2))
    assert "<svg" in html.above(shot)
    assert "step.input(value=1)" in html.live_table(shot.running, "Tasks")
    gate.open()
    assert flow.wait_for_completion(DEADLINE)
    assert "    step: completed, 2 done" in text.plain(flow.run.snapshot())
    assert "<svg" in page.static(flow.run.snapshot())
    assert repr(flow).endswith(": completed>")


def test_hostile_names_are_shown_as_text(flow):
    class Odd(Step):
        def __repr__(self):
            raise RuntimeError

    chain(flow, **{"<script>": Odd(lambda: 1), "b": Keep()})
    done(flow, "<script>")
    for shown in (flow._repr_html_(), page.static(flow.run.snapshot())):
        assert "<script>" not in shown
        assert "&lt;script&gt;" in shown


def test_of_a_thousand_routines_a_few_are_drawn():
    flow = Flow()
    for number in range(1000):
        flow.add_routine(Routine(), f"r{number}")
    shown = flow._repr_html_()
    assert len(re.findall("<rect", shown)) == 60
    assert "… 940 more" in shown
    assert len(shown) < 60_000
    assert "  ... 940 more" in str(flow)


CELLS = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in sys.argv[1:]:
    shell.run_cell(cell).raise_error()
"""


def test_in_a_terminal_ipython_shows_text_while_it_runs_too():
    cells = (
        "from nbparallel.flow import Flow; from tests.flow.conftest import Step, Keep",
        "import threading; gate = threading.Event()",
        "flow = Flow('f', execution_strategy='concurrent')",
        "flow.add_routine(Step(lambda: gate.wait()), 'a'); flow",
        "flow.execute('a'); flow",
        "gate.set(); flow.wait_for_completion(); flow",
    )
    shown = subprocess.run(
        [sys.executable, "-c", CELLS, *cells],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
        cwd=Path(__file__).parents[2],
    ).stdout
    lines = [line for line in shown.splitlines() if line.startswith("  a")]
    assert lines[0] == "  a"
    assert lines[1] in ("  a: pending, 1 waiting", "  a: running")
    assert lines[2].startswith("  a: completed, 1 done")
