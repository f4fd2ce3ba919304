"""End a task from outside: raise an exception in its thread.

CPython can, at the thread's next instruction of Python. A call into C hears of it when
it returns, so what hangs there goes on. To users' code it is what an interrupt is in
the main thread; it must not strike where a lock would stay locked for all.
"""

from __future__ import annotations

import ctypes
import operator
import sys
from collections.abc import Callable, Collection, Iterable
from functools import partial
from threading import main_thread
from types import CodeType, FrameType

from nbparallel.workers.carry_out import carry_out

_set: Callable[..., int] | None = getattr(
    getattr(ctypes, "pythonapi", None), "PyThreadState_SetAsyncExc", None
)

#: Where an exception out of nowhere would do harm, and what of it is harmless.
_OURS = ("nbparallel.engine.", "nbparallel.workers.")
_HARMLESS = ("capture", "printed")
#: Python's own modules that hold locks which others than the task may wait for.
_SHARED = ("asyncio", "concurrent", "importlib", "logging", "queue", "threading")


def raise_in(threads: Iterable[int], kind: type[BaseException]) -> None:
    """Raise *kind* in those of the *threads*, by number, that are in the user's code.

    Nothing happens in an interpreter without the GIL, where threads move on while they
    are looked at, and in one that is not CPython.
    """
    if _set is None or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return
    for thread in {*threads} - {main_thread().ident}:
        frame = sys._current_frames().get(thread)  # noqa: SLF001 # it is documented
        if frame is not None and _in_users_code(frame):
            strike = partial(_set, ctypes.c_ulong(thread), ctypes.py_object(kind))
            _call_if_still_at(frame, thread, strike)


def _call_if_still_at(frame: FrameType, thread: int, call: Callable[[], int]) -> None:
    """Call *call* if *thread* is still at *frame*, so that it cannot move on between.

    All of it happens within one call into C, during which no other thread has a turn.
    """
    now = map(operator.call, (sys._current_frames,))  # noqa: SLF001 # as above
    there = map(operator.methodcaller("get", thread), now)
    calls = map({frame: call}.get, there, (int,))
    next(map(operator.call, calls))


def is_delicate(frame: FrameType) -> bool:
    """Whether an exception out of nowhere would do harm in the code of *frame*."""
    module = frame.f_globals.get("__name__", "")
    return module.startswith(_OURS) and module.rpartition(".")[2] not in _HARMLESS


def is_within(
    frame: FrameType | None,
    callers: Collection[CodeType],
    spared: Callable[[FrameType], bool],
) -> bool:
    """Whether *frame* is of *callers*, or called by them through no *spared* frame."""
    while frame is not None:
        if frame.f_code in callers:
            return True
        if spared(frame):
            return False
        frame = frame.f_back
    return False


def _in_users_code(frame: FrameType) -> bool:
    """Whether a thread at *frame* is in a task, and there in no code of many users."""
    loop = carry_out.__code__
    return frame.f_code is not loop and is_within(frame, (loop,), _is_spared)


def _is_spared(frame: FrameType) -> bool:
    package = frame.f_globals.get("__name__", "").partition(".")[0]
    return package in _SHARED or is_delicate(frame)
