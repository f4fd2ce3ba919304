"""When what a thread is now doing was asked for.

Among tasks that compute, a click takes tenths of a second from the kernel's channel to
its callback. What the user waits for counts from when the click arrived.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

_this = threading.local()


@contextmanager
def asked_at(instant: float) -> Iterator[None]:
    """Note that what this thread does within was asked for at *instant*."""
    before = getattr(_this, "instant", None)
    _this.instant = instant
    try:
        yield
    finally:
        _this.instant = before


def asked() -> float:
    """Return when what this thread does was asked for, by `perf_counter`, or now."""
    found: float = getattr(_this, "instant", None) or perf_counter()
    return found
