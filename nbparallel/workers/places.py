"""What carries one claim out on an event loop, or beside it.

Both fill the ledger as `carry_out` does, in the same order and with the same promises.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextvars import Context
from functools import partial
from threading import get_ident
from time import perf_counter
from typing import Any

from nbparallel import daemons
from nbparallel.coroutines import AwaitingCall, CoroutineCall
from nbparallel.errors import Abandoned, without_the_call
from nbparallel.types import MISSING
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.claim import Claim
from nbparallel.workers.loop import Loop
from nbparallel.workers.printed import NOWHERE, printing
from nbparallel.workers.scope import Scope, copies_of, current


class Place:
    """Where a claim is carried out; a guest of the loop meanwhile.

    Parameters
    ----------
    claim, call
        What to carry out, and what takes an item of it.
    loop
        Where whatever can be awaited goes.
    ended
        Called in the loop's thread, with this place, once the claim has ended.
    lags
        Called with a task that has kept the loop, and for how many seconds.
    """

    def __init__(
        self,
        claim: Claim,
        call: Callable[[Any], Any],
        loop: Loop,
        ended: Callable[[Any], None],
        lags: Callable[[int, float], None],
    ) -> None:
        self.claim = claim
        self.call = call
        self.loop = loop
        self._ended = ended
        self._lags = lags

    @property
    def thread(self) -> int:
        """The number of the thread that the claim has for itself, or 0."""
        return 0

    def begin(self) -> None:
        """Begin to carry the claim out; in the loop's thread."""
        self.loop.welcome(self)

    def end(self) -> None:
        """Say, once, that the claim has ended; in the loop's thread."""
        if self in self.loop.guests:
            self.loop.part_from(self)
            self._ended(self)

    def give_up(self) -> None:
        """End the running task, if that can be; any thread may call it, and goes on."""
        self.loop.left_behind.add(self)
        self.loop.soon(self._give_up)

    def holds(self, task: asyncio.Task[Any]) -> bool:
        """Whether *task* was made by a task of the claim."""
        # Task.get_context is new in Python 3.12; before that only the collector knows.
        made_in = (each for each in gc.get_referents(task) if isinstance(each, Context))
        scopes = [context.get(current) for context in made_in]
        return any(scope and scope.claim is self.claim for scope in scopes)

    def lagging(self) -> Callable[[float], None]:
        """Return what is to hear for how many seconds the running task has the loop."""
        task = self.claim.running
        return partial(self._lags, self.claim.first if task is None else task)

    def _give_up(self) -> None:
        if self in self.loop.guests:
            self.cancel()
        else:  # it has ended meanwhile
            self.loop.left_behind.discard(self)

    def cancel(self) -> None:
        """Cancel what is being awaited; in the loop's thread."""


class OnLoop(Place):
    """A claim whose tasks are coroutines, each an `asyncio.Task` of its own.

    So what one leaves behind, a cancel that comes late for instance, strikes no other.
    """

    call: CoroutineCall

    def begin(self) -> None:
        """Begin with the first task."""
        super().begin()
        claim = self.claim
        claim.thread = get_ident()
        context = claim.owner.context.copy()
        context.run(current.set, Scope(claim))
        context.run(printing.set, NOWHERE)
        self._copy = copies_of(context)
        self._task: asyncio.Task[Any] | None = None
        claim.begun = perf_counter()
        self._next()

    def holds(self, task: asyncio.Task[Any]) -> bool:
        """Whether *task* is the running one, or was made by it."""
        return task is self._task or super().holds(task)

    def cancel(self) -> None:
        """Raise `asyncio.CancelledError` where the running task awaits something."""
        if self._task is not None:
            self._task.cancel()

    def _next(self) -> None:
        try:
            item = self.claim.items.popleft()
        except IndexError:
            self.claim.thread = 0
            self.end()
            return
        events, context = self.loop.events, self._copy()
        self._end = 0.0
        try:
            self._awaited = context.run(self.call.begin, item)
        except BaseException as error:  # whatever it is, it becomes a row
            self._keep(MISSING, without_the_call(error))
            # Not at once: any number of them may follow one another.
            events.call_soon(self._next)
            return
        self._task = events.create_task(self._timed(), context=context)
        self._task.add_done_callback(self._done)

    async def _timed(self) -> Any:
        """Await it; others may have the loop before it begins and after it ends."""
        if not self.claim.ends:
            self.claim.begun = perf_counter()
        try:
            return await self._awaited
        finally:
            self._end = perf_counter()

    def _done(self, task: asyncio.Task[Any]) -> None:
        if not self._end and asyncio.iscoroutine(self._awaited):
            self._awaited.close()  # cancelled before it has begun
        self._awaited = None
        try:
            value, failure = task.result(), None
        except BaseException as error:  # whatever it is, it becomes a row
            value, failure = MISSING, without_the_call(without_the_call(error))
        self._keep(value, failure)
        self._next()

    def _keep(self, value: Any, failure: BaseException | None) -> None:
        claim = self.claim
        if failure is not None:
            claim.failures[len(claim.ends)] = failure
        claim.values.append(value)
        claim.ends.append(self._end or perf_counter())


class InThread(Place):
    """A claim of a plain function, which would keep the loop from turning."""

    def begin(self) -> None:
        """Begin, in a thread."""
        super().begin()
        self._awaiting = AwaitingCall(self.call, self.loop.events)
        # Where there are no more threads: better slowly than not at all.
        daemons.have_done(f"nbparallel-{self.claim.worker}", self._work)

    @property
    def thread(self) -> int:
        """The thread that carries the claim out, while it does."""
        return self.claim.thread

    def cancel(self) -> None:
        """Cancel what the thread waits for."""
        self._awaiting.cancel()

    def _work(self) -> None:
        try:
            carry_out(self.claim, self._awaiting)
            self.loop.soon(self.end)
        except Abandoned:  # it came late; ending twice does no harm
            self.loop.soon(self.end)
