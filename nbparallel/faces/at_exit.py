"""What becomes of the runs of executors when the interpreter exits.

As with the standard library's executors: no further call is taken, and those that were
are made before the interpreter goes. What hangs does not hold it up: once every call
has begun, and nothing has ended for as long as the executor's `patience`, what goes on
is given up, and named. A call that has not begun is never given up: while some wait for
calls that go on, so does the interpreter, and says so.
"""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import suppress
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

from nbparallel.edge.frontend import in_kernel
from nbparallel.engine.open_run import OpenRun
from nbparallel.exiting import at_exit
from nbparallel.records.snapshot import Snapshot
from nbparallel.short_text import brief
from nbparallel.types import State, Status

#: The runs to wait for, each with the seconds that it may stand still.
_runs: WeakKeyDictionary[OpenRun[Any], float] = WeakKeyDictionary()
_begun = threading.Event()

_log = logging.getLogger("nbparallel")


def has_begun() -> bool:
    """Whether the interpreter is exiting."""
    return _begun.is_set()


def mind(run: OpenRun[Any], patience: float) -> None:
    """Wait for *run* at the exit, *patience* seconds at most in which nothing ends."""
    _runs[run] = max(patience, 2 * (run.options.timeout or 0.0))


def _see_out() -> None:
    _begun.set()
    runs = dict(_runs)
    hurries = in_kernel() or _was_interrupted()
    for run in runs:
        run.close()
        if hurries:
            run.cancel()
    ended, since = -1, perf_counter()
    told: set[OpenRun[Any]] = set()
    while going := [run for run in runs if not run.state.ended]:
        for run in going:
            run.resume()  # nobody is left who would
        shots = {run: run.snapshot() for run in going}
        done = sum(run.snapshot().finished for run in runs)
        if done != ended:
            ended, since = done, perf_counter()
        left = {run: since + _patience(runs[run], shots[run]) for run in going}
        for run, shot in shots.items():
            if not _may_hang(shot) or left[run] > perf_counter():
                continue
            if not shot.counts[Status.PENDING]:
                _give_up(run, shot)
            elif run not in told:
                told.add(run)
                _tell_of_wait(shot)
        pause = min(left.values()) - perf_counter()
        with suppress(Exception):  # of a task, with on_error="raise": nobody reads it
            going[0].wait(max(0.01, min(1.0, pause)))


def _patience(said: float, shot: Snapshot) -> float:
    """Return for how long nothing may end: twice as long as calls have taken so far."""
    return max(said, 2 * max(shot.recent, default=0.0))


def _may_hang(shot: Snapshot) -> bool:
    """Whether tasks go on; else they wait for an instant, which comes."""
    return shot.counts[Status.RUNNING] > 0 and shot.state is State.RUNNING


def _give_up(run: OpenRun[Any], shot: Snapshot) -> None:
    _log.warning(
        "the interpreter exits without the calls of %s that go on: %d of them, such as "
        "%s. To wait for them however long they take: executor.shutdown()",
        *(shot.name, shot.counts[Status.RUNNING], _some(shot)),
    )
    run.cancel()


def _tell_of_wait(shot: Snapshot) -> None:
    _log.warning(
        "the interpreter waits for the calls of %s before it exits: %d that go on, "
        "such as %s, and %d that have not begun. Ctrl-C ends it without them",
        *(shot.name, shot.counts[Status.RUNNING], _some(shot)),
        shot.counts[Status.PENDING],
    )


def _some(shot: Snapshot) -> str:
    return ", ".join(brief(row.item) for row in shot.running[:3])


def _was_interrupted() -> bool:
    """Whether Ctrl-C ends a script: it is not to go on all the same."""
    kind = type(getattr(sys, "last_exc", None) or getattr(sys, "last_value", None))
    return issubclass(kind, KeyboardInterrupt) and not hasattr(sys, "ps1")


at_exit(_see_out, _runs)
