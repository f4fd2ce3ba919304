"""A run as HTML, for tools that ask for it instead of displaying it."""

import pytest
from IPython.core.formatters import DisplayFormatter

import nbparallel as nbp
from nbparallel.edge.outputs import StandIn
from nbparallel.testing import Gate

pytestmark = pytest.mark.usefixtures("quiet")


def test_an_ended_run_is_shown_without_a_word_of_buttons():
    shown = nbp.pmap(int, ["7", "<x>"])._repr_html_()

    assert "1 failed" in shown
    assert "&lt;x&gt;" in shown
    assert "<x>" not in shown
    assert "retry()" in shown
    assert "buttons" not in shown


def test_a_run_under_way_says_how_to_cancel_it():
    gate = Gate()
    run = nbp.pmap(gate, [1], block=False)
    gate.wait_for(1)
    assert "run.cancel()" in run._repr_html_()
    gate.open()
    run.wait()
    assert "run.cancel()" not in run._repr_html_()


def test_an_executor_is_shown_as_its_run():
    with nbp.Executor(1) as executor:
        executor.submit(abs, -1).result()
        assert ".cancel()" not in executor._repr_html_()
    assert "1 ok" in executor._repr_html_()


def test_ipython_displays_a_run_once(capsys):
    run = nbp.pmap(abs, [1])

    assert DisplayFormatter().format(run) == ({}, {})
    assert capsys.readouterr().out == f"{run!r}\n"


class Shown:
    def _repr_html_(self):
        return "<p>there</p>"


def test_what_out_keeps_is_shown_as_the_thing_and_then_as_its_end():
    shown = Shown()
    stand_in = StandIn(shown, "gone")
    assert stand_in._repr_html_() == "<p>there</p>"
    del shown
    assert stand_in._repr_html_() is None
    stand_in.settle({"text/html": "<p>the end</p>"})
    assert stand_in._repr_html_() == "<p>the end</p>"
