"""What a program does at its end about flows that nobody has waited for.

Such a flow is what the program was for, so it is finished first, as Python finishes
threads, even if it pauses; Ctrl-C cancels it and leaves at once. A kernel doesn't wait:
its end is the user's wish. Nor does anybody for a flow that was cancelled or let go.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from nbparallel.edge.frontend import in_kernel
from nbparallel.engine.run import Run
from nbparallel.types import State

_remembered: WeakSet[Run[Any]] = WeakSet()


def remember(run: Run[Any]) -> None:
    """Have the program wait for *run* at its end."""
    _remembered.add(run)


def let_go(run: Run[Any]) -> None:
    """Have nobody wait for *run*."""
    _remembered.discard(run)


def _finish() -> None:
    if in_kernel():
        return
    with suppress(KeyboardInterrupt):  # it has cancelled the run
        for run in [*_remembered]:
            if run.state in (State.RUNNING, State.PAUSED) and not run.nested:
                run.resume()  # nobody is left who would
                run.wait()


# Unlike `atexit` it comes while threads can still be started; the standard library's
# pools stand on it, too.
threading._register_atexit(_finish)  # type: ignore[attr-defined] # noqa: SLF001

if hasattr(os, "register_at_fork"):  # the threads of these are the parent's
    os.register_at_fork(after_in_child=_remembered.clear)
