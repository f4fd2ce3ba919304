"""Coroutine functions, and what else gives something to be awaited."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from nbparallel.errors import BadType

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from concurrent.futures import Future


def never_awaited(coroutine: CoroutineType[Any, Any, Any]) -> BadType:
    """Return the error of a task that returned *coroutine*, which is closed."""
    coroutine.close()  # or Python says, too, that it was never awaited
    return BadType(
        f"the task returned a coroutine of {coroutine.__qualname__!r}, which nobody "
        'awaits here: write backend="asyncio", which does'
    )


class CoroutineCall:
    """The call of a coroutine function on one item, as a plain call of its result.

    Attributes
    ----------
    begin
        Takes an item, returns its coroutine: for who has an event loop to run it in.
        Called itself, it takes a loop of its own.
    """

    __slots__ = ("begin",)

    def __init__(self, begin: Callable[[Any], Any]) -> None:
        self.begin = begin

    def __call__(self, item: Any) -> Any:
        """Return what the coroutine comes to."""
        import asyncio

        def call() -> Any:
            return asyncio.run(awaited(self.begin(item)))

        return _in_a_thread(call) if _loop_runs_here() else call()


class AwaitingCall:
    """A plain call in a thread; what it returns is awaited in *loop*, if it can be.

    Parameters
    ----------
    call
        Takes an item.
    loop
        An event loop that another thread runs.
    """

    __slots__ = ("_awaits", "_call", "_is_cancelled", "_loop")

    def __init__(self, call: Callable[[Any], Any], loop: AbstractEventLoop) -> None:
        self._call, self._loop = call, loop
        self._awaits: Future[Any] | None = None
        self._is_cancelled = False

    def __call__(self, item: Any) -> Any:
        """Return what comes of *item* in the end."""
        import asyncio
        import inspect

        found = self._call(item)
        if not inspect.isawaitable(found):
            return found
        self._awaits = asyncio.run_coroutine_threadsafe(awaited(found), self._loop)
        if self._is_cancelled:  # just now: it may not have been seen
            self._awaits.cancel()
        return self._awaits.result()

    def cancel(self) -> None:
        """Cancel what it awaits, now or later; any thread may do so."""
        self._is_cancelled = True
        if self._awaits is not None:
            self._awaits.cancel()


async def awaited(it: Any) -> Any:
    """Return what *it* comes to, which need not be a coroutine to be awaited."""
    return await it


def is_coroutine_function(fn: Callable[..., Any]) -> bool:
    """Whether *fn* is an ``async def``, or an object or a partial that stands for one.

    Examples
    --------
    >>> async def fetch(url): ...
    >>> is_coroutine_function(partial(fetch, "https://example.org"))
    True
    >>> is_coroutine_function(lambda url: fetch(url))
    False
    """
    import inspect

    while isinstance(fn, partial):
        fn = fn.func
    return any(map(inspect.iscoroutinefunction, (fn, type(fn).__call__)))


def is_generator_function(fn: Callable[..., Any]) -> bool:
    """Whether a call of *fn* runs nothing of it: it has a ``yield``, async or not.

    Examples
    --------
    >>> def pages(url):
    ...     yield url
    >>> is_generator_function(partial(pages, "https://example.org"))
    True
    """
    import inspect

    while isinstance(fn, partial):
        fn = fn.func
    return any(
        inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each)
        for each in (fn, type(fn).__call__)
    )


def _loop_runs_here() -> bool:
    # A function of its own: within the except, what a task raises would have a context.
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_a_thread(call: Callable[[], Any]) -> Any:
    """Return what *call* returns, which cannot run in this thread: a loop runs here."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(copy_context().run, call).result()
