"""Which function a journal belongs to: its name, its source, and what it holds."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nbparallel.journal.digest import digest, parts_of
from nbparallel.journal.source import name_of, source_of


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a function from others.

    Attributes
    ----------
    name
        Its module and its qualified name.
    source
        A hash of its source, in which comments and line breaks don't count; of its
        bytecode, where there is no source to be had.
    held
        Hashes of what it holds besides: defaults, arguments that are bound, variables
        of the function around it, its object, what it wraps.
    """

    name: str
    source: str
    held: dict[str, str] = field(default_factory=dict)


def identity_of(fn: Callable[..., Any], source: str | None = None) -> Identity:
    """Return the identity of *fn*; *source* is its source where only we know it."""
    inner: Any = fn
    while isinstance(inner, functools.partial):
        inner = inner.func
    inner = getattr(inner, "__func__", inner)  # a method's
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    if source is not None:
        return Identity(name_of(named), digest(source))
    return Identity(name_of(named), digest(source_of(named)), parts_of(fn))


def changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return what is held, or was, and is not the same.

    Examples
    --------
    >>> changed({"the default of k": "1"}, {"the default of k": "2"})
    ['the default of k']
    """
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]
