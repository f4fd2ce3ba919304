"""Graphs as pictures and as text: layers from left to right, by the longest path.

A circle is cut where a walk from the first node comes back; the edge that closes it is
drawn from below. Colours only repeat what the words in a node say.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from nbparallel.quantities import count, counted, duration
from nbparallel.records.exhibits import Graph, Node
from nbparallel.short_text import one_line

#: The most characters of a label: in a node, and where there is room.
NARROW, WIDE = 22, 60
#: Width and height of a node, and the gaps between nodes, in pixels.
BOX_X, BOX_Y, GAP_X, GAP_Y = 168, 70, 56, 18
#: Room around all nodes, and below them for each edge that closes a circle.
MARGIN, DETOUR = 8, 22
#: Seconds that are not worth telling.
BRIEF: Final = 0.0005
#: States that have a colour, and which.
LOOKS: Final = {
    "running": "running",
    "completed": "ok",
    "failed": "error",
    "skipped": "error",
}


class Spot(NamedTuple):
    """Where a node is drawn: its upper left corner."""

    x: float
    y: float


def svg(graph: Graph) -> str:
    """Return a graph as a picture within a page."""
    if not graph.nodes:
        return ""
    layers = layers_of(graph)
    spots = _spots(layers)
    back = [edge for edge in graph.edges if layers[edge[0]] >= layers[edge[1]]]
    right = max(spot.x for spot in spots) + BOX_X + MARGIN
    bottom = max(spot.y for spot in spots) + BOX_Y + MARGIN
    height = bottom + (DETOUR * len(back) + MARGIN if back else 0)
    lines = [
        _line(
            spots[a], spots[b], back.index((a, b)) if (a, b) in back else None, bottom
        )
        for a, b in graph.edges
    ]
    boxes = [_box(node, spot) for node, spot in zip(graph.nodes, spots, strict=True)]
    told = escape("; ".join(line.strip() for line in lines_of(graph)))
    more = f'<p class="nbp-quiet">… {count(graph.more)} more</p>' if graph.more else ""
    return (
        f'<div class="nbp-graph"><svg role="img" aria-label="{told}" '
        f'width="{right}" height="{height}" viewBox="0 0 {right} {height}" '
        'xmlns="http://www.w3.org/2000/svg" font-size="12" '
        'font-family="inherit" fill="currentColor" stroke="none">'
        f"{''.join(lines)}{''.join(boxes)}</svg></div>{more}"
    )


def lines_of(graph: Graph) -> list[str]:
    """Return a graph as indented lines, one for each node."""
    layers = layers_of(graph)
    found = []
    for place, node in enumerate(graph.nodes):
        targets = [graph.nodes[b].label for a, b in graph.edges if a == place]
        leads = f" -> {', '.join(one_line(each, WIDE) for each in targets)}"
        told = ", ".join(filter(None, [node.state, *_told(node), _took(node)]))
        found.append(
            f"{'  ' * (layers[place] + 1)}{one_line(node.label, WIDE)}"
            f"{f': {told}' if told else ''}{leads if targets else ''}"
        )
    return found + ([f"  ... {count(graph.more)} more"] if graph.more else [])


def layers_of(graph: Graph) -> list[int]:
    """Return the layer of each node: how long the longest path to it is.

    Examples
    --------
    >>> square = [Node(letter) for letter in "abcd"]
    >>> layers_of(Graph(tuple(square), ((0, 1), (1, 2), (0, 2), (2, 0), (2, 3))))
    [0, 1, 2, 3]
    """
    onward = _without_circles(graph)
    layers = [0] * len(graph.nodes)
    entries = [0] * len(graph.nodes)
    for targets in onward:
        for target in targets:
            entries[target] += 1
    ready = [place for place, number in enumerate(entries) if not number]
    for place in ready:  # it grows
        for target in onward[place]:
            layers[target] = max(layers[target], layers[place] + 1)
            entries[target] -= 1
            if not entries[target]:
                ready.append(target)
    return layers


def _without_circles(graph: Graph) -> list[list[int]]:
    """Return the targets of each node, without edges back to where a walk came from."""
    targets: list[list[int]] = [[] for _ in graph.nodes]
    for a, b in graph.edges:
        targets[a].append(b)
    onward: list[list[int]] = [[] for _ in graph.nodes]
    entered = {b for _, b in graph.edges}
    order = sorted(range(len(graph.nodes)), key=lambda place: place in entered)
    seen: set[int] = set()
    for root in order:
        if root in seen:
            continue
        seen.add(root)
        walk = [(root, iter(targets[root]))]
        path = {root}
        while walk:  # a long chain would be too deep for a function that calls itself
            place, rest = walk[-1]
            target = next(rest, None)
            if target is None:
                path.discard(place)
                walk.pop()
            elif target not in path:
                onward[place].append(target)
                if target not in seen:
                    seen.add(target)
                    path.add(target)
                    walk.append((target, iter(targets[target])))
    return onward


def _spots(layers: list[int]) -> list[Spot]:
    """Return where the nodes are, those of each layer one below the other."""
    sizes = [layers.count(layer) for layer in range(max(layers) + 1)]
    tallest = max(sizes)
    used = [0] * len(sizes)
    spots = []
    for layer in layers:
        down = used[layer] + (tallest - sizes[layer]) / 2
        used[layer] += 1
        x = MARGIN + layer * (BOX_X + GAP_X)
        spots.append(Spot(x, MARGIN + down * (BOX_Y + GAP_Y)))
    return spots


def _line(a: Spot, b: Spot, detour: int | None, bottom: float) -> str:
    """Return an edge: onwards in a curve, or back below all nodes."""
    if detour is None:
        x1, y1, x2, y2 = a.x + BOX_X, a.y + BOX_Y / 2, b.x, b.y + BOX_Y / 2
        bend = max((x2 - x1) / 2, GAP_X / 2)
        path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
        head = f"M{x2:g} {y2:g}l-8 -4v8z"
    else:
        x1, y1 = a.x + BOX_X * 0.65, a.y + BOX_Y
        x2, y2 = b.x + BOX_X * 0.35, b.y + BOX_Y
        low = bottom + DETOUR * (detour + 1) * 4 / 3 - MARGIN
        path = f"M{x1:g} {y1:g}C{x1:g} {low:g} {x2:g} {low:g} {x2:g} {y2:g}"
        head = f"M{x2:g} {y2:g}l-4 8h8z"
    # What passes behind other nodes must not make them hard to read.
    faint = 0.25 if abs(b.x - a.x) > BOX_X + GAP_X and detour is None else 0.5
    return (
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity="{faint}"/>'
        f'<path d="{head}" fill-opacity="0.5"/>'
    )


def _box(node: Node, spot: Spot) -> str:
    look = LOOKS.get(node.state, "quiet")
    rows = [", ".join(filter(None, [node.state, _took(node)])), *_told(node)]
    label = one_line(node.label, WIDE)
    told = escape(", ".join(filter(None, [label, *rows])))
    texts = [(18, one_line(node.label, NARROW), ' font-weight="bold"')]
    texts += [(place, row, "") for place, row in zip((34, 49, 63), rows, strict=True)]
    return (
        f'<g class="nbp-node nbp-looks-{look}"><title>{told}</title>'
        f'<rect x="{spot.x:g}" y="{spot.y:g}" width="{BOX_X}" height="{BOX_Y}" rx="6" '
        'fill="none" stroke="currentColor"/>'
        f"{''.join(_texts(spot, texts))}</g>"
    )


def _texts(spot: Spot, texts: list[tuple[int, str, str]]) -> Iterator[str]:
    for down, text, weight in texts:
        if text:
            x, y = spot.x + 10, spot.y + down
            shown = escape(one_line(text, NARROW + 4))
            yield f'<text x="{x:g}" y="{y:g}"{weight}>{shown}</text>'


def _told(node: Node) -> list[str]:
    """Return the numbers of a node in words: what was carried out, and what not."""
    good = node.done - node.failed - node.cancelled
    return [
        counted((good, "done"), (node.failed, "failed")),
        counted((node.cancelled, "cancelled"), (node.waiting, "waiting")),
    ]


def _took(node: Node) -> str:
    return duration(node.seconds) if node.seconds >= BRIEF else ""
