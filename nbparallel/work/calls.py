"""The user's function, and the call of it that takes one item."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Function:
    """What is to be called, and how messages speak of it.

    Attributes
    ----------
    fn
        The user's function.
    face
        What it was given to, as the user writes it: ``"pmap"``.
    """

    fn: Callable[..., Any]
    face: str

    @cached_property
    def name(self) -> str:
        """What it is called; of what has no name, its class."""
        inner = getattr(self.fn, "func", None)
        found = getattr(self.fn, "__name__", None) or getattr(inner, "__name__", None)
        return found if isinstance(found, str) else type(self.fn).__name__

    @cached_property
    def word(self) -> str:
        """Its own name where a line of code can have it, else ``fn``."""
        own: object = getattr(self.fn, "__name__", None)
        return own if isinstance(own, str) and own.isidentifier() else "fn"

    @cached_property
    def signature(self) -> inspect.Signature | None:
        """Its parameters, or None where it does not tell, as some builtins don't."""
        try:
            return inspect.signature(self.fn)
        except (TypeError, ValueError):
            return None

    def line(self, *arguments: str, fn: str | None = None) -> str:
        """Return the line that gives it, or *fn* made of it, to the face.

        Examples
        --------
        >>> function = Function(abs, "pmap")
        >>> function.line("numbers")
        'pmap(abs, numbers)'
        >>> function.line("items", fn="lambda item: abs(…)")
        'pmap(lambda item: abs(…), items)'
        """
        return f"{self.face}({', '.join([fn or self.word, *arguments])})"

    def call(self, how: str) -> Callable[[Any], Any]:
        """Return the call that takes one item, unpacked as *how* says."""
        call = _awaited(self.fn)
        if how == "args":
            return lambda item: call(*item)
        if how == "kwargs":
            return lambda item: call(**item)
        return call


def _awaited(fn: Callable[..., Any]) -> Callable[..., Any]:
    if not any(map(inspect.iscoroutinefunction, (fn, type(fn).__call__))):
        return fn

    import asyncio

    def run_to_its_end(*args: Any, **kwargs: Any) -> Any:
        def call() -> Any:
            return asyncio.run(fn(*args, **kwargs))

        return _in_a_thread(call) if _loop_runs_here() else call()

    return run_to_its_end


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
