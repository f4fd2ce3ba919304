"""How many workers the work rewards: what was seen goes in, a number comes out.

::

    search ──no reward──▶ trials ──much better──▶ search
       │                    │
       └──timeouts, 429, 503┴──▶ half as many, slowly back ──▶ trials

Additive increase, multiplicative decrease (D.-M. Chiu, R. Jain, "Analysis of the
Increase and Decrease Algorithms for Congestion Avoidance in Computer Networks", 1989).
Where fewer workers make fewer tasks and no fewer errors, they don't cause them: then
such errors are put up with.
"""

from __future__ import annotations

import math
from typing import Final

from nbparallel.engine.width.gauge import Seen
from nbparallel.engine.width.search import Search
from nbparallel.engine.width.trials import SELDOM, Trials
from nbparallel.workers.bounds import Bounds

#: The share of errors from which on there are too many workers, and how many at least.
STRAIN: Final = 0.02
SOME: Final = 2
#: What is not less, of errors and of tasks per second.
AS_MUCH: Final = 0.7
#: How far back, as a share of the number at which there were errors, and in what steps.
BACK: Final = 0.75
STEP: Final = 1 / 16
#: Below this share of workers at work, something else holds the run back.
BUSY: Final = 0.75
#: A stretch has at least so many ends, and seconds: while searching, and afterwards.
ENDS, MORE_ENDS = 12, 48
QUICK, CALM = 0.02, 0.1


class WidthPolicy:
    """Decides on the number of workers, stretch by stretch.

    Parameters
    ----------
    bounds
        Of the workers.

    Attributes
    ----------
    width
        The number that it wants.

    Examples
    --------
    >>> policy = WidthPolicy(Bounds(first=2, most=64))
    >>> for _ in range(5):  # a server that answers four requests at a time, in 10 ms
    ...     at_once = min(policy.width, 4)
    ...     latency = 0.01 * policy.width / at_once
    ...     seen = Seen(seconds=1, ended=400, done=at_once / 0.01, latency=latency)
    ...     policy.decide(seen)
    4
    8
    8
    4
    4
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self.width = max(1, min(bounds.first, bounds.most))
        self._search: Search | None = Search(bounds, {})
        self._trials = Trials(bounds, upwards=True)
        self._eased: tuple[int, Seen] | None = None
        self._ceiling = 0  # the number at which there were errors, on the way back
        self._tolerated = 0.0

    @property
    def is_searching(self) -> bool:
        """Whether it is still looking for the number."""
        return self._search is not None

    def is_enough(self, seen: Seen) -> bool:
        """Whether *seen* is long enough to decide by."""
        ends, seconds = (ENDS, QUICK) if self.is_searching else (MORE_ENDS, CALM)
        return seen.ended >= max(ends, self.width) and seen.seconds >= seconds

    def decide(self, seen: Seen) -> int:
        """Return the number of workers from now on, after a stretch with `width`."""
        if self._is_strained(seen):
            wanted = self._ease(seen)
        elif seen.busy < BUSY:
            return self.width
        elif self._ceiling:
            wanted = self._recover()
        else:
            wanted = self._reward(seen)
        self.width = max(1, min(wanted, self._bounds.most))
        return self.width

    def _reward(self, seen: Seen) -> int:
        if self._search is not None:
            wanted = self._search.next(self.width, seen)
            if self._search.is_over:
                self._trials = Trials(self._bounds, upwards=not self._search.computes)
                self._search = None
            return wanted
        wanted = self._trials.next(self.width, seen)
        if self._trials.much_better:
            self._search = Search(self._bounds, self._trials.much_better)
            wanted = self._search.next(wanted, self._trials.much_better[wanted])
        return wanted

    # -- Errors -----------------------------------------------------------------------

    def _is_strained(self, seen: Seen) -> bool:
        errors, usual = seen.strain * seen.ended, self._tolerated * seen.ended
        return errors >= max(SOME, usual + 2 * math.sqrt(usual) + STRAIN * seen.ended)

    def _ease(self, seen: Seen) -> int:
        if self._search is None and not self._ceiling and self._trials.goes_up:
            return self._trials.refuse()
        if self._eased is not None:
            width, then = self._eased
            is_as_bad = seen.strain >= AS_MUCH * then.strain
            if is_as_bad and seen.rate < AS_MUCH * then.rate:
                return self._put_up_with(max(seen.strain, then.strain), width)
        self._eased, self._ceiling, self._search = (self.width, seen), self.width, None
        return self.width // 2

    def _put_up_with(self, strain: float, width: int) -> int:
        """Return *width*: fewer workers have changed nothing but the pace."""
        self._tolerated, self._eased, self._ceiling = strain, None, 0
        self._search = Search(self._bounds, {})
        return width

    def _recover(self) -> int:
        """Return some more, after a stretch without such errors."""
        self._eased = None
        wanted = self.width + max(1, round(STEP * self._ceiling))
        if wanted >= BACK * self._ceiling:
            self._ceiling = 0
            self._trials = Trials(self._bounds, upwards=True, pause=SELDOM)
        return wanted
