"""The runs of this session: so that none is lost because nobody gave it a name."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbparallel.engine.run import Run

_lock = threading.RLock()
_runs: list[weakref.ref[Run]] = []
_last: list[Run] = []


def remember(run: Run) -> None:
    """Note that *run* was started; it is the last one now."""
    with _lock:
        _last[:] = [run]
        if run not in runs():
            _runs.append(weakref.ref(run))


def last() -> Run | None:
    """Return the run that was started last, nested ones left out, or None."""
    return _last[0] if _last else None


def runs() -> list[Run]:
    """Return the runs of this session that something still refers to, oldest first.

    The last one is always among them. Nested runs are not.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(abs, [-1, 2], progress=False)
    >>> nbp.runs()[-1] is run
    True
    """
    with _lock:
        found = [run for ref in _runs if (run := ref()) is not None]
        _runs[:] = map(weakref.ref, found)
        return found
