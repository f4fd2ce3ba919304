"""What exists before the cell: which names share objects, and what functions do.

Objects are looked at as they are. Two names share a region if something that can change
can be reached from both.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterable
from typing import Any

from nbparallel.dataflow.definitions import definition_of
from nbparallel.dataflow.reachable import Reachable, is_hidden_state, kept_objects
from nbparallel.dataflow.regions import NOTHING, Body, Frame, Heap, Region, Regions
from nbparallel.dataflow.scopes import is_lazy, local_names
from nbparallel.types import MISSING

_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)


class ExistingNames:
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
        """Return what *name* may lead to, for names that `explore` was given."""
        return self._regions.get(name, NOTHING)

    def is_wild(self, name: str) -> bool:
        """Whether *name* leads to the namespace itself."""
        return ("existing", "names") in self.regions(name)

    def path(self, value: Any) -> str | None:
        """Return where code of a library, or a module, is found; None for others."""
        if isinstance(value, types.ModuleType):
            return value.__name__
        if not isinstance(value, _CODE):
            return None
        module, owner = value.__module__, getattr(value, "__self__", None)
        if is_hidden_state(owner):
            module = type(owner).__module__
        elif not (owner is None or isinstance(owner, types.ModuleType | type)):
            return None
        is_own = module in (None, self.namespace.get("__name__"))
        return None if is_own else f"{module}.{value.__name__}"

    def explore(self, names: Iterable[str]) -> None:
        """Find out what *names* lead to, and what the code that they lead to reads."""
        found: dict[object, tuple[Reachable, Any]] = {}
        keepers = kept_objects()
        todo: list[tuple[object, Any]] = [
            (name, self.namespace[name]) for name in names if name in self.namespace
        ]
        for key, value in todo:
            if key in found:
                continue
            reachable = Reachable(self.namespace, keepers, self._keep)
            reachable.follow(value)
            found[key] = reachable, value
            self._join(reachable.objects)
            for function in reachable.functions:
                todo.append((("code", id(function)), function))
                todo += self._globals_of(function)
        some = [reachable.objects for reachable, _ in found.values()]
        if any("many" in objects for objects in some):  # one that was not looked at
            for objects in filter(None, some):
                self._join(["many", *objects])
        for key, (reachable, value) in found.items():
            self._learn(key, reachable, value)

    def _globals_of(self, function: types.FunctionType) -> list[tuple[object, Any]]:
        node, code = definition_of(function), ("code", id(function))
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

    def _learn(self, key: object, reachable: Reachable, value: Any) -> None:
        own: Regions = frozenset(
            ("existing", self._root(each)) for each in reachable.objects
        )
        if "names" in reachable.objects:
            own |= {("existing", "names")}
        if not reachable.is_plain:
            self._heap.odd |= own
        code = frozenset(("code", id(each)) for each in reachable.functions)
        kinds = frozenset(("code", id(each)) for each in reachable.classes)
        self._heap.odd |= kinds
        all_of_it = own | code | kinds | reachable.kept
        self._heap.lead(own | kinds, all_of_it | reachable.libraries)
        all_of_it = all_of_it or reachable.libraries
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
