"""Hear the kernel's interrupt button while no cell is executing.

ipykernel ignores SIGINT between cells: around each message it sets Python's default
handler (``Kernel.pre_handler_hook``) and afterwards puts back what was there before
(``post_handler_hook``). Replacing what was there before, and nothing else, therefore
changes what happens between cells and leaves every cell as it is.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from nbparallel.edge.kernel import per_kernel
from nbparallel.edge.signals import is_waiting

_log = logging.getLogger(__name__)


def watch_idle_interrupts(callback: Callable[[], object]) -> Callable[[], None]:
    """Call *callback* at each interrupt while the kernel is idle; return the undo.

    The callback runs in the kernel's event loop in the main thread, not inside the
    signal handler. Both this function and the undo may be called from any thread, in
    a cell or between cells, the undo more than once. Where there is no ipykernel,
    nothing happens at all.
    """
    watcher = per_kernel("idle_interrupts", _Watcher)
    return watcher.add(callback) if watcher else lambda: None


class _Watcher:
    """The one of a kernel. Its handler is in place while there are callbacks.

    When there are none, SIGINT is ignored again as before, so that a program started
    by some background thread does not inherit anything else.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._loop = kernel.io_loop.asyncio_loop
        self._callbacks: dict[object, Callable[[], object]] = {}

    def add(self, callback: Callable[[], object]) -> Callable[[], None]:
        key = object()
        self._callbacks[key] = callback
        self._settle()

        def undo() -> None:
            self._callbacks.pop(key, None)
            self._settle()

        return undo

    def _settle(self) -> None:
        """Make the handler fit the callbacks, in the main thread as Python demands."""
        if threading.current_thread() is threading.main_thread():
            self._install()
        else:
            self._loop.call_soon_threadsafe(self._install)

    def _install(self) -> None:
        idle, ours = signal.SIG_IGN, self._on_signal
        old, new = (idle, ours) if self._callbacks else (ours, idle)
        # Handlers are compared by value: a bound method is a new object at each look.
        if signal.getsignal(signal.SIGINT) == old:  # between cells
            signal.signal(signal.SIGINT, new)
        elif getattr(self._kernel, "saved_sigint_handler", None) == old:  # in a cell
            self._kernel.saved_sigint_handler = new

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if is_waiting():  # the loop itself waits for a run: it turns only after that
            self._call()
            return
        # Not io_loop.add_callback(): in the loop's own thread it would not wake it up.
        self._loop.call_soon_threadsafe(self._call)

    def _call(self) -> None:
        for callback in list(self._callbacks.values()):
            try:
                callback()
            except Exception:  # the others must hear of the interrupt too
                _log.exception("a callback for interrupts failed")
