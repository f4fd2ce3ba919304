"""What a callable holds besides its source, by names as users know them."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

from nbparallel.journal.source import is_found_by_name, name_of

#: What changes while it is used, and how the classes of more of that kind begin.
UNTOLD: Final = (Iterator, threading.local)
USED: Final = (
    "_thread.",
    "asyncio.",
    "concurrent.",
    "logging.",
    "multiprocessing.",
    "nbparallel.",
    "numpy.random.",
    "queue.",
    "threading.",
)
#: What Python keeps in a class for itself.
BOOKS: Final = frozenset(
    {
        *("__dict__", "__doc__", "__firstlineno__", "__module__", "__qualname__"),
        *("__static_attributes__", "__weakref__"),
    }
)


def held_by(fn: Any) -> Iterator[tuple[str, Any]]:
    """Give what a callable holds: defaults, variables around it, its object."""
    if isinstance(fn, functools.partial):
        for name, value in [*enumerate(fn.args), *fn.keywords.items()]:
            yield f"the bound argument {name}", value
        yield from held_by(fn.func)
    elif isinstance(fn, MethodType):
        yield from _object(fn.__self__)
        yield from held_by(fn.__func__)
    elif isinstance(fn, FunctionType):
        yield from _held_by_function(fn)
    elif getattr(fn, "__self__", None) is not None:  # of a builtin type
        yield "the object that it is a method of", fn.__self__
    elif not isinstance(fn, type):
        yield from _object(fn)
    inner = getattr(fn, "__wrapped__", None)
    if inner is not None:
        yield "what it wraps", inner


def _held_by_function(fn: FunctionType) -> Iterator[tuple[str, Any]]:
    code, defaults = fn.__code__, fn.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount][-len(defaults) :] if defaults else ()
    for name, value in zip(names, defaults, strict=True):
        yield f"the default of {name}", value
    for name, value in (fn.__kwdefaults__ or {}).items():
        yield f"the default of {name}", value
    for name, cell in zip(code.co_freevars, fn.__closure__ or (), strict=True):
        try:
            held = cell.cell_contents
        except ValueError:  # it has none yet
            continue
        if held is not fn:
            yield f"the value of {name}", held


def held_by_class(kind: type, source: str) -> Iterator[tuple[str, Any]]:
    """Give what a class consists of, unless its name and its source tell that.

    They do in a module; of a notebook's class there may be no source to be had.
    """
    if (source or kind.__module__ != "__main__") and is_found_by_name(kind):
        return
    yield "its bases", kind.__bases__
    for name, value in sorted(vars(kind).items()):
        if isinstance(value, property):
            yield name, (value.fget, value.fset, value.fdel)
        elif isinstance(value, (staticmethod, classmethod)):
            yield name, value.__func__
        elif name not in BOOKS:
            yield name, value


def _object(thing: Any) -> Iterator[tuple[str, Any]]:
    state, kind = state_of(thing), name_of(type(thing))
    if state is None or kind.startswith((*USED, "pandas.")) or is_dataclass(thing):
        yield "the object that it belongs to", thing
        return
    yield "the class of its object", type(thing)
    for name, value in state:
        yield f"the attribute {name} of its object", value


def state_of(thing: Any) -> list[tuple[str, Any]] | None:
    """Return the attributes of an object by name; None where it is no such object."""
    kind = type(thing)
    if isinstance(thing, (FunctionType, ModuleType, type, *UNTOLD)):
        return None
    slots = [name for base in kind.__mro__ for name in _slots(base)]
    own = getattr(thing, "__dict__", None)
    if not isinstance(own, dict):
        if not slots:
            return None
        own = {}
    remembered = functools.cached_property
    found = {
        name: value
        for name, value in own.items()
        if not isinstance(inspect.getattr_static(kind, str(name), None), remembered)
    }
    found.update((name, getattr(thing, name)) for name in slots if hasattr(thing, name))
    return sorted((str(name), value) for name, value in found.items())


def _slots(kind: type) -> Iterable[str]:
    found = kind.__dict__.get("__slots__", ())
    names = (found,) if isinstance(found, str) else found
    return [name for name in names if name not in ("__dict__", "__weakref__")]
