"""The runs of this session: so that none is lost because nobody gave it a name."""

from __future__ import annotations

import threading
import weakref
from typing import Any

_lock = threading.RLock()
_runs: list[weakref.ref[Any]] = []
_last: list[Any] = []


def remember(run: Any) -> None:
    """Note that *run* was started; it is the last one now."""
    with _lock:
        _last[:] = [run]
        if run not in remembered():
            _runs.append(weakref.ref(run))


def last() -> Any:
    """Return the run that was started last, nested ones left out, or None."""
    return _last[0] if _last else None


def remembered() -> list[Any]:
    """Return the runs that something still refers to, oldest first."""
    with _lock:
        found = [run for ref in _runs if (run := ref()) is not None]
        _runs[:] = map(weakref.ref, found)
        return found
