"""The exit of the interpreter: what is called at it, and what it waits for."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol


class _Clearable(Protocol):
    def clear(self) -> None: ...


def at_exit(callback: Callable[[], object], kept: _Clearable) -> None:
    """Have *callback* called at the exit, while threads can still be started.

    A forked child has none of its parent's threads: what is *kept* for the callback is
    cleared there.
    """
    with suppress(RuntimeError):  # it is exiting: nothing will start any more
        # Before threads are waited for, as `concurrent.futures` has it: at `atexit`,
        # which comes later, no thread can be started in which calls could be made.
        getattr(threading, "_register_atexit", atexit.register)(callback)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=kept.clear)


def hold(callback: Callable[[], object]) -> None:
    """Have the exit wait until *callback* has returned.

    Python waits for threads, the main one excepted: that calls it itself. So does any
    where no thread is started any more, as from 3.12 on once the main one has ended.
    """
    if threading.current_thread() is not threading.main_thread():
        with suppress(RuntimeError):
            threading.Thread(target=callback, daemon=False).start()
            return
    callback()
