"""What a program does at its end about flows that nobody has waited for.

Such a flow is what the program was for, so it is finished first, as Python finishes
threads, even if it pauses; Ctrl-C cancels it and leaves at once. A kernel doesn't wait:
its end is the user's wish. Nor does anybody for a flow that was cancelled or let go.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from weakref import WeakSet

from nbparallel.edge.frontend import in_kernel
from nbparallel.engine.run import Run
from nbparallel.exiting import at_exit, hold
from nbparallel.quantities import count
from nbparallel.types import State

_log = logging.getLogger("nbparallel")
_remembered: WeakSet[Run[Any]] = WeakSet()
_begun = threading.Event()


def remember(run: Run[Any]) -> None:
    """Have the program wait for *run* at its end."""
    _remembered.add(run)


def stay_for(run: Run[Any]) -> None:
    """Have the program wait for *run* if it is at its end already.

    Threads may go on when the main one has ended, and begin a flow then.
    """
    if _begun.is_set() and not run.state.ended and not run.nested:
        hold(partial(_see_out, run))


def let_go(run: Run[Any]) -> None:
    """Have nobody wait for *run*."""
    _remembered.discard(run)


@contextmanager
def _told_of_an_interrupt() -> Iterator[None]:
    """End a block at an interrupt, and say what is dropped with it."""
    going = [run for run in [*_remembered] if not run.state.ended]
    try:
        yield
    except KeyboardInterrupt:  # it has cancelled the run
        for run in going:
            if run.state is not State.DONE:
                shot = run.snapshot()
                dropped = shot.known - shot.carried_out
                told = ", ".join(
                    filter(None, [f"{count(dropped)} dropped", shot.postfix])
                )
                _log.warning("%s ends with the program: %s", shot.name, told)


def _finish() -> None:
    if in_kernel():
        return
    _begun.set()  # before the look: a flow is in it, or stays by itself
    with _told_of_an_interrupt():
        for run in [*_remembered]:
            if run.state in (State.RUNNING, State.PAUSED) and not run.nested:
                run.resume()  # nobody is left who would
                run.wait()


def _see_out(run: Run[Any]) -> None:
    with suppress(Exception):  # of a handler, with on_error="raise": nobody reads it
        run.wait()


at_exit(_finish, _remembered)
