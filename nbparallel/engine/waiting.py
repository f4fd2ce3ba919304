"""How a thread waits for a run: interruptible, and useful where it can be.

The thread sleeps on a `queue.SimpleQueue`, whose ``put`` is safe in a signal handler.
The handler of a signal is called between two looks at that queue; what it raises,
``KeyboardInterrupt`` most of the time, cancels the run, and is raised to the caller
only once the run is in order again. The main thread looks every `TICK` all the same: a
signal that arrives just before a wait does not end that wait.

A thread that is itself a worker, or that waits for an inline run, carries out the run's
tasks meanwhile.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import perf_counter
from types import FrameType, TracebackType
from typing import Any, Self

from nbparallel import turns
from nbparallel.edge.arrivals import asked_at
from nbparallel.edge.signals import HANDLING, Signals
from nbparallel.engine import reading, stopping
from nbparallel.engine.scheduler import Scheduler
from nbparallel.errors import UsageError
from nbparallel.workers.bounds import has_one_lock
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.raising import is_delicate, is_within
from nbparallel.workers.scope import calling_scope

#: Seconds between two looks where something has to be polled.
TICK = 0.05
#: The same among tasks that compute, where each look has to wait for its turn, too.
CROWDED_TICK = 0.01
#: Seconds after which a worker that waits looks for tasks it could take over.
HELPER_TICK = 0.01
#: Whether a signal handler may put into the queue that its own thread waits for. In
#: CPython 3.13 without the GIL the thread then waits for itself, among busy threads
#: for some 0.3 s: its next look comes sooner.
PUTS = sys.version_info >= (3, 14) or has_one_lock()


class Waiter:
    """One thread's wait for one run, as a context manager.

    Starting the run belongs inside: the handlers of signals are kept away from it.
    What they raise cancels the run, a second time without grace, and is raised on
    leaving. Whoever leaves by any other exception cancels the run as well.

    Parameters
    ----------
    scheduler
        The run.
    pumps
        What a waiting main thread must call every `TICK` seconds.
    reads
        Whether it waits for tasks to end, not only for the end of the run.
    hangs
        Whether its tasks may hang, and it must not hang with them.
    patience
        How many times what is raised leaves running tasks their grace.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        pumps: tuple[Callable[[], None], ...],
        *,
        reads: bool = False,
        hangs: bool = False,
        patience: int = 1,
    ) -> None:
        self._run = scheduler
        self._news: SimpleQueue[int] = SimpleQueue()
        self._armed = self._is_relieved = False
        self._reads, self._patience = reads, patience
        self._hangs = hangs or scheduler.options.timeout is not None
        self._signals = Signals(self._hear_of_signal, _in_users_code)
        self._answered = 0
        self._in_main = threading.current_thread() is threading.main_thread()
        self._pumps = pumps if self._in_main else ()
        self._punctual = turns.Punctual()
        self._hurry: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        try:
            self._signals.__enter__()
        except BaseException:
            stopping.cancel(self._run)
            raise
        self._is_relieved = self._finds_relief()
        helps = self.worker is not None
        self._run.crew.watch_ends(self._wake, tasks=self._reads or helps)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        self._react()
        if error is not None:
            stopping.cancel(self._run)
        self._run.crew.unwatch(self._wake)
        turns.fresh()  # the first turn of usual length is that of who has waited
        self._punctual.withdraw()
        if self._hurry is not None:
            self._hurry()
        try:
            self._signals.__exit__(kind, error, traceback)
        except BaseException:
            stopping.cancel(self._run)
            raise

    def until(self, ready: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait until ``ready()``; return False if *timeout* seconds pass first.

        What a handler raises cancels the run; the wait then goes on until it has ended.
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

    def _hear_of_signal(self) -> None:
        # This thread may be waiting for the journal, which waits for users' code.
        self._run.source.keeper.hasten()
        if PUTS:
            self._news.put(0)

    def _hear(self, left: float | None) -> None:
        waits = [threading.TIMEOUT_MAX, math.inf if left is None else left]
        waits.append(stopping.grace_left(self._run) + TICK)  # heralds are earlier
        if self._in_main:
            waits.append(CROWDED_TICK if self._punctual.is_late else TICK)
        if self.worker is not None:
            waits.append(HELPER_TICK)
        pause = min(waits)
        asleep = perf_counter()
        with suppress(Empty):
            self._news.get(timeout=pause)
        if self._in_main:
            self._punctual.woke(perf_counter() - asleep - pause)
        self._react()

    def _react(self) -> None:
        """Cancel the run for whatever handlers have raised since the last time."""
        self._signals.deliver()
        while self._is_struck():
            self._hasten()
            self._answered += 1
            with asked_at(self._signals.struck):
                stopping.cancel(self._run, hard=self._answered > self._patience)
        if self._run.phase.halt.is_set():
            self._hasten()
            stopping.enforce_grace(self._run)

    def _hasten(self) -> None:
        """Let the end come soon, though tasks that go on keep the interpreter busy."""
        if self._hurry is None:
            self._hurry = turns.shorten(turns.CANCELLING)

    def help(self) -> bool:
        """Carry out a claim of the run, where this thread may; say whether it did."""
        if self.worker is None:
            return False
        claim = self._run.crew.claim_within(self._run, self.worker)
        if claim is None:
            return False
        call = claim.owner.call
        if self._in_main:
            call = _Task(call, self._signals)
        carry_out(claim, call)
        self._react()  # before settling: the task that a handler ended is cancelled
        self._run.crew.settle(claim)
        return True

    @property
    def worker(self) -> int | None:
        """The number under which this thread may carry out tasks of the run."""
        if self._run.backend.waits_itself:
            return 0
        scope = calling_scope()
        if scope is not None and crew_of(scope.run) is self._run.crew:
            return None if self._is_relieved else scope.claim.worker
        return None

    def _finds_relief(self) -> bool:
        """Whether another worker stands in for this one, whose tasks may hang.

        A task that waits for a run with a timeout would never end if it hung there.
        """
        run, scope = self._run, calling_scope()
        if scope is None or crew_of(scope.run) is not run.crew:
            return False
        if not self._hangs or run.phase.over.is_set():
            return False
        with run.crew.lock:
            scope.run.intake.put_back(scope.claim.take_back())  # type: ignore[attr-defined]
            run.backend.replace(scope.claim)
        run.backend.start(1)
        return True

    def _is_struck(self) -> bool:
        return self._answered < len(self._signals.raised)

    def _pump(self) -> None:
        for pump in self._pumps:
            pump()

    def _wake(self) -> None:
        if self._armed:
            self._armed = False
            self._news.put(0)


def refuse_to_wait_for(run: Scheduler) -> None:
    """Refuse where the calling thread is the one that carries *run* out.

    Raises
    ------
    UsageError
        It would wait for ever.
    """
    if run.backend.needs(threading.get_ident()) and not run.phase.over.is_set():
        message = (
            "a coroutine cannot wait like this for a run that its own event loop "
            "carries out. Write: run = await pmap(fetch, urls, block=False)"
        )
        raise UsageError(message)


def crew_of(run: object) -> object:
    """Return the crew of *run*; None of one in another process."""
    return run.crew if isinstance(run, Scheduler) else None


class _Task:
    """The user's call, in a thread that signals strike."""

    def __init__(self, call: Callable[[Any], Any], signals: Signals) -> None:
        self._call = call
        self._signals = signals

    def __call__(self, item: Any) -> Any:
        __tracebackhide__ = True
        # Up to here handlers were put off; from here on they are called at once.
        self._signals.deliver()
        if self._signals.raised:
            raise KeyboardInterrupt
        return self._call(item)


#: What calls the user's code: the task, the input while it is read, handlers.
_CALLERS = (_Task.__call__.__code__, reading.read.__code__, HANDLING)


def _in_users_code(frame: FrameType | None) -> bool:
    return is_within(frame, _CALLERS, is_delicate)
