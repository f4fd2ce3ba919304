"""How many tasks may start in which time.

No limiter that others keep fits: theirs block the caller, or tell after the fact, and
the engine has to know the instant of the next start without waiting for it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from time import perf_counter
from typing import Final

from nbparallel.errors import BadType, BadValue

_UNITS: Final = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "day": 86400.0,
}
_FORM: Final = re.compile(
    r"\s*(\d+\.?\d*)\s*/\s*(\d*\.?\d*)\s*([a-z]+)\s*", re.IGNORECASE | re.ASCII
)
#: Seconds that a start may be late and not put off those after it; so much longer is
#: the time that their number is spread over.
SLACK: Final = 0.02


class Rate:
    """A bound on starts, over all workers of all the runs that are given it.

    ``"50/s"``: no more than 50 in any second, wherever it begins. They are spread
    evenly by the generic cell rate algorithm (ATM Forum, Traffic Management 4.0, 1996):
    a server never meets a second's worth of them at once, and what was not started in
    time is not made up for.

    Parameters
    ----------
    rate
        A number of starts and a time, as in ``"10/s"``, ``"600/min"``, ``"5/10s"`` or
        ``"1000/h"``.

    Raises
    ------
    BadType, BadValue
        It cannot be understood.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> polite = nbp.Rate("100/s")
    >>> run = nbp.pmap(abs, [-1, -2], rate=polite, progress=False)
    >>> run.results
    [1, 2]
    >>> nbp.Rate("ten a second")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    nbparallel.errors.BadValue: rate='ten a second': write it as in rate='10/s': ...
    """

    def __init__(self, rate: str, *, clock: Callable[[], float] = perf_counter) -> None:
        self.text = rate
        self._pause = _pause_of(rate)
        self._clock = clock
        self._lock = threading.Lock()
        self._next = 0.0  # when the next start is due, by the clock

    def __repr__(self) -> str:
        return f"Rate({self.text!r})"

    def left(self) -> float:
        """Return in how many seconds a task may start; 0 or less: now."""
        return self._next - self._clock()

    def take(self) -> bool:
        """Take a start, if there is one now."""
        with self._lock:
            now = self._clock()
            if self._next > now:
                return False
            self._next = max(self._next, now - SLACK) + self._pause
            return True


def _pause_of(rate: object) -> float:
    """Return the seconds between two starts."""
    if not isinstance(rate, str):
        message = f"rate={rate!r}: must be a string, as in rate='10/s', or a Rate"
        raise BadType(message)
    found = _FORM.fullmatch(rate)
    if found is None:
        message = (
            f"rate={rate!r}: write it as in rate='10/s': a number such as 1000 or 0.5, "
            "a slash, and a time such as s, 10s or min"
        )
        raise BadValue(message)
    count, times, word = found.groups()
    unit = _UNITS.get(word.lower().removesuffix("s") or "s")
    if unit is None:
        known = ", ".join(_UNITS)
        message = f"rate={rate!r}: the unit is one of {known}, as in rate='600/min'"
        raise BadValue(message)
    if not float(count) or (times and not float(times)):
        message = f"rate={rate!r}: must be more than 0, as in rate='10/s'"
        raise BadValue(message)
    return (unit * float(times or 1) + SLACK) / float(count)
