"""Values told as text that is the same in every process: what a function holds.

Guarantees
----------
- Nothing here raises, and of objects of other classes no code is called but what
  pickles what is written in C.
- The order of sets, addresses, and how far an iterator has been read don't count.
- An object is told by its class and its attributes; objects in those by their class
  alone, since what lies deeper (caches, connections, locks) changes while it is used.
"""

from __future__ import annotations

import copyreg
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256
from types import FunctionType, MethodType, ModuleType, NoneType
from typing import Any, Final

from nbparallel.journal.arrays import told_array
from nbparallel.journal.held import UNTOLD, USED, held_by, state_of
from nbparallel.journal.keys import TOLD, key_of
from nbparallel.journal.source import name_of, source_of

#: What a subclass of these adds lies beside its value.
BASES: Final = (str, int, float, bytes)


def digest(text: str) -> str:
    """Return a hash of *text*."""
    return sha256(text.encode(errors="replace")).hexdigest()


def parts_of(fn: Any) -> dict[str, str]:
    """Return what *fn* holds besides its source, by names as users know them.

    Examples
    --------
    >>> def scaled(x, k=2):
    ...     return k * x
    >>> list(parts_of(scaled))
    ['the default of k']
    """
    tell, found = _Teller(), {}
    for name, value in held_by(fn):
        tell.depth = int(name.startswith("the attribute"))
        found[name] = digest(tell(value))
    return found


class _Teller:
    """Tells values; each object once."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[Any, str]] = {}  # with the object, to keep its id
        self._ways: tuple[tuple[Any, Callable[[Any], str]], ...] = (
            ((NoneType, Enum, *BASES, *TOLD), _plain),
            (ModuleType, lambda value: str(value.__name__)),
            (type, lambda value: f"{name_of(value)}:{source_of(value)}"),
            (UNTOLD, lambda _: ""),
            ((list, tuple), lambda value: str([*map(self, value)])),
            ((set, frozenset), lambda value: str(sorted(map(self, value)))),
            (dict, self._dict),
            ((FunctionType, functools.partial, MethodType), self._callable),
        )
        self.depth = 0  # how many objects of other classes the value lies in

    def __call__(self, value: Any) -> str:
        found = self._told.get(id(value))
        if found is not None:
            return found[1]
        self._told[id(value)] = value, "↑"  # for whatever refers to itself
        try:
            text = digest(self._composed(value))
        except Exception:  # of its class: it is told by that alone
            text = name_of(type(value))
        self._told[id(value)] = value, text
        return text

    def _composed(self, value: Any) -> str:
        kind = name_of(type(value))
        if kind.startswith(USED):
            return kind
        tell = next((t for kinds, t in self._ways if isinstance(value, kinds)), None)
        return f"{kind}:{(tell or self._other)(value)}"

    def _dict(self, value: dict[Any, Any]) -> str:
        return str(sorted((self(key), self(held)) for key, held in value.items()))

    def _callable(self, value: Any) -> str:
        inner = value.func if isinstance(value, functools.partial) else value
        source = source_of(inner) if isinstance(inner, FunctionType) else ""
        return f"{name_of(inner)}:{source}:{[*self._named(held_by(value))]}"

    def _other(self, value: Any) -> str:
        if is_dataclass(value):
            told = ((each.name, getattr(value, each.name)) for each in fields(value))
            return str([*self._named(told)])
        return self._array(value) or self._object(value)

    def _named(self, pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
        return ((name, self(value)) for name, value in pairs)

    def _array(self, value: Any) -> str:
        """Return what tells an array, or the columns of a table, else nothing."""
        if hasattr(value, "columns") and name_of(type(value)).startswith("pandas."):
            return str([(str(name), self(column)) for name, column in value.items()])
        return told_array(value, key_of)

    def _object(self, value: Any) -> str:
        state = state_of(value)
        if state is None:  # written in C: it says what makes it
            reduce = copyreg.dispatch_table.get(type(value))
            made = reduce(value) if reduce else value.__reduce_ex__(4)
            return made if isinstance(made, str) else str([*map(self, made[1:3])])
        if self.depth:
            return ""
        self.depth += 1
        try:
            return str([*self._named(state)])
        finally:
            self.depth -= 1


def _plain(value: Any) -> str:
    if isinstance(value, Enum):
        return value.name
    for base in BASES:
        if isinstance(value, base):
            return base.__repr__(value)
    return repr(value)
