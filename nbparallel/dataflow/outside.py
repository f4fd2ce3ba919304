"""What exists before the cell: which names share objects, and what functions do.

Objects are looked at as they are. Two names share a region if something that can change
can be reached from both.
"""

from __future__ import annotations

import ast
import gc
import sys
import types
import weakref
from collections.abc import Iterable
from typing import Any, Final

from nbparallel.dataflow.frozen import is_frozen, is_frozen_holder
from nbparallel.dataflow.known import STATEFUL
from nbparallel.dataflow.regions import NOTHING, Body, Frame, Heap, Region, Regions
from nbparallel.dataflow.scopes import is_lazy, local_names
from nbparallel.dataflow.sources import node_of
from nbparallel.types import MISSING

#: Names that lead to more objects than this are taken to share some.
MOST_OBJECTS: Final = 20_000

_PLAIN = (list, dict, set, bytearray, weakref.ref)
_LEAVES = {bool, bytes, float, int, str, type(None)}
_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)


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
        """Return what *name* is before the cell, or ``MISSING``."""
        return self.namespace.get(name, MISSING)

    def regions(self, name: str) -> Regions:
        """Return what *name* may lead to, for names that `look` was given."""
        return self._regions.get(name, NOTHING)

    def is_wild(self, name: str) -> bool:
        """Whether *name* leads to the namespace itself."""
        return ("outside", "names") in self.regions(name)

    def path(self, value: Any) -> str | None:
        """Return where code of a library, or a module, is found; None for others."""
        if isinstance(value, types.ModuleType):
            return value.__name__
        owner = getattr(value, "__self__", None)
        if isinstance(owner, types.ModuleType) or not isinstance(value, _CODE):
            owner = None
        module = type(owner).__module__ if owner else getattr(value, "__module__", None)
        if owner is not None and not _is_hidden_state(owner):
            return None
        is_code = callable(value) and not isinstance(value, types.MethodType)
        own = self.namespace.get("__name__")
        if not (is_code or owner) or not module or module == own:
            return None
        name = getattr(value, "__name__", None)
        if name is None or getattr(sys.modules.get(module), name, None) is not value:
            return None if not isinstance(value, _CODE) else f"{module}.{name}"
        return f"{module}.{name}"

    def look(self, names: Iterable[str]) -> None:
        """Find out what *names* lead to, and what the code that they lead to reads."""
        found: dict[object, tuple[_Reachable, Any]] = {}
        todo: list[tuple[object, Any]] = [
            (name, self.namespace[name]) for name in names if name in self.namespace
        ]
        for key, value in todo:
            if key in found:
                continue
            reachable = _Reachable(self.namespace, self._keep)
            reachable.go(value)
            found[key] = reachable, value
            self._join(reachable.objects)
            for function in reachable.functions:
                todo.append((("code", id(function)), function))
                todo += self._globals_of(function)
        for key, (reachable, value) in found.items():
            self._learn(key, reachable, value)

    def _globals_of(self, function: types.FunctionType) -> list[tuple[object, Any]]:
        node, code = node_of(function), ("code", id(function))
        if code in self._heap.bodies:
            return []
        values: dict[str, Regions] = {}
        around = Frame(frozenset(function.__code__.co_freevars), code, values)
        self._heap.bodies[code] = Body(node, (around,), is_lazy(node))
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        there = self.namespace
        return [
            (name, there[name]) for name in names - local_names(node) if name in there
        ]

    def _learn(self, key: object, reachable: _Reachable, value: Any) -> None:
        own: Regions = frozenset(
            ("outside", self._root(each)) for each in reachable.objects
        )
        if "names" in reachable.objects:
            own |= {("outside", "names")}
        if not reachable.is_plain:
            self._heap.odd |= own
        code = frozenset(("code", id(each)) for each in reachable.functions)
        kinds = frozenset(("code", id(each)) for each in reachable.classes)
        self._heap.odd |= kinds
        all_of_it = own | code | kinds | reachable.kept
        if not all_of_it:
            all_of_it = reachable.libraries
        self._heap.lead(own | kinds, all_of_it)
        itself: Region = ("code", id(value))
        if itself in self._heap.bodies:
            self._heap.lead([itself], all_of_it)
            around = self._heap.bodies[itself].frames[0]
            for name in around.local:
                around.values[name] = all_of_it
        if isinstance(key, str):
            known = itself in code | kinds
            self._regions[key] = frozenset([itself]) if known else all_of_it

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
        self.classes: list[type] = []
        self.libraries: Regions = NOTHING
        self.kept: Regions = NOTHING
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
                return self._expect_anything("many")
            self._seen.add(id(each))
            self._keep.append(each)
            try:
                self._visit(each)
            except Exception:  # an object that lies about itself
                self._expect_anything(id(each))
        return None

    def _expect_anything(self, key: object) -> None:
        self.objects.append(key)
        self.is_plain = False

    def _visit(self, value: Any) -> None:
        if value is self._namespace:
            self._expect_anything("names")
        elif isinstance(value, types.ModuleType):
            self._add_library(value.__name__)
        elif isinstance(value, types.FunctionType):
            self._visit_function(value)
        elif isinstance(value, type):
            self._visit_class(value)
        elif isinstance(value, weakref.ProxyTypes):
            self._expect_anything("many")
        elif isinstance(value, types.BuiltinMethodType | types.MethodType):
            self._visit_method(value)
        elif not is_frozen(value):
            self._visit_object(value)

    def _add_library(self, module: str) -> None:
        self.libraries |= {("lib", module.partition(".")[0])}

    def _visit_function(self, function: types.FunctionType) -> None:
        if function.__globals__ is self._namespace:
            self.functions.append(function)
            held = [*(function.__closure__ or ()), *(function.__defaults__ or ())]
            held += [
                *(function.__kwdefaults__ or {}).values(),
                *vars(function).values(),
            ]
            if not set(map(type, held)) <= _LEAVES:
                self.objects.append(id(function))
                self._todo += held
        else:  # of its own state a library takes care itself
            self._add_library(function.__module__ or "")
            values = [_content(cell) for cell in function.__closure__ or ()]
            self._todo += (each for each in values if callable(each))

    def _visit_class(self, kind: type) -> None:
        if kind.__module__ == self._namespace.get("__name__"):
            self.classes.append(kind)
            self._todo += [*vars(kind).values(), *kind.__bases__, type(kind)]
        else:
            self._add_library(kind.__module__)

    def _visit_method(self, value: Any) -> None:
        owner = value.__self__
        if owner is None or is_frozen(owner):
            return
        if _is_hidden_state(owner):
            top = type(owner).__module__.partition(".")[0]
            self.kept |= {("state", top)}
        else:
            self._expect_anything(id(owner))
            self._todo += [owner, getattr(value, "__func__", None)]

    def _visit_object(self, value: Any) -> None:
        kind, numpy = type(value), sys.modules.get("numpy")
        if kind.__module__ == self._namespace.get("__name__"):
            self._todo.append(kind)
        if not is_frozen_holder(value):
            self.objects.append(_owner(value))
            self.is_plain = self.is_plain and (kind in _PLAIN or _is_of_numbers(kind))
        if isinstance(value, weakref.ref):
            self._todo.append(value())
        if numpy is not None and isinstance(value, numpy.ndarray):
            held = value.ravel().tolist() if value.dtype.hasobject else []
        elif kind in (list, dict, set, tuple, frozenset):
            held = (*value, *value.values()) if kind is dict else value
        else:
            held = gc.get_referents(value)
        if not set(map(type, held)) <= _LEAVES:
            self._todo += held


def _is_hidden_state(owner: object) -> bool:
    """Whether *owner* is the one generator whose methods a module has as functions."""
    module = type(owner).__module__.partition(".")[0]
    return module in ("numpy", "random") and any(
        getattr(sys.modules.get(each), "random", owner) is not owner
        and getattr(getattr(sys.modules.get(each), "random", None), "__self__", None)
        is owner
        for each in STATEFUL
    )


def _is_of_numbers(kind: type) -> bool:
    """Whether *kind* is a container of NumPy's or pandas's, or a part of one."""
    module = kind.__module__
    top = module.partition(".")[0]
    return top in ("numpy", "pandas", "pyarrow") and not module.startswith(
        "numpy.random"
    )


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _owner(value: Any) -> object:
    """Return what tells apart who owns the memory: views of one array share it."""
    numpy = sys.modules.get("numpy")
    while numpy is not None and isinstance(value, numpy.ndarray):
        if value.base is None:
            break
        value = value.base
    return id(value)
