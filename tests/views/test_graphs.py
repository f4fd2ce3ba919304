"""Graphs of the parts of a run, as pictures and as text."""

from __future__ import annotations

import random
import re
from xml.etree import ElementTree as ET

import pytest

from nbparallel.records.exhibits import Graph, Node
from nbparallel.views import exhibits
from nbparallel.views.graphs import layers_of, lines_of, svg
from nbparallel.views.style import STYLE

EVIL = "<script>alert('1')</script>\n& \"more\""


def graph(letters, *edges, more=0):
    places = [(letters.index(a), letters.index(b)) for a, b in edges]
    return Graph(tuple(Node(each) for each in letters), tuple(places), more)


@pytest.mark.parametrize(
    ("edges", "layers"),
    [
        ((), [0, 0, 0, 0]),
        (("ab", "bc", "cd"), [0, 1, 2, 3]),
        (("ab", "ac", "bd", "cd", "ad"), [0, 1, 1, 2]),
        (("ab", "ba", "bc", "cb", "cd"), [0, 1, 2, 3]),
        (("aa", "ab"), [0, 1, 0, 0]),
        (("dc", "cb", "ba"), [3, 2, 1, 0]),
    ],
)
def test_layers_are_by_the_longest_path(edges, layers):
    assert layers_of(graph("abcd", *edges)) == layers


def test_whatever_the_edges_each_leads_onwards_or_closes_a_circle():
    for seed in range(200):
        chance = random.Random(seed)
        count = chance.randint(1, 12)
        edges = {
            (chance.randrange(count), chance.randrange(count))
            for _ in range(chance.randint(0, 30))
        }
        made = Graph(tuple(Node(str(n)) for n in range(count)), tuple(edges))
        layers = layers_of(made)
        assert len(layers) == count
        drawn = ET.fromstring(svg(made).replace("&nbsp;", ""))
        assert len(drawn.findall(".//{*}rect")) == count
        assert len(drawn.findall(".//{*}path")) == 2 * len(edges)


def test_a_long_chain_is_no_too_deep_recursion():
    count = 5000
    made = Graph(
        tuple(Node("n") for _ in range(count)),
        tuple((n, n + 1) for n in range(count - 1)),
    )
    assert layers_of(made) == list(range(count))


def test_nothing_is_left_unescaped():
    made = Graph((Node(EVIL, state=EVIL, done=1), Node("b")), ((0, 1),))
    found = svg(made)
    assert "<script" not in found
    assert '"more"' not in found.replace("&quot;", "")
    ET.fromstring(found)


def test_what_is_told_of_a_node():
    node = Node("fetch", "failed", 5, 1, 2, running=0, waiting=3, seconds=0.5)
    found = svg(Graph((node,), ()))
    assert "2 done, 1 failed" in found
    assert "2 cancelled, 3 waiting" in found
    assert "0.50 s" in found
    assert "nbp-looks-error" in found
    assert "currentColor" in found


def test_a_node_has_room_for_its_numbers():
    node = Node("fetch", "running", 12_013, 13, waiting=27_000, seconds=0.5)
    found = svg(Graph((node,), ()))
    assert ">12,000 done, 13 failed<" in found
    assert ">27,000 waiting<" in found
    assert ">running, 0.50 s<" in found


def test_no_line_runs_through_the_text_of_a_node():
    made = graph("abc", "ab", "ac", "ba")
    found = svg(made)
    assert found.rindex("<path") < found.index("<rect")
    assert re.search(r"\.nbp-graph rect \{\s+fill: var", STYLE)


def test_as_text():
    made = Graph(
        (Node("a", "completed", 3, seconds=0.25), Node("b"), Node("c", "running")),
        ((0, 1), (0, 2), (2, 0)),
        more=4,
    )
    assert lines_of(made) == [
        "  a: completed, 3 done, 0.25 s -> b, c",
        "    b",
        "    c: running -> a",
        "  ... 4 more",
    ]
    assert exhibits.lines([made]) == lines_of(made)
    assert exhibits.html([made]) == svg(made)


def test_nothing_is_nothing():
    assert svg(Graph((), ())) == ""
    assert lines_of(Graph((), ())) == []
