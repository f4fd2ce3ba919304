"""Lines beside rows: each edge once, joined from row to row, told in words, bounded."""

import random
import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from nbparallel.records.reasons import Reasons
from nbparallel.types import State
from nbparallel.views import html, page
from nbparallel.views.edges import EDGES, STEP, TRACKS, edges_of
from tests.support.payloads import payloads

NS = "{http://www.w3.org/2000/svg}"
MOVES = re.compile(r"M(\d+) 0v2|M(\d+) 0Q\d+ 1 (\d+) 1|M(\d+) 1Q\d+ 1 (\d+) 2")


def reasons(*edges):
    """Return the reasons for edges from an earlier task to a later one."""
    found = {}
    for early, late in edges:
        found.setdefault(late, {})[early] = f"line {late} needs line {early}"
    return Reasons(found)


def some(seed, tasks, chance):
    draw = random.Random(seed)
    edges = [(a, b) for b in range(tasks) for a in range(b) if draw.random() < chance]
    return reasons(*edges)


def cell(edges, task, **changes):
    return edges.cell(task, "item", **changes)


def picture(edges, task):
    svg = re.search("<svg.*</svg>", cell(edges, task), re.DOTALL)[0]
    return ET.fromstring(svg.replace("<svg", f'<svg xmlns="{NS[1:-1]}"', 1))


def tracks(edges, task):
    """Return on which tracks something enters a row, leaves it, bends in and out."""
    path = "".join(each.get("d") for each in picture(edges, task).iter(f"{NS}path"))
    above, below, waits, waited_for = set(), set(), set(), set()
    for through, enters, _, _, leaves in MOVES.findall(path):
        above |= {x for x in (through, enters) if x}
        below |= {x for x in (through, leaves) if x}
        waits |= {enters} - {""}
        waited_for |= {leaves} - {""}
    return above, below, waits, waited_for


def test_without_edges_there_are_no_lines():
    assert edges_of(None) is edges_of(reasons()) is None


def test_too_many_edges_are_told_in_words_alone():
    many = reasons(*((0, late) for late in range(1, EDGES + 2)))

    assert edges_of(many) is None


def test_a_chain_needs_one_track():
    made = edges_of(reasons((0, 1), (1, 2), (2, 3)))

    assert tracks(made, 0)[2:] == (set(), {"8"})
    assert tracks(made, 1)[2:] == ({"8"}, {"8"})
    assert tracks(made, 3)[2:] == ({"8"}, set())


@pytest.mark.parametrize(
    "made",
    [
        reasons(*((0, late) for late in range(1, 30))),
        reasons(*((early, 30) for early in range(30))),
        reasons(*((0, n) for n in range(1, 30)), *((n, 30) for n in range(1, 30))),
    ],
    ids=["out", "in", "both"],
)
def test_what_starts_or_ends_together_is_one_line(made):
    tasks = 31
    edges = edges_of(made)

    assert edges.width <= edges_of(reasons((0, 1))).width + STEP
    for task in range(tasks):
        _, _, waits, waited_for = tracks(edges, task)
        assert bool(waits) == (task in made.by_task)
        assert bool(waited_for) == any(task in each for each in made.by_task.values())


@pytest.mark.parametrize("seed", range(60))
def test_lines_go_on_from_row_to_row(seed):
    tasks = 3 + seed
    edges = edges_of(some(seed, tasks, 2 / tasks))
    if edges is None:
        pytest.skip("no edges were drawn")
    rows = [tracks(edges, task) for task in range(tasks)]

    assert rows[0][0] == rows[-1][1] == set()
    for over, under in pairwise(rows):
        assert over[1] == under[0]
    assert edges.width <= 8 * TRACKS + 12


@pytest.mark.parametrize("seed", range(20))
def test_where_there_is_room_every_edge_has_its_line(seed):
    made = some(seed, 6, 0.3)
    edges = edges_of(made)
    if edges is None:
        pytest.skip("no edges were drawn")
    for task in range(6):
        _, _, waits, waited_for = tracks(edges, task)
        assert bool(waits) == (task in made.by_task)
        assert bool(waited_for) == any(task in each for each in made.by_task.values())


def test_a_row_says_why():
    edges = edges_of(reasons((0, 1), (0, 2), (1, 3), (2, 3)))

    assert 'title="full\nline 3 needs line 1\nline 3 needs line 2"' in cell(
        edges, 3, full="full"
    )
    assert "title" not in cell(edges, 0)
    assert not "".join(picture(edges, 3).itertext())  # it would stay without the SVG


def test_many_reasons_are_counted():
    edges = edges_of(reasons(*((early, 30) for early in range(30))))

    assert "line 30 needs line 5\n... 24 more" in cell(edges, 30)


@pytest.mark.parametrize("payload", payloads(["alert(1)"]))
def test_a_reason_is_nothing_but_text(payload):
    clean = payload.translate(dict.fromkeys(range(32)))  # no XML may hold those
    edges = edges_of(Reasons({1: {0: clean}}))
    found = ET.fromstring(cell(edges, 1))

    assert found.get("title") == clean
    assert {each.tag for each in found.iter()} == {"td", "svg", "path", "div"}


@pytest.fixture
def cell_of_60(make_snapshot, make_row):
    """A cell of 60 statements with long lines, each of which waits for several."""
    rows = tuple(make_row(task, item="x" * 200, result="y" * 200) for task in range(60))
    made = Reasons(
        {
            late: {
                early: f"line {late} needs line {early} (`{'a' * 20}` shares an object)"
                for early in each
            }
            for late, each in some(1, 60, 0.05).by_task.items()
        }
    )
    return make_snapshot(State.DONE, total=60, ok=60, first=rows, reasons=made)


def test_a_page_has_all_60_rows_and_stays_small(cell_of_60):
    source = page.static(cell_of_60)

    assert source.count('class="nbp-edges"') == 60
    assert len(source.encode()) < 100_000


def test_a_page_stays_small_however_many_edges(cell_of_60):
    dense = replace(cell_of_60, reasons=some(1, 60, 0.25))
    source = page.static(dense)

    assert edges_of(dense.reasons) is not None
    assert "nbp-edges" in source
    assert len(source.encode()) < 100_000


def test_a_refresh_stays_small(cell_of_60):
    edges = edges_of(cell_of_60.reasons)
    source = html.live_table(cell_of_60.first[:25], "Tasks", edges=edges)

    assert source.count('class="nbp-edges"') == 25
    assert len(source.encode()) < 30_000


def test_rows_in_another_order_have_no_lines(cell_of_60):
    rows = cell_of_60.first
    source = page.static(replace(cell_of_60, slowest=rows[10:0:-1]))
    slowest = source.partition('aria-label="fetch: Slowest"')[2]

    assert "<td>10</td>" in slowest
    assert "nbp-edges" not in slowest


def test_the_statements_come_first_what_failed_second(make_snapshot, make_row):
    rows = (make_row(0), make_row(1))
    errors = {1: ValueError("no")}
    run = make_snapshot(
        State.DONE,
        total=2,
        ok=1,
        error=1,
        first=rows,
        errors=errors,
        reasons=reasons((0, 1)),
    )
    source = page.static(run)

    assert source.index("<b>All</b>") < source.index("<b>Failed</b>")
