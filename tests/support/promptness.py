"""How soon control is back after a cancel, asked for beside other tests."""

from __future__ import annotations

from collections.abc import Callable

#: Seconds that running tasks have, and within which after these control is promised.
GRACE, SOON = 1.0, 0.25
#: That is said of a machine that does nothing else. Where other tests are going on, not
#: every try can be in time.
TRIES = 30


def assert_soon(stop: Callable[[], float], wanted: int = 1) -> None:
    """Call *stop* until it was in time often enough.

    Parameters
    ----------
    stop
        Cancels a run, and returns after how many seconds control was back.
    wanted
        How often that is.
    """
    late: list[float] = []
    while sum(each <= SOON for each in late) < wanted:
        assert len(late) < TRIES, late
        late.append(stop() - GRACE)
