"""Runs that no name refers to are let go, though IPython numbers its outputs."""

import pytest

pytestmark = pytest.mark.kernel

SETUP = """
import gc, time, weakref
import nbparallel as nbp
from nbparallel.testing import DEADLINE

class Big:
    pass

alive = weakref.WeakSet()

def task(number):
    made = Big()
    alive.add(made)
    return made

def left(wanted):
    # A thread that drew the panel may be on its way out
    limit = time.monotonic() + DEADLINE
    while gc.collect() >= 0 and len(alive) != wanted and time.monotonic() < limit:
        pass
    return len(alive)
"""
BLOCKING = "nbp.pmap(task, range(10), progress={progress})"
MAGIC = """
%load_ext nbparallel
get_ipython().run_cell_magic("parallel", "for number in range(10)", "task(number)")
"""
BACKGROUND = "nbp.pmap(task, range(10), block=False)"


@pytest.fixture
def ready(kernel):
    kernel.run(SETUP)
    return kernel


def number_of(outcome):
    """The number of a cell, as ``Out`` counts."""
    return outcome.reply["content"]["execution_count"]


def shown(outcome):
    said = [each["content"] for each in outcome.outputs]
    return [each["data"] for each in said if "data" in each]


@pytest.mark.parametrize(
    "code",
    [
        BLOCKING.format(progress=True),
        BLOCKING.format(progress=False),
        BACKGROUND,
        MAGIC,
    ],
)
def test_results_of_runs_without_a_name_are_let_go(ready, code):
    for _ in range(8):
        assert ready.run(code).status == "ok"
        ready.run("nbp.last.wait()")

    # _, __ and ___ have moved on to True; the last run is nbp.last
    assert ready.evaluate("left(10)") == 10


def test_the_last_output_can_be_used_at_once(ready):
    ready.run(BLOCKING.format(progress=True))

    assert ready.run("len(_.df), type(_).__name__").text == "(10, 'Run')"


def test_a_run_that_has_a_name_is_all_there_in_out(ready):
    number = number_of(ready.run(f"named = {BLOCKING.format(progress=False)}; named"))
    ready.run(BLOCKING.format(progress=False))

    for out in (f"Out[{number}]", f"_{number}"):
        assert ready.evaluate(f"list({out}.df['status']) == ['ok'] * 10")
        assert ready.evaluate(f"len({out}), len(list({out}))") == (10, 10)
        assert ready.evaluate(f"{out}.results == named.results")
        assert ready.run(f"(await {out}) is named").text == "True"
        assert ready.run(f"repr({out}) == repr(named)").text == "True"
    (panel,) = shown(ready.run(f"Out[{number}]"))
    assert "10 ok" in panel["text/plain"]


@pytest.mark.parametrize("code", [BLOCKING.format(progress=True), BACKGROUND])
def test_a_run_that_is_gone_shows_its_end_and_says_what_to_do(ready, code):
    number = number_of(ready.run(code))
    ready.run("nbp.last.wait()")
    for _ in range(4):
        ready.run("nbp.pmap(str, [1], progress=False)")
    assert ready.evaluate("left(0)") == 0

    (panel,) = shown(ready.run(f"Out[{number}]"))
    assert panel.keys() == {"text/html", "text/plain"}
    assert "10 ok" in panel["text/plain"]
    for use in (f"Out[{number}].df", f"_{number}.results", f"len(Out[{number}])"):
        outcome = ready.run(use)
        assert outcome.error == "AttributeError"
        assert "run = nbp.pmap(...)" in outcome.text


def test_what_was_forgotten_shows_its_end_as_before(ready):
    ready.run("named = nbp.pmap(lambda n: f'made of {n}', range(5), progress=False)")
    (before,) = shown(ready.run("named"))
    ready.run("named.forget()")
    (after,) = shown(ready.run("named"))

    assert "made of 4" in before["text/plain"]
    assert after == before
