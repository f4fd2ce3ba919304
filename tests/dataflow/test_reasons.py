"""Why one statement waits for another, as it is told."""

import pytest

from nbparallel.dataflow.analysis import effects_of
from nbparallel.dataflow.graph import needs_of
from nbparallel.dataflow.reasons import reasons_of
from tests.dataflow.harness import Program, programs


def reasons(source, before="", *, ordered=False):
    cell = Program("reasons", before, source).prepare()
    effects = effects_of(cell.tree.body, cell.namespace, ordered=ordered)
    return reasons_of(effects, needs_of(effects))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("a = [1]\nb = a", "uses `a`"),
        ("a, b, c, d = 1, 2, 3, 4\ne = d, c, b, a", "uses `a`, `b` and 2 more"),
        ("urls.append(1)\nurls.append(2)", "shares `urls`"),
        ("n = len(urls)\nurls.clear()", "shares `urls`"),
        ("urls.append(1)\nalias.append(2)", "`alias` shares an object with `urls`"),
        ("note()\nnote()", "shares `noted`"),
        ("b = len(urls)\nurls = 1", "binds `urls` anew"),
        ("b = 1\nb = 2", "binds `b` anew"),
        ("import json\nimport re", "imports as well"),
        ("x = random.random()\ny = random.random()", "shares the state of `random`"),
        ("x = 1\nexec(text)", "may do anything"),
        ("exec(text)\nx = 1", "comes after what may do anything"),
        ("a = 1\nexec('a')\n", "may do anything"),
    ],
)
def test_it_is_told_in_a_few_words(source, why):
    before = (
        "import random\nurls = [1]\nalias = urls\nnoted = []\ntext = ''\n"
        "def note(): noted.append(1)"
    )
    assert reasons(source, before) == {1: {0: why}}


def test_what_has_to_stay_in_order_is_told_where_that_is_asked_for():
    source = "print(1)\nprint(2)"

    assert reasons(source) == {}
    assert reasons(source, ordered=True) == {1: {0: "prints, reads or writes as well"}}


def test_every_edge_of_every_program_has_one():
    found = set()
    for program in programs():
        cell = program.prepare()
        effects = effects_of(cell.tree.body, cell.namespace)
        needs = needs_of(effects)
        told = reasons_of(effects, needs)
        assert {number: [*some] for number, some in told.items()} == needs
        found |= {why for some in told.values() for why in some.values()}
    assert all(0 < len(why) < 100 for why in found)
    assert len(found) > 50
