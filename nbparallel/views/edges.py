"""Which task waits for which, as lines beside the rows of a table.

The edges that leave one task, or that meet in one, are a bundle, on a track of its own.
Each row draws its own piece, as high as the row is: so rows may be of any height, and
stand on several pages. Pictures are silent: who listens hears it from the item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from typing import Final, NamedTuple

from nbparallel.records.reasons import Reasons

#: The most tracks: bundles that find none are told in words alone. Of more edges than
#: this there are no lines at all.
TRACKS: Final = 8
EDGES: Final = 500
#: Pixels from one track to the next, and from the last to the right end.
STEP, DOT = 8, 12
#: How many reasons one title has.
NAMED: Final = 6


class Bundle(NamedTuple):
    """Edges with one end in common.

    Attributes
    ----------
    hub
        The task at that end.
    others
        Those at the other ends, in order; all of them before the hub or all after it.
    """

    hub: int
    others: tuple[int, ...]

    @property
    def first(self) -> int:
        """The task at which its line begins."""
        return min(self.hub, self.others[0])

    @property
    def last(self) -> int:
        """The task at which its line ends."""
        return max(self.hub, self.others[-1])

    @property
    def length(self) -> int:
        """How many rows its line goes down."""
        return self.last - self.first

    def meets(self, other: Bundle) -> bool:
        """Whether the two would be drawn over each other on one track."""
        return self.first < other.last and other.first < self.last

    def waits(self, task: int) -> bool:
        """Whether *task* is one of those that wait, not one that is waited for."""
        return task != self.first and (task == self.hub) == (self.hub == self.last)


class Edges:
    """The lines beside the rows of one run.

    Attributes
    ----------
    width
        How wide they are, in pixels.
    """

    def __init__(self, reasons: Reasons) -> None:
        self._reasons = reasons
        self._tracks = _on_tracks(_bundles(reasons))
        self.width = STEP * len(self._tracks) + DOT

    def cell(self, task: int, item: str, *, kind: str = "", full: str = "") -> str:
        """Return the cell of an item with its lines beside it.

        Parameters
        ----------
        task
            The number of the task.
        item
            What the cell shows, as HTML.
        kind
            The class of the cell.
        full
            What the cell tells besides why the task waits, as text.
        """
        told = "\n".join(filter(None, [full, _lines(self._reasons.told(task))]))
        title = f' title="{escape(told)}"' if told else ""
        return (
            f'<td class="{f"{kind} nbp-lined".lstrip()}"{title}>'
            f"{self._piece(task)}<div>{item}</div></td>"
        )

    def _piece(self, task: int) -> str:
        """Return the part of the picture beside *task*."""
        path = ""
        for track, bundles in enumerate(self._tracks):
            x = self.width - DOT - STEP * track
            for each in bundles:
                if task in (each.hub, *each.others):
                    path += self._bend(each, task, x)
                if each.first < task < each.last:
                    path += f"M{x} 0v2"
        line = f'<path d="{path}"/>' if path else ""
        return (
            f'<svg class="nbp-edges" aria-hidden="true" width="{self.width}" '
            f'height="24" viewBox="0 0 {self.width} 2" preserveAspectRatio="none" '
            f'fill="none" stroke="currentColor">{line}'
            f'<path class="nbp-dot" d="M{self._dot} 1h0"/></svg>'
        )

    @property
    def _dot(self) -> int:
        return self.width - DOT // 2

    def _bend(self, bundle: Bundle, task: int, x: int) -> str:
        """Return the curve from the track to the task, or from there to the track."""
        if bundle.waits(task):
            return f"M{x} 0Q{x} 1 {self._dot} 1"
        return f"M{self._dot} 1Q{x} 1 {x} 2"


@lru_cache(maxsize=4)
def edges_of(reasons: Reasons | None) -> Edges | None:
    """Return the lines that *reasons* give, or None if there are none to be drawn."""
    if reasons is None or not 0 < sum(map(len, reasons.by_task.values())) <= EDGES:
        return None
    return Edges(reasons)


def look(edges: Edges | None) -> str:
    """Return what a table says of the room that its lines take."""
    return "" if edges is None else f' style="--nbp-edges:{edges.width}px"'


def _lines(sentences: Iterable[str]) -> str:
    every = [*sentences]
    more = [f"... {len(every) - NAMED} more"] if len(every) > NAMED else []
    return "\n".join([*every[:NAMED], *more])


def _bundles(reasons: Reasons) -> Iterator[Bundle]:
    """Yield bundles that have every edge once, those with most edges first."""
    left = {(early, late) for late, some in reasons.by_task.items() for early in some}
    while left:
        hubs = Counter((each[end], end) for each in left for end in (0, 1))
        hub, end = min(hubs, key=lambda each: (-hubs[each], each[1], each[0]))
        chosen = {each for each in left if each[end] == hub}
        yield Bundle(hub, (*sorted(each[1 - end] for each in chosen),))
        left -= chosen


def _on_tracks(bundles: Iterable[Bundle]) -> list[list[Bundle]]:
    """Return the bundles of each track; the first of them find one.

    Tracks of short lines come first: they are drawn nearest to the tasks.
    """
    tracks: list[list[Bundle]] = []
    for each in bundles:
        free = (track for track in tracks if not any(map(each.meets, track)))
        track = next(free, None)
        if track is not None:
            track.append(each)
        elif len(tracks) < TRACKS:
            tracks.append([each])
    return sorted(tracks, key=lambda track: max(each.length for each in track))
