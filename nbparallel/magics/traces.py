"""Tracebacks as the user's own code makes them."""

from __future__ import annotations

from types import TracebackType

from nbparallel.errors import NbparallelError


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
    if not meant and _is_ours(steps[-1]):
        return error.__traceback__
    for step in reversed([step for step in steps if not _is_ours(step)]):
        trace = TracebackType(trace, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return trace


def _is_ours(step: TracebackType) -> bool:
    name: str = step.tb_frame.f_globals.get("__name__", "")
    return name.startswith("nbparallel.")
