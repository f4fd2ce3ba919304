"""The user's function, and the call of it that takes one item."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nbparallel.coroutines import CoroutineCall, is_coroutine_function


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
        call = self._unpacked(how)
        return CoroutineCall(call) if is_coroutine_function(self.fn) else call

    def _unpacked(self, how: str) -> Callable[[Any], Any]:
        fn = self.fn
        if how == "args":
            return lambda item: fn(*item)
        if how == "kwargs":
            return lambda item: fn(**item)
        return fn
