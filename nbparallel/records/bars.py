"""Bars in lanes: what workers did when, in a bounded number of pieces.

Neighbours become one bar if both together are no longer than the resolution. Of two
neighbours that stay apart, both together are longer than that: so there are at most
twice as many bars in a lane as its time has resolutions, whatever they are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from operator import attrgetter
from typing import Final

from nbparallel.records.strip import Bar

#: The most bars, and to how many they are brought down where there are more: apart, so
#: that each time is paid for by as many bars that have come since.
MOST: Final = 400
ENOUGH: Final = 300
#: Seconds that are told apart as long as there is room.
FINEST: Final = 0.001


class Bars:
    """Bars by lane, fewer and longer ones as there come more.

    Attributes
    ----------
    lanes
        The bars of each lane, in the order in which they came.
    resolution
        Neighbours that are no longer together, in seconds, are one bar.
    count
        How many bars there are.
    """

    def __init__(
        self, lanes: Iterable[Iterable[Bar]] = (), resolution: float = FINEST
    ) -> None:
        self.resolution = resolution
        self.lanes: list[list[Bar]] = []
        self.count = 0
        self._fill(lanes)

    def add(self, lane: int, bar: Bar) -> None:
        """Append *bar* to a lane, or make the last one there longer."""
        while len(self.lanes) <= lane:
            self.lanes.append([])
        bars = self.lanes[lane]
        if bars:
            last = bars[-1]
            begin, end = min(last.begin, bar.begin), max(last.end, bar.end)
            if end - begin <= self.resolution:
                bars[-1] = Bar(
                    begin,
                    end,
                    _word(last, bar),
                    last.first,
                    last.tasks + bar.tasks,
                    last.failed + bar.failed,
                )
                return
        bars.append(bar)
        self.count += 1

    def bound(self) -> None:
        """Make the resolution coarser if there are too many bars."""
        if self.count > MOST:
            while self.count > ENOUGH:
                self.resolution *= 2
                self._fill(self.lanes)

    def pair(self) -> None:
        """Make one lane of each two."""
        pairs = zip_longest(self.lanes[::2], self.lanes[1::2], fillvalue=())
        self._fill(sorted(chain(*pair), key=attrgetter("end")) for pair in pairs)

    def take_before(self, second: float) -> Bars:
        """Take out the bars that end before a second of the run."""
        lanes = self.lanes
        old = [[bar for bar in lane if bar.end < second] for lane in lanes]
        self._fill([[bar for bar in lane if bar.end >= second] for lane in lanes])
        return Bars(old, self.resolution)

    def joined(self, later: Bars) -> Bars:
        """Return these bars and *later* ones, at the resolution of these."""
        lanes = zip_longest(self.lanes, later.lanes, fillvalue=())
        found = Bars([chain(*both) for both in lanes], self.resolution)
        found.bound()
        return found

    def _fill(self, lanes: Iterable[Iterable[Bar]]) -> None:
        before: Sequence[Iterable[Bar]] = list(lanes)
        self.lanes, self.count = [[] for _ in before], 0
        for lane, bars in enumerate(before):
            for bar in bars:
                self.add(lane, bar)


def _word(first: Bar, second: Bar) -> str:
    if first.status == second.status or first.failed:
        return first.status
    return second.status if second.failed else "ok"
