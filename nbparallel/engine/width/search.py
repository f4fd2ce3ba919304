"""From a few workers to as many as the work rewards, in few steps.

Twice as many, as long as that is rewarded: the slow start of TCP (V. Jacobson,
"Congestion Avoidance and Control", SIGCOMM 1988). Then back to the knee: what was done
per second, times what a task takes where none waits for another (L. Kleinrock, "Power
and Deterministic Rules of Thumb for Probabilistic Problems in Computer Communications",
ICC 1979; the window of BBR is this product, N. Cardwell and others, ACM Queue 14(5),
2016). Where the processors are used up, or the first number is enough, half as many are
tried as long as they do the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from nbparallel.engine.width.gauge import Seen
from nbparallel.workers.bounds import Bounds

#: What twice as many workers must do, times as much; and what needs no second look.
REWARD: Final = 1.1
SURE: Final = 1.35
#: The same where the processors seem used up: less is what other programs leave us.
APART: Final = 1.5
#: What is as good as the best.
NEAR: Final = 0.95
#: Times as many workers as the product says: tasks don't come and go in step.
SLACK: Final = 1.1
#: Times the least latency, up to which one tells of the same.
ALIKE: Final = 1.6


class Search:
    """One search.

    Parameters
    ----------
    bounds
        Of the workers.
    known
        What was seen with which number already.

    Attributes
    ----------
    is_over
        Whether the last answer is what was found.
    computes
        Whether it was the processors that allowed for no more.
    """

    def __init__(self, bounds: Bounds, known: Mapping[int, Seen]) -> None:
        self._bounds, self._known = bounds, {**known}
        self.is_over = self.computes = self._goes_down = False

    def next(self, width: int, seen: Seen) -> int:
        """Return the next number, after *seen* with *width*."""
        known = self._known
        looked = known.get(width)
        seen = known[width] = looked.plus(seen) if looked else seen
        # Who computes alone may leave room for others, or not.
        self.computes = width > 1 and self._bounds.are_reached(seen.cpu)
        fewer = max((n for n in known if n < width), default=0)
        if self._goes_down:
            is_as_good = seen.rate >= NEAR * known[2 * width].rate
            return self._go_down(width) if is_as_good else self._end_at(2 * width)
        if fewer:
            gain = seen.rate / max(known[fewer].rate, 1e-9)
            if self.computes and gain < APART:
                return self._go_down(fewer)
            if gain < (SURE if looked is None else REWARD):
                return width if looked is None else self._found()
        if width >= self._bounds.most:
            return self._found()
        return min(2 * width, self._bounds.most)

    def _go_down(self, width: int) -> int:
        """Return half of *width*, or *width* itself where that is known, or one."""
        self._goes_down = True
        if width % 2 or width // 2 in self._known:
            return self._end_at(width)
        return width // 2

    def _end_at(self, width: int) -> int:
        self.is_over = True
        return width

    def _found(self) -> int:
        """Return the smallest number that is as good as any, or half of the first."""
        known = self._known
        best = max(seen.rate for seen in known.values())
        good = [n for n, seen in known.items() if seen.rate >= NEAR * best]
        enough = min(good)
        fewer = max((n for n in known if n < enough), default=0)
        if not fewer:
            return self._go_down(enough)
        self.is_over = True
        if enough == max(known):
            return enough
        knee = SLACK * best * self._latency()
        # Where workers are in each other's way, that is too few: so in the middle
        # between it and what lies on the straight line between the two numbers.
        below = known[fewer].rate
        share = (NEAR * best - below) / (known[enough].rate - below)
        line = fewer + share * (enough - fewer)
        return max(fewer + 1, min(enough, math.ceil((min(knee, line) + line) / 2)))

    def _latency(self) -> float:
        """Return what a task takes where none waits for another, as far as was seen."""
        least = min(seen.latency for seen in self._known.values())
        those = [s for s in self._known.values() if s.latency <= ALIKE * least]
        return sum(s.latency * s.ended for s in those) / sum(s.ended for s in those)
