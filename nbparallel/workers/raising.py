"""End a task from outside: raise an exception in its thread.

CPython can, at the thread's next instruction of Python. A call into C hears of it when
it returns, so what hangs there goes on. To users' code it is what an interrupt is in
the main thread; it must not strike where a lock would stay locked for all.
"""

from __future__ import annotations

import ctypes
import gc
import operator
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import chain, islice, repeat
from threading import Lock, main_thread
from types import CodeType, FrameType
from typing import Final

from nbparallel.daemons import wait_for_births
from nbparallel.workers.bounds import has_one_lock
from nbparallel.workers.carry_out import carry_out


def _find() -> Callable[[int, type[BaseException]], int] | None:
    """Return what raises an exception in a thread, by number; None without CPython."""
    like = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.py_object)
    try:
        return like(("PyThreadState_SetAsyncExc", ctypes.pythonapi))
    except AttributeError:
        return None


_set = _find()

#: How many threads are looked at before these are struck: where others have turns
#: meanwhile, each that is struck is one less to wait for.
_AT_ONCE: Final = 16

#: Where an exception out of nowhere would do harm, and what of it is harmless.
_OURS = ("nbparallel.engine.", "nbparallel.workers.")
_HARMLESS = ("capture", "printed")
#: What a module of a face says of itself whose state must stay whole.
_MARK = "DELICATE"
#: Python's own modules that hold locks which others than the task may wait for.
_SHARED = ("asyncio", "concurrent", "importlib", "logging", "queue", "threading")

#: Held by the one who has switched the collection of garbage off.
_collecting = Lock()


def raise_in(
    threads: Iterable[int],
    kind: type[BaseException],
    within: CodeType = carry_out.__code__,
) -> bool:
    """Raise *kind* in those of the *threads*, by number, that are in the user's code.

    That is what *within* calls. Return whether there were any.

    Nothing happens in an interpreter that is not CPython, and in one without the GIL,
    where threads move on while they are looked at. `sys.monitoring`, and listing the
    frames, make them stand still; but that waits for every call into C, and one task in
    a long one would keep a cancel from returning.
    """
    if _set is None or not has_one_lock():
        return False
    wanted = {*threads} - {main_thread().ident}
    wait_for_births(wanted)
    found = False
    with _without_collections():
        left = iter(wanted)
        while some := [*islice(left, _AT_ONCE)]:
            frames = sys._current_frames()  # noqa: SLF001 # it is documented
            strikes: dict[FrameType, Callable[[], int]] = {
                frame: partial(_set, thread, kind)
                for thread in some
                if (frame := frames.get(thread)) and _in_users_code(frame, within)
            }
            _call_for_the_current(strikes)
            found = found or bool(strikes)
    return found


@contextmanager
def _without_collections() -> Iterator[None]:
    """Within it, Python doesn't collect garbage.

    Up to 3.11.8 and 3.12.2 it may do so while it lists the frames, with a lock held; if
    a finalizer gives up its turn meanwhile, all hangs (gh-106883).
    """
    with _collecting:
        usual = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if usual:
                gc.enable()


def _call_for_the_current(calls: dict[FrameType, Callable[[], int]]) -> None:
    """Make those of *calls* whose frame some thread is at, before that can move on.

    All of it happens within one call into C, during which no other thread has a turn.
    """
    now = map(operator.call, (sys._current_frames,))  # noqa: SLF001 # as above
    frames = chain.from_iterable(map(dict.values, now))
    found = map(calls.get, frames, repeat(int))
    deque(map(operator.call, found), maxlen=0)


def is_delicate(frame: FrameType) -> bool:
    """Whether an exception out of nowhere would do harm in the code of *frame*."""
    module = frame.f_globals.get("__name__", "")
    if module.startswith("nbparallel.") and frame.f_globals.get(_MARK):
        return True
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


def _in_users_code(frame: FrameType, caller: CodeType) -> bool:
    """Whether *frame* is of what *caller* calls, and in no code of many users."""
    return frame.f_code is not caller and is_within(frame, (caller,), _is_spared)


def _is_spared(frame: FrameType) -> bool:
    package = _package(frame.f_globals.get("__name__", ""))
    if package == "nbparallel":
        return is_delicate(frame)
    return package in _SHARED


@lru_cache(1024)
def _package(module: str) -> str:
    return module.partition(".")[0]
