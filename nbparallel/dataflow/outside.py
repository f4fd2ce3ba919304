"""What exists before the cell: which names share objects, and what functions do.

Objects are looked at as they are. Two names share a region if something that can change
can be reached from both.
"""

from __future__ import annotations

import ast
import builtins
import functools
import gc
import sys
import types
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from nbparallel.dataflow.frozen import is_frozen, is_frozen_holder
from nbparallel.dataflow.heap import (
    NOTHING,
    Body,
    Frame,
    Heap,
    Region,
    Regions,
)
from nbparallel.dataflow.scopes import local_names
from nbparallel.dataflow.sources import node_of
from nbparallel.types import MISSING

#: Names that lead to more objects than this are taken to share some.
MOST_OBJECTS: Final = 20_000

_PLAIN = (list, dict, set, bytearray)
_HOLDERS = (tuple, frozenset)
_LEAVES = {bool, bytes, float, int, str, type(None)}
_WRAPPERS = (
    *(functools.partial, staticmethod, classmethod, property),
    type(functools.lru_cache(int)),
)


#: Where to note what a name leads to, the name, and where it has its value.
_Wanted = tuple[dict[str, Regions], str, dict[str, Any]]


class Outside:
    """The user's namespace before the cell.

    Parameters
    ----------
    namespace
        It.
    heap
        Learns of the regions that are found.
    """

    def __init__(self, namespace: dict[str, Any], heap: Heap) -> None:
        self.namespace = namespace
        self._heap = heap
        self._regions: dict[str, Regions] = {}
        self._parent: dict[object, object] = {}  # object -> one it shares a region with
        self._keep: list[Any] = []  # ids stay true while their objects live

    def value(self, name: str) -> Any:
        """Return what *name* is before the cell, a builtin too, or ``MISSING``."""
        found = self.namespace.get(name, MISSING)
        return getattr(builtins, name, MISSING) if found is MISSING else found

    def regions(self, name: str) -> Regions:
        """Return what *name* may lead to, for names that `look` was given."""
        return self._regions.get(name, NOTHING)

    def look(self, names: Iterable[str]) -> None:
        """Find out what *names* lead to, and what the code that they lead to reads."""
        found: list[tuple[dict[str, Regions], str, _Reachable]] = []
        todo = [(self._regions, name, self.namespace) for name in names]
        for where, name, values in todo:
            if name in where or name not in values:
                continue
            where[name] = NOTHING
            reachable = _Reachable(self.namespace, self._keep)
            reachable.go(values[name])
            self._join(reachable.objects)
            found.append((where, name, reachable))
            self._heap.classes |= reachable.classes
            for function in reachable.functions:
                todo += self._learn(function)
        self._learn_plain([reachable for *_, reachable in found])
        for where, name, reachable in found:
            where[name] = self._roots(reachable) | reachable.shared

    def _learn(self, function: types.FunctionType) -> list[_Wanted]:
        """Note what *function* runs; return where to look for what it uses."""
        region = ("code", id(function))
        if region in self._heap.bodies:
            return []
        node = node_of(function)
        around = Frame(function.__code__.co_freevars)
        self._heap.bodies[region] = Body(node, (around,), Frame(local_names(node)))
        inner = _free_values(function)
        wanted: list[_Wanted] = [(around.names, name, inner) for name in inner]
        names = [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
        return wanted + [(self._regions, name, self.namespace) for name in names]

    def _learn_plain(self, found: list[_Reachable]) -> None:
        spoilt: set[Region] = set()
        for reachable in found:
            roots = self._roots(reachable)
            if not reachable.is_plain:
                spoilt |= roots
            self._heap.plain |= roots
            if len(reachable.objects) == 1:
                self._heap.flat |= roots
        for reachable in found:
            if len(reachable.objects) > 1:
                self._heap.flat -= self._roots(reachable)
        self._heap.plain -= spoilt
        self._heap.flat -= spoilt

    def _roots(self, reachable: _Reachable) -> Regions:
        return frozenset(("outside", self._root(each)) for each in reachable.objects)

    def _join(self, objects: list[object]) -> None:
        for each in objects:
            self._parent[self._root(each)] = self._root(objects[0])

    def _root(self, each: object) -> object:
        while (parent := self._parent.setdefault(each, each)) != each:
            each = parent
        return each


class _Reachable:
    """What can be reached from one value, and can change."""

    def __init__(self, namespace: dict[str, Any], keep: list[Any]) -> None:
        self.objects: list[object] = []
        self.functions: list[types.FunctionType] = []
        self.classes: set[Region] = set()
        self.shared: set[Region] = set()
        self.is_plain = True
        self._namespace = namespace
        self._keep = keep
        self._seen: set[int] = set()
        self._todo: list[Any] = []

    def go(self, value: Any) -> None:
        """Follow everything from *value* on."""
        self._todo.append(value)
        while self._todo:
            each = self._todo.pop()
            if id(each) in self._seen:
                continue
            if len(self._seen) > MOST_OBJECTS:
                self.objects.append("many")
                self.is_plain = False
                return
            self._seen.add(id(each))
            self._keep.append(each)
            try:
                self._visit(each)
            except Exception:  # an object that lies about itself: expect anything
                self.objects.append(id(each))
                self.is_plain = False

    def _visit(self, value: Any) -> None:
        if isinstance(value, types.ModuleType):
            self.shared.add(("module", value.__name__.partition(".")[0]))
        elif isinstance(value, types.FunctionType):
            self._visit_function(value)
        elif isinstance(value, type):
            self._visit_class(value)
        elif not is_frozen(value):
            self._visit_object(value)

    def _visit_function(self, function: types.FunctionType) -> None:
        held = [*_free_values(function).values()]
        if function.__globals__ is self._namespace:
            self.shared.add(("code", id(function)))
            self.functions.append(function)
            held += function.__defaults__ or ()
            held += (function.__kwdefaults__ or {}).values()
            self._todo += held
        else:  # of its own state a library takes care itself
            self._todo += (each for each in held if callable(each))

    def _visit_class(self, kind: type) -> None:
        if kind.__module__ == self._namespace.get("__name__"):
            self.shared.add(("code", id(kind)))
            self.classes.add(("code", id(kind)))
            self._todo += vars(kind).values()
            self._todo += kind.__bases__

    def _visit_object(self, value: Any) -> None:
        kind = type(value)
        self._todo.append(kind)
        if isinstance(value, _WRAPPERS):
            self._todo += _wrapped(value)
            return
        if isinstance(value, (types.MethodType, types.BuiltinMethodType)):
            self._visit_method(value)
            return
        if not is_frozen_holder(value):
            self.objects.append(_owner(value))
            self.is_plain = self.is_plain and kind in _PLAIN
        if kind in (*_PLAIN, *_HOLDERS) and kind is not bytearray:
            held = (*value, *value.values()) if kind is dict else value
            if not set(map(type, held)) <= _LEAVES:
                self._todo += held
        else:
            self._todo += _held(value)

    def _visit_method(self, value: Any) -> None:
        owner = value.__self__
        module = type(owner).__module__.partition(".")[0]
        if module in ("random", "numpy"):  # the hidden generator of the module
            self.shared.add(("module", module))
        elif owner is not None:
            self._todo.append(owner)
        self._todo.append(getattr(value, "__func__", None))


def _free_values(function: types.FunctionType) -> dict[str, Any]:
    """Return the variables of enclosing functions that *function* uses."""
    found = {}
    cells = function.__closure__ or ()
    for name, cell in zip(function.__code__.co_freevars, cells, strict=True):
        with suppress(ValueError):  # not bound yet
            found[name] = cell.cell_contents
    return found


def _wrapped(value: Any) -> list[Any]:
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, property):
        return [value.fget, value.fset, value.fdel]
    return [value.__wrapped__]


def _owner(value: Any) -> object:
    """Return what tells apart who owns the memory: views of one array share it."""
    numpy = sys.modules.get("numpy")
    while numpy is not None and isinstance(value, numpy.ndarray):
        if value.base is None:
            break
        value = value.base
    return id(value)


def _held(value: Any) -> list[Any]:
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return value.ravel().tolist() if value.dtype.hasobject else []
    return gc.get_referents(value)
