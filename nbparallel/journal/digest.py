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

import ast
import copyreg
import functools
import inspect
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256
from types import CodeType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any, Final

from nbparallel.journal.keys import TOLD, key_of

#: What a subclass of these adds lies beside its value.
BASES: Final = (str, int, float, bytes)
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
    for name, value in _held_by(fn):
        tell.depth = int(name.startswith("the attribute"))
        found[name] = digest(tell(value))
    return found


def source_of(fn: Any) -> str:
    """Return the source of a function or a class itself, else its bytecode, or nothing.

    Comments and line breaks don't count.
    """
    code = getattr(fn, "__code__", None)
    # The source of a lambda is all of the line that it stands in.
    if isinstance(code, CodeType) and code.co_name in {"<lambda>", "<module>"}:
        return _bytecode(code)
    try:
        text = textwrap.dedent(inspect.getsource(fn if code is None else code))
    except (OSError, TypeError):
        return _bytecode(code) if isinstance(code, CodeType) else ""
    try:
        return ast.unparse(ast.parse(text))
    except (SyntaxError, ValueError):
        return text


def name_of(thing: Any) -> str:
    """Return the module and the qualified name of a function or a class."""
    owner = getattr(thing, "__objclass__", None)
    module = getattr(thing, "__module__", None) or getattr(owner, "__module__", None)
    name = getattr(thing, "__qualname__", None) or type(thing).__qualname__
    return f"{module or 'builtins'}.{name}"


def _held_by(fn: Any) -> Iterator[tuple[str, Any]]:
    """Give what a callable holds: defaults, variables around it, its object."""
    if isinstance(fn, functools.partial):
        for name, value in [*enumerate(fn.args), *fn.keywords.items()]:
            yield f"the bound argument {name}", value
        yield from _held_by(fn.func)
    elif isinstance(fn, MethodType):
        yield from _object(fn.__self__)
        yield from _held_by(fn.__func__)
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


def _object(thing: Any) -> Iterator[tuple[str, Any]]:
    state, kind = _state(thing), name_of(type(thing))
    if state is None or kind.startswith((*USED, "pandas.")) or is_dataclass(thing):
        yield "the object that it belongs to", thing
        return
    yield "the class of its object", type(thing)
    for name, value in state:
        yield f"the attribute {name} of its object", value


def _state(thing: Any) -> list[tuple[str, Any]] | None:
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
        return f"{name_of(inner)}:{source}:{[*self._named(_held_by(value))]}"

    def _other(self, value: Any) -> str:
        if is_dataclass(value):
            told = ((each.name, getattr(value, each.name)) for each in fields(value))
            return str([*self._named(told)])
        return self._array(value) or self._object(value)

    def _named(self, pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
        return ((name, self(value)) for name, value in pairs)

    def _array(self, value: Any) -> str:
        """Return what tells an array, or the columns of a table, else nothing."""
        module = type(value).__module__.partition(".")[0]
        if module == "numpy" and hasattr(value, "dtype"):
            return key_of(value)
        if module != "pandas":
            return ""
        if hasattr(value, "columns"):
            return str([(str(name), self(column)) for name, column in value.items()])
        if hasattr(value, "index"):
            return key_of(value)
        return self(value.tolist()) if hasattr(value, "tolist") else ""

    def _object(self, value: Any) -> str:
        state = _state(value)
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


def _bytecode(code: CodeType) -> str:
    constants = list(map(_constant, code.co_consts))
    parts = code.co_code.hex(), constants, code.co_names, code.co_varnames
    return repr(parts)


def _constant(value: object) -> str:
    if isinstance(value, CodeType):
        return _bytecode(value)
    if isinstance(value, frozenset):  # its order is another in each process
        return str(sorted(map(repr, value)))
    return repr(value)
