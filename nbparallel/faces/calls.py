"""What the workers of an executor do, and what becomes of the calls it was given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures.thread import BrokenThreadPool
from contextvars import Context
from typing import Any, Final
from uuid import uuid4

from nbparallel.engine.open_run import End
from nbparallel.errors import Abandoned, TaskCancelled
from nbparallel.faces.submitted import LOG, Submitted, for_the_row
from nbparallel.workers.scope import calling_scope

BROKEN: Final = "A thread initializer failed, the thread pool is not usable anymore"

#: The executors of another process whose workers have begun here, and how that went.
_begun: dict[str, Exception | None] = {}
_beginning = threading.Lock()


class InitializerFailed(BrokenThreadPool):
    """An initializer has failed where no memory is shared with the executor."""


class Calls:
    """The calls of one executor, which it shares with its run.

    Neither keeps the executor: what nobody refers to any more ends with its calls.

    Parameters
    ----------
    initializer, initargs
        What each worker calls before its first task.
    prefix
        What the names of threads begin with.
    tries_again
        Whether a call that has failed may be made again: `tell` hears whether it is.
    keep
        Whether the records keep arguments and results, whoever holds the future.

    Attributes
    ----------
    pending
        By task, the calls of which nobody has said that they have ended.
    lock
        Held while a task is added.
    threads
        Those that have begun.
    broken
        Why no call is made any more, or ``""``.
    """

    def __init__(
        self,
        initializer: Callable[..., object] | None,
        initargs: tuple[Any, ...],
        prefix: str,
        *,
        tries_again: bool,
        keep: bool,
    ) -> None:
        self._initializer, self._initargs = initializer, initargs
        self._prefix, self._tries_again, self._keep = prefix, tries_again, keep
        self._here = threading.local()
        self.pending: dict[int, Submitted] = {}
        self.lock = threading.RLock()
        self.threads: set[threading.Thread] = set()
        self.broken = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return CallsAfar, (uuid4().hex, self._initializer, self._initargs)

    def __call__(self, item: Submitted) -> Any:
        """Make the call of *item*, in a worker; return what its row keeps."""
        __tracebackhide__ = True
        future = item.future
        if future is None or not future.begin():
            raise TaskCancelled
        try:
            result = self._result_of(item)
            if self._tries_again and _is_given_up():
                return None  # it lasted too long, and another attempt counts
            self._let_go(item)
            future.fulfil(result)
            return result if self._keep else for_the_row(result, future)
        except Abandoned:  # `tell` knows why
            raise
        except BaseException as error:
            if not self._tries_again:
                self._let_go(item)
                future.fail(error)
            raise
        finally:
            del item, future  # the traceback of what was raised must not keep them
            result = None

    def _result_of(self, item: Submitted) -> Any:
        """Make the call, as a thread that has begun."""
        __tracebackhide__ = True
        here = self._here
        if "variables" not in here.__dict__:
            self._begin()
        if self.broken:
            raise BrokenThreadPool(self.broken)
        for variable, value in here.variables:
            variable.set(value)
        try:
            return item.fn(*item.args, **item.kwargs)
        finally:
            del item  # as above

    def _let_go(self, item: Submitted) -> None:
        if not self._keep:
            item.let_go()

    def tell(self, ends: list[End]) -> None:
        """Settle the futures of tasks that have ended and that no worker settled."""
        for end in ends:
            if isinstance(end.error, InitializerFailed):
                self._break(end.error)
            item = self.pending.pop(end.task, None)
            if item is None:
                with self.lock:  # it may be on its way into them
                    item = self.pending.pop(end.task, None)
            if item is not None:
                item.end(end.result, end.error, begun=end.begun, keep=self._keep)

    def _break(self, error: BaseException) -> None:
        """Take no further call, and say why, once."""
        with self.lock:
            is_news, self.broken = not self.broken, BROKEN
        if is_news:
            LOG.critical("Exception in initializer:", exc_info=error)

    def _begin(self) -> None:
        """Do what a worker does before its first call."""
        here, thread, scope = self._here, threading.current_thread(), calling_scope()
        here.variables = ()
        self.threads.add(thread)
        if scope is not None:
            thread.name = f"{self._prefix}_{scope.claim.worker}"
        if self._initializer is None:
            return
        context = Context()
        try:
            context.run(self._initializer, *self._initargs)
        except BaseException as error:
            self._break(error)
        here.variables = tuple(context.items())  # for all calls of this thread


class CallsAfar:
    """The same in a worker that shares no memory with the executor."""

    def __init__(
        self,
        key: str,
        initializer: Callable[..., object] | None,
        initargs: tuple[Any, ...],
    ) -> None:
        self._key, self._initializer, self._initargs = key, initializer, initargs

    def __call__(self, item: Submitted) -> Any:
        """Make the call."""
        __tracebackhide__ = True
        if self._initializer is not None:
            self._begin(self._initializer)
        return item.fn(*item.args, **item.kwargs)

    def _begin(self, initializer: Callable[..., object]) -> None:
        with _beginning:
            if self._key not in _begun:
                _begun[self._key] = None
                try:
                    initializer(*self._initargs)
                except Exception as error:
                    _begun[self._key] = error
        if (why := _begun[self._key]) is not None:
            raise InitializerFailed(BROKEN) from why


def _is_given_up() -> bool:
    """Whether nobody waits for the call that this thread is making."""
    scope = calling_scope()
    return scope is not None and scope.claim.revoked
