"""Coroutines on the event loop, made of the plain functions that the tests give."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue

from nbparallel import daemons
from nbparallel.coroutines import CoroutineCall
from nbparallel.errors import without_the_call
from nbparallel.workers.aio import Asyncio


class Coroutine(Asyncio):
    """Carry every task out as a coroutine, which awaits a thread that calls it.

    So tasks may block, as those of the tests do, and all else is what an ``async def``
    meets. It goes on after a cancel until that thread has ended.
    """

    def _call_of(self, claim):
        call = claim.owner.call
        return call if isinstance(call, CoroutineCall) else CoroutineCall(Hop(claim))

    def _ended(self, team, place):
        if isinstance(place.call.begin, Hop):
            place.call.begin.todo.put(None)
        super()._ended(team, place)


class Hop:
    """A coroutine function that has a thread of the claim call the plain one."""

    def __init__(self, claim):
        self.claim = claim
        self.todo = SimpleQueue()
        daemons.start(f"nbparallel-{claim.worker}", self.work)

    def work(self):
        while work := self.todo.get():
            work()
            del work

    async def __call__(self, item):
        loop, over, found = asyncio.get_running_loop(), asyncio.Event(), []
        context, call, claim = copy_context(), self.claim.owner.call, self.claim

        def work():
            claim.thread = threading.get_ident()
            try:
                found.append((context.run(call, item), None))
            except BaseException as error:
                found.append((None, without_the_call(error)))
            loop.call_soon_threadsafe(over.set)

        self.todo.put(work)
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()
        result, error = found.pop()
        if error is not None:
            raise error
        return result
