"""Whether some more workers would be better, or some fewer as good, tried now and then.

Each trial lies between two stretches with the usual number: so neither noise nor a
server that gets slower by itself is taken for a reward. For the same reason the thread
pool of .NET goes up and down in a wave (J. L. Hellerstein, V. Morrison, E. Eilebrecht,
"Applying Control Theory in the Real World", FeBID 2009). What has brought nothing is
tried ever more seldom.
"""

from __future__ import annotations

import math
from typing import Final

from nbparallel.engine.width.gauge import Seen
from nbparallel.workers.bounds import Bounds

#: What more workers must bring; what fewer may cost; what is no noise.
BETTER: Final = 0.05
WORSE: Final = 0.03
MUCH: Final = 0.25
#: Times as many, in turn, and as few; fewer still where the processors are used up.
MORE: Final = (1.5, 1.2)
FEWER, FEW = 1.25, 2
#: Stretches between two trials, at first and at most.
SOON, SELDOM = 4, 48
#: A change of the pace, up or down, by which what was learnt is out of date.
OTHER: Final = 1.4


class Trials:
    """The trials beside one number of workers, which may follow them.

    Parameters
    ----------
    bounds
        Of the workers.
    upwards
        Whether the first one is with more workers.
    pause
        Stretches between two trials, at first.

    Attributes
    ----------
    much_better
        What was seen with the usual number and with a much better one, or nothing.
    """

    def __init__(self, bounds: Bounds, *, upwards: bool, pause: int = SOON) -> None:
        self._bounds = bounds
        self._upwards, self._pause, self._waited = upwards, pause, 0
        self._won = False
        self._lost = 0
        self._usual = 0  # the number, while another one is tried or has been
        self._trial = 0
        self._before: Seen | None = None
        self._tried: Seen | None = None
        self.much_better: dict[int, Seen] = {}

    @property
    def goes_up(self) -> bool:
        """Whether more workers than usual are being tried."""
        return self._trial > self._usual and self._tried is None

    def next(self, width: int, seen: Seen) -> int:
        """Return the next number, after *seen* with *width*."""
        if not self._trial:
            return self._wait(width, seen)
        if self._tried is None:
            self._tried = seen
            return self._usual
        return self._compare(seen)

    def refuse(self) -> int:
        """Return the usual number: what was tried has done harm."""
        self._end()
        self._lose()
        self._pause = SELDOM
        return self._usual

    def _wait(self, width: int, seen: Seen) -> int:
        before, self._before = self._before, seen
        if before is not None:
            change = seen.rate / max(before.rate, 1e-9)
            if not 1 / OTHER < change < OTHER:
                self._pause = SOON
        self._waited += 1
        if self._waited < self._pause:
            return width
        self._waited = 0
        self._usual, self._trial = width, self._other(width, seen)
        if not 1 <= self._trial <= self._bounds.most or self._trial == width:
            self._end()
            self._lose()
            return width
        return self._trial

    def _other(self, width: int, seen: Seen) -> int:
        if self._upwards:
            more = round(MORE[self._lost // 2 % 2] * width)
            return min(self._bounds.most, max(width + 1, more))
        few = FEW if self._bounds.are_reached(seen.cpu) else FEWER
        return min(width - 1, round(width / few))

    def _compare(self, after: Seen) -> int:
        """Decide, now that the usual number was seen before and after the other."""
        before, tried = self._before, self._tried
        trial, usual = self._trial, self._usual
        assert before is not None
        assert tried is not None
        self._before = after
        self._end()
        rate = max((before.rate + after.rate) / 2, 1e-9)
        noise = abs(before.rate - after.rate) / rate
        gain = tried.rate / rate - 1
        chance = math.sqrt(1 / tried.ended + (1 / before.ended + 1 / after.ended) / 4)
        if self._upwards and gain > max(MUCH, 2 * noise, 3 * chance):
            self.much_better = {usual: after, trial: tried}
            return trial
        if self._upwards:
            least = max(BETTER, noise, 1.2 * chance)
        elif self._bounds.are_reached(after.cpu):
            least = -max(WORSE, noise)
        else:
            least = -WORSE if noise <= BETTER else math.inf
        if gain < least:
            self._lose()
            return usual
        if not self._won:  # at once, and once more to be sure
            self._won, self._waited = True, self._pause
            return usual
        self._won, self._lost, self._pause, self._waited = False, 0, SOON, SOON
        self._before = None
        return trial

    def _end(self) -> None:
        self._trial, self._tried = 0, None

    def _lose(self) -> None:
        """Try the other way next time, and later where neither was better."""
        self._won, self._upwards = False, not self._upwards
        self._lost += 1
        if self._lost % 2 == 0:
            self._pause = min(2 * self._pause, SELDOM)
        else:
            self._waited = self._pause - SOON
