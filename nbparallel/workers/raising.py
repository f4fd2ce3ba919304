"""End a task from outside: raise an exception in its thread.

CPython can, at the thread's next instruction of Python. A call into C hears of it when
it returns, so what hangs there goes on. To users' code it is what an interrupt is in
the main thread; it must not strike where a lock would stay locked for all.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterable
from threading import main_thread
from types import FrameType

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
        # Each is looked at anew: it must not have moved on since.
        frame = sys._current_frames().get(thread)  # noqa: SLF001 # it is documented
        if _in_users_code(frame):
            _set(ctypes.c_ulong(thread), ctypes.py_object(kind))


def is_delicate(frame: FrameType) -> bool:
    """Whether an exception out of nowhere would do harm in the code of *frame*."""
    module = frame.f_globals.get("__name__", "")
    return module.startswith(_OURS) and module.rpartition(".")[2] not in _HARMLESS


def _in_users_code(frame: FrameType | None) -> bool:
    """Whether a thread at *frame* is in a task, and there in no code of many users."""
    while frame is not None and not is_delicate(frame) and not _is_shared(frame):
        frame = frame.f_back
        if frame is not None and frame.f_code is carry_out.__code__:
            return True
    return False


def _is_shared(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__", "").partition(".")[0] in _SHARED
