"""Programs that end in the same namespace, whatever runs at the same time."""

import sys

import pytest

from nbparallel.dataflow import reachable
from tests.dataflow.generate import generated
from tests.dataflow.harness import Program, delays, programs
from tests.dataflow.same import difference

#: Warnings are the programs' own business, and some of them change the filters.
pytestmark = pytest.mark.filterwarnings("ignore")

WRITTEN = {program.name: program for program in programs()}
SEEDS = range(75)


def program_of(which):
    return generated(which) if isinstance(which, int) else WRITTEN[which]


@pytest.fixture(params=[*WRITTEN, *SEEDS], ids=str)
def program(request):
    return program_of(request.param)


def test_programs_are_many():
    assert len({program.source for program in WRITTEN.values()}) >= 150
    assert len({generated(seed).source for seed in SEEDS}) == len(SEEDS)


def test_the_same_in_any_order_that_the_needs_allow(program):
    expected = program.run()
    assert difference(expected, program.run()) is None, "not the same twice"

    for order in program.orders():
        found = difference(expected, program.run_in_order(order))
        assert found is None, (order, found, program.source)


@pytest.mark.soak
def test_the_same_in_threads(program):
    expected = program.run()

    for delay in delays(len(program.source), program.source.count("\n")):
        found = difference(expected, program.run_in_threads(delay))
        assert found is None, (found, program.source)


def test_annotations_are_bound_in_order():
    source = "x: int = 1\ny: str\nz: float = 2\nnote = __annotations__, __annotate__\n"

    assert Program("annotated", "", source).needs() == {
        1: set(),
        2: {1},
        3: {1, 2},
        4: {1, 2, 3},
    }


@pytest.mark.skipif(sys.version_info < (3, 14), reason="they are all in one dict")
def test_the_annotations_of_the_last_statement_stay():
    program = Program("annotated", "", "x: int = 1\ny: str = 'a'\nz: float = 2\n")

    for delay in delays(1, 3):
        assert program.run_in_threads(delay)["__annotate__"](1) == {"z": float}


BEFORE = """log = []
class Row:
    @property
    def size(self):
        log.append(1)
        return len(log)
rows = [[n] for n in range(100)] + [Row()]
first, last = rows[0], rows[-1]
"""
MANY = """a = rows[-1].size
b = len(log)
c = last.size
rows[0].append(1)
d = len(first)
first.append(2)
e = len(rows[0])
"""


def test_the_same_where_there_is_more_than_is_looked_at(monkeypatch):
    monkeypatch.setattr(reachable, "MOST_OBJECTS", 50)
    program = Program("many", BEFORE, MANY)
    expected = program.run()

    for order in program.orders():
        assert difference(expected, program.run_in_order(order)) is None, order
