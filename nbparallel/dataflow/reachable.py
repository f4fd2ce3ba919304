"""What can be reached from an object that exists before the cell."""

from __future__ import annotations

import gc
import sys
import types
import weakref
from typing import Any, Final

from nbparallel.dataflow.frozen import is_frozen
from nbparallel.dataflow.regions import EVERYWHERE, NOTHING, Regions

#: Where a name leads to more containers than this, all are taken to share some.
MOST_OBJECTS: Final = 100_000

_PLAIN = (list, dict, set, bytearray, weakref.ref)
_LEAVES = {bool, bytes, float, int, str, type(None)}


class Reachable:
    """What can be reached from one value, and can change."""

    def __init__(
        self, namespace: dict[str, Any], keepers: dict[int, str], keep: list[Any]
    ) -> None:
        self.objects: list[object] = []
        self.functions: list[types.FunctionType] = []
        self.classes: list[type] = []
        self.libraries: Regions = NOTHING
        self.kept: Regions = NOTHING
        self.is_plain = True
        self._namespace = namespace
        self._keepers = keepers
        self._keep = keep
        self._limit = MOST_OBJECTS
        self._seen: set[int] = set()
        self._todo: list[Any] = []

    def follow(self, value: Any) -> None:
        """Follow everything from *value* on."""
        self._todo.append(value)
        while self._todo:
            each = self._todo.pop()
            if id(each) in self._seen:
                continue
            if len(self._seen) > self._limit:  # what the rest can do, not what it is
                self._limit += MOST_OBJECTS
                self._expect_anything("many")
                self._todo = [*{type(each) for each in (each, *self._todo)}]
                continue
            self._seen.add(id(each))
            self._keep.append(each)
            try:
                self._visit(each)
            except Exception:  # an object that lies about itself
                self._expect_anything(id(each))

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
            # From Python 3.14 on: the function that evaluates its annotations, or None.
            self._todo.append(getattr(function, "__annotate__", None))
        else:  # of its own state a library takes care itself
            self._add_library(function.__module__ or "")
            values = [_content(cell) for cell in function.__closure__ or ()]
            self._todo += (each for each in values if callable(each))

    def _visit_class(self, kind: type) -> None:
        if kind.__module__ == self._namespace.get("__name__"):
            self.classes.append(kind)
            self._todo += [*vars(kind).values(), *kind.__bases__, type(kind)]
        elif len(self._seen) == 1:  # not just the class of something
            self._add_library(kind.__module__)

    def _visit_method(self, value: Any) -> None:
        owner = value.__self__
        if owner is None or is_frozen(owner):
            return
        if is_hidden_state(owner):
            top = type(owner).__module__.partition(".")[0]
            self.kept |= {("state", top)}
        else:
            self._expect_anything(id(owner))
            self._todo += [owner, getattr(value, "__func__", None)]

    def _visit_object(self, value: Any) -> None:
        kind, numpy = type(value), sys.modules.get("numpy")
        if kind.__module__ == self._namespace.get("__name__"):
            self._todo.append(kind)
        if id(value) in self._keepers:
            self.kept |= {("state", self._keepers[id(value)])}
            return
        if hasattr(kind, "__dlpack__") and not _is_of_numbers(kind):
            self._expect_anything(kind.__module__)  # tensors may be views of each other
        if kind not in (tuple, frozenset):
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


def is_hidden_state(owner: object) -> bool:
    """Whether *owner* is the one generator whose methods a module has as functions."""
    modules = (sys.modules.get(name) for name in ("random", "numpy.random"))
    return any(owner is each.random.__self__ for each in modules if each is not None)


def kept_objects() -> dict[int, str]:
    """Return, by id, what modules keep under a name, as os has environ."""
    return {
        id(value): name
        for name in EVERYWHERE
        for value in vars(sys.modules.get(name, object)).values()
        if type(value) is not tuple  # there is one empty one for all
    }


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
