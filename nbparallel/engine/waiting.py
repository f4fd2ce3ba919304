"""How a thread waits for a run: interruptible, and useful where it can be.

The thread sleeps on a `queue.SimpleQueue`, whose ``put`` is safe in a signal handler.
An interrupt is an item in that queue: it cancels the run, and becomes
``KeyboardInterrupt`` only once the run is in order again. The main thread looks every
`TICK` all the same: a signal that arrives just before a wait does not end that wait.

A thread that is itself a worker, or that waits for an inline run, carries out the run's
tasks meanwhile.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import get_ident
from time import perf_counter
from types import FrameType, TracebackType
from typing import Any, Self

from nbparallel.edge.interrupt import Interrupts
from nbparallel.engine import source
from nbparallel.engine.scheduler import Scheduler
from nbparallel.workers.claim import current

#: Seconds between two looks where something has to be polled.
TICK = 0.05
#: Seconds after which a worker that waits looks for tasks it could take over.
HELPER_TICK = 0.01


class Waiter:
    """One thread's wait for one run, as a context manager.

    Leaving it raises ``KeyboardInterrupt`` if an interrupt arrived inside.

    Parameters
    ----------
    scheduler
        The run.
    pumps
        What a waiting main thread must call every `TICK` seconds.
    """

    def __init__(
        self, scheduler: Scheduler, pumps: tuple[Callable[[], None], ...]
    ) -> None:
        self._run = scheduler
        self._news: SimpleQueue[int] = SimpleQueue()
        self._armed = False
        self._worker = _as_worker(scheduler)
        kind = _InTask if scheduler.backend.carried_by_waiter else Interrupts
        self._interrupts = kind(self._news.put)
        self._answered = 0
        self._in_main = threading.current_thread() is threading.main_thread()
        self._pumps = pumps if self._in_main else ()

    def __enter__(self) -> Self:
        self._interrupts.__enter__()
        self._run.tree.watch(self._wake)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        self._run.tree.unwatch(self._wake)
        self._interrupts.__exit__(kind, error, traceback)
        if self._interrupts.count and error is None:
            _tell_outer_wait()
            message = "the run was cancelled by an interrupt; see nbparallel.last"
            raise KeyboardInterrupt(message)

    def until(self, ready: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait until ``ready()``; return False if *timeout* seconds pass first.

        An interrupt cancels the run; the wait then goes on until the run has ended.
        """
        limit = None if timeout is None else perf_counter() + timeout
        while True:
            self._armed = True
            if ready():
                return True
            left = None if limit is None else limit - perf_counter()
            if left is not None and left <= 0:
                return False
            if not self._news.empty() or not self.help():
                self._hear(left)
            self._pump()

    def _hear(self, left: float | None) -> None:
        waits = [threading.TIMEOUT_MAX if left is None else left]
        if self._in_main:
            waits.append(TICK)
        if self._worker is not None:
            waits.append(HELPER_TICK)
        with suppress(Empty):
            self._news.get(timeout=min(waits))
        self._react()

    def _react(self) -> None:
        """Cancel the run for each interrupt that has not been answered yet."""
        while self._is_interrupted():
            self._answered += 1
            self._run.cancel(hard=self._answered > 1)

    def help(self) -> bool:
        """Carry out a claim of the run, where this thread may; say whether it did."""
        if self._worker is None:
            return False
        claim = self._run.tree.claim_within(self._run, self._worker)
        if claim is None:
            return False
        if self._run.backend.carried_by_waiter:
            claim.call = _Task(claim.call, self._is_interrupted)
        claim.work()
        self._react()  # before settling: the task that an interrupt ended is cancelled
        self._run.tree.settle(claim)
        return True

    def _is_interrupted(self) -> bool:
        return self._answered < self._interrupts.count

    def _pump(self) -> None:
        for pump in self._pumps:
            pump()

    def _wake(self) -> None:
        if self._armed:
            self._armed = False
            self._news.put(0)


def calling_claim() -> Any:
    """Return the claim whose task the calling thread is carrying out, or None."""
    claim = current.get()
    return claim if claim is not None and claim.thread == get_ident() else None


def _as_worker(scheduler: Scheduler) -> int | None:
    """Return the number under which this thread may carry out tasks of the run."""
    if scheduler.backend.carried_by_waiter:
        return 0
    claim = calling_claim()
    if claim is not None and claim.run.tree is scheduler.tree:
        worker: int = claim.worker
        return worker
    return None


def _tell_outer_wait() -> None:
    """Let a wait of this thread's that this one is nested in hear of the interrupt."""
    outer = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    if isinstance(outer, Interrupts):
        outer.hear()


class _InTask(Interrupts):
    """For inline runs: an interrupt ends the task that this thread is carrying out.

    It is raised only where the user's code is running, never inside our own.
    """

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        super()._on_signal(number, frame)
        if _is_in_task(frame):
            raise KeyboardInterrupt


class _Task:
    """The user's call, marked so that an interrupt can tell that it is running."""

    def __init__(
        self, call: Callable[[Any], Any], interrupted: Callable[[], bool]
    ) -> None:
        self._call = call
        self._interrupted = interrupted

    def __call__(self, item: Any) -> Any:
        __tracebackhide__ = True
        # Up to here an interrupt was only counted; from here on it is raised.
        if self._interrupted():
            raise KeyboardInterrupt
        return self._call(item)


#: Where an exception out of nowhere would do harm, and what of it is harmless.
_DELICATE = ("nbparallel.engine.", "nbparallel.workers.")
_HARMLESS = ("nbparallel.engine.capture", "nbparallel.workers.printed")
#: What calls the user's code: the task, and the input while it is read.
_CALLERS = (_Task.__call__.__code__, source.read.__code__)


def _is_in_task(frame: FrameType | None) -> bool:
    while frame is not None:
        code, module = frame.f_code, frame.f_globals.get("__name__", "")
        if code in _CALLERS:
            return True
        ours = module.startswith(_DELICATE)
        if ours and module not in _HARMLESS:
            return False
        frame = frame.f_back
    return False
