"""Every exception that nbparallel raises on its own account.

::

    NbparallelError
    ├── UsageError              the call was wrong; nothing was started
    │   ├── BadType   (TypeError)   of a task: what can't be pickled
    │   └── BadValue  (ValueError)
    │       └── BadCell         a cell of a magic; it shows the line and the place
    ├── InputError              the user's iterable raised while it was read
    ├── BackendBroken           the executor it was given carries no more tasks out
    ├── TaskTimeout             an attempt of a task lasted too long
    ├── TaskCancelled           the value of a task that was cancelled was asked for
    ├── StillRunning            an answer was asked for that only an ended run has
    ├── WorkerDied              a worker process ended while it carried out a task
    └── RemoteError             a task's error in another process, of a class that
                                can't be rebuilt in this one

The exceptions that tasks raise are never wrapped: ``run.errors`` holds them as
they were raised, tracebacks included.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any

_TRACEBACK: Any = vars(BaseException)["__traceback__"]


class NbparallelError(Exception):
    """Base of all exceptions of this package."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: how the user's own code came here."""
        shell: Any = sys.modules["IPython"].get_ipython()
        trace = without_our_frames(self)
        shown: list[str] = shell.InteractiveTB.structured_traceback(
            type(self), self, trace, tb_offset=0
        )
        return shown


class UsageError(NbparallelError):
    """The call could not be understood; no task was started."""


class BadType(UsageError, TypeError):
    """An argument is of the wrong kind."""


class BadValue(UsageError, ValueError):
    """An argument is of the right kind but its value cannot be used."""


class BadCell(BadValue):
    """What stands in a cell cannot be understood; nothing was started.

    Attributes
    ----------
    place
        The file name and the number of the line.
    shown
        The place and the line as a syntax error shows them.
    """

    def __init__(self, message: str, place: tuple[str, int], shown: str) -> None:
        super().__init__(message)
        self.place = place
        self.shown = shown

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the user's line, none of ours."""
        return [*self.shown.splitlines(), f"{type(self).__name__}: {self}"]


class InputError(NbparallelError):
    """The input iterable raised; every task before that position has its row."""


class BackendBroken(NbparallelError, RuntimeError):
    """The executor that a run was given has been shut down, or its workers died."""


class TaskTimeout(NbparallelError):
    """An attempt lasted longer than its ``timeout``; so says the task's row.

    It is no `TimeoutError`: a task that raises one of those has failed by itself.
    """


class TaskCancelled(NbparallelError):
    """A result was asked for that a cancelled task or run has not come to."""


class StillRunning(NbparallelError, RuntimeError):
    """Something was asked of a run that it can do only once it has ended."""


class WorkerDied(NbparallelError):
    """The process that carried out a task has ended; the task's row says `crashed`."""


class RemoteError(NbparallelError):
    """What a task raised in another process, of a class that can't be rebuilt here."""


class Abandoned(BaseException):
    """Raised inside a task that goes on after the grace of a cancel, to end it."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the known word most like this one, or ``""``.

    Examples
    --------
    >>> nearest("wrokers", ["workers", "backend"])
    " Did you mean 'workers'?"
    >>> nearest("zzz", ["workers"])
    ''
    """
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]!r}?" if found else ""


def without_the_call(error: BaseException) -> BaseException:
    """Return *error* without the frame of ours that caught it: that holds results."""
    # Of the base class: a subclass may do anything in a method or property of its own.
    trace: TracebackType | None = _TRACEBACK.__get__(error)
    return BaseException.with_traceback(error, trace.tb_next if trace else None)


def without_our_frames(error: BaseException) -> TracebackType | None:
    """Return the traceback of *error* as the user's own code makes it.

    An error that comes out of our own code, and is not meant to, keeps all of it.
    """
    steps = []
    trace = error.__traceback__
    while trace is not None:
        steps.append(trace)
        trace = trace.tb_next
    meant = isinstance(error, (NbparallelError, KeyboardInterrupt))
    if not meant and _is_of(steps[-1], "nbparallel"):
        return error.__traceback__
    while steps and _is_of(steps[0], "IPython", "ipykernel"):  # called the cell
        del steps[0]
    for step in reversed([step for step in steps if not _is_of(step, "nbparallel")]):
        # A signal may strike between two lines, where there is no number.
        line = step.tb_lineno or step.tb_frame.f_code.co_firstlineno
        trace = TracebackType(trace, step.tb_frame, step.tb_lasti, line)
    return trace or error.__traceback__


def _is_of(step: TracebackType, *packages: str) -> bool:
    name: str = step.tb_frame.f_globals.get("__name__", "")
    return name.partition(".")[0] in packages
