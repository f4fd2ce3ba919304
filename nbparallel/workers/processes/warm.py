"""Worker processes that wait for the next run: it begins at once with them."""

from __future__ import annotations

import atexit
import os
import threading
from time import monotonic, sleep
from weakref import WeakSet

from nbparallel import daemons
from nbparallel.workers.processes.process import WorkerProcess

#: Seconds after which one that nobody has wanted leaves.
IDLE = 60.0
#: Seconds at the interpreter's exit for those that come from a run just over.
MOMENT = 0.5

_lock = threading.Lock()
_waiting: list[tuple[float, WorkerProcess]] = []
_at_work: WeakSet[WorkerProcess] = WeakSet()
_watched = False


def take() -> WorkerProcess:
    """Return one that waits, the latest first, or a new one."""
    found = _take()
    with _lock:
        _at_work.add(found)
    return found


def _take() -> WorkerProcess:
    while True:
        with _lock:
            if not _waiting:
                break
            _, found = _waiting.pop()
        if found.is_alive():
            return found
        found.close()
    return WorkerProcess()


def keep(process: WorkerProcess) -> None:
    """Have one wait that has nothing to do."""
    global _watched  # noqa: PLW0603 # there is one thread that lets them go
    process.forget()
    with _lock:
        _at_work.discard(process)
        _waiting.append((monotonic(), process))
        if not _watched:
            try:
                daemons.start("nbparallel-warm", _watch)
            except RuntimeError:  # at the interpreter's exit: they leave with it
                return
            _watched = True


def _watch() -> None:
    """Let those go that have waited for long, until none is left."""
    global _watched  # noqa: PLW0603 # as above
    pause = threading.Event()
    while True:
        with _lock:
            if not _waiting:
                _watched = False
                return
            left = _waiting[0][0] + IDLE - monotonic()
            gone = _waiting.pop(0)[1] if left <= 0 else None
        if gone is not None:
            gone.close()
        else:
            pause.wait(left)


@atexit.register
def _let_all_go() -> None:
    """End them at the interpreter's exit; else Python warns that they go on."""
    end = monotonic() + MOMENT
    while _some_come() and monotonic() < end:
        sleep(0.001)
    with _lock:
        gone = [process for _, process in _waiting]
        _waiting.clear()
    for process in gone:
        process.kill()
    for process in gone:
        process.close()


def _some_come() -> bool:
    with _lock:
        return any(process.is_alive() for process in _at_work)


def _in_a_child() -> None:
    """Forget the parent's in a forked child."""
    global _lock, _watched  # another thread may have held it
    _lock, _watched = threading.Lock(), False
    _waiting.clear()
    _at_work.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_child)
