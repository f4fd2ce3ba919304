"""Whether two namespaces are the same: names, values, and which objects are shared."""

import contextlib
import functools
import itertools
import types
import weakref
from contextvars import ContextVar

import numpy as np
import pandas as pd

_ATOMS = (bool, bytes, complex, float, int, range, str, type(None), type(...))
_HIDDEN = {"__builtins__", "__dict__", "__weakref__", "__doc__", "__module__"}
_HIDDEN.add("__warningregistry__")
#: From Python 3.14 on those of the last statement that has annotations.
_HIDDEN |= {"__annotate__", "__conditional_annotations__"}


def difference(one, other):
    """Return where two namespaces differ first, or None if they do not."""
    return _Pairs().of_dicts(_named(one), _named(other), "", ordered=False)


def _named(values):
    return {name: value for name, value in values.items() if name not in _HIDDEN}


class _Pairs:
    """The objects of one namespace, each with its like in the other."""

    def __init__(self):
        self._like = {}, {}
        self._kept = []

    def of(self, one, other, path):
        if type(one) is not type(other) and type(one).__name__ != type(other).__name__:
            return f"{path}: {one!r} and {other!r}"
        if isinstance(one, (_ATOMS, np.generic)) or type(one).__module__ == "datetime":
            return None if repr(one) == repr(other) else f"{path}: {one!r}, {other!r}"
        if one is other:  # a module, a function of a library
            return None
        there, back = self._like
        if id(one) in there or id(other) in back:
            is_same = there.get(id(one)) == id(other) and back.get(id(other)) == id(one)
            return None if is_same else f"{path}: shared in one, not in the other"
        if type(one) is not tuple or one:
            there[id(one)], back[id(other)] = id(other), id(one)
            self._kept += one, other
        return self._inside(one, other, path)

    def of_dicts(self, one, other, path, *, ordered=True):
        names, others = list(one), list(other)
        if names != others if ordered else {*names} != {*others}:
            return f"{path}: {names} and {others}"
        for name in names:
            if found := self.of(one[name], other[name], f"{path}.{name}"):
                return found
        return None

    def _of_lists(self, one, other, path):
        if len(one) != len(other):
            return f"{path}: {one!r} and {other!r}"
        pairs = enumerate(zip(one, other, strict=True))
        found = (self.of(*pair, f"{path}[{number}]") for number, pair in pairs)
        return next(filter(None, found), None)

    def _inside(self, one, other, path):
        if type(one) is dict:
            if found := self._of_lists([*one], [*other], f"{path} keys"):
                return found
            return self._of_lists([*one.values()], [*other.values()], path)
        if type(one) in (set, frozenset):
            return self._of_lists(sorted(one, key=repr), sorted(other, key=repr), path)
        if isinstance(one, (pd.DataFrame, pd.Series, pd.Index)):
            return None if one.equals(other) else f"{path}:\n{one}\n{other}"
        return self._of_lists(_parts(one), _parts(other), path)


def _parts(value):  # noqa: C901, PLR0911, PLR0912 # one line per kind
    if type(value) in (list, tuple):
        return value
    match value:
        case np.ndarray(base=base):
            return [base, value.tolist(), value.dtype.str]
        case types.FunctionType():
            code, own = value.__code__, (value.__defaults__, value.__kwdefaults__)
            return [code.co_name, code.co_code, *own, value.__closure__, vars(value)]
        case types.CellType():
            with contextlib.suppress(ValueError):
                return [value.cell_contents]
            return []
        case types.GeneratorType(gi_frame=frame):
            return [] if frame is None else [frame.f_lasti, dict(frame.f_locals)]
        case type():
            names = {key: each for key, each in vars(value).items() if key[0] != "_"}
            return [value.__name__, value.__bases__, names]
        case staticmethod() | classmethod():
            return [value.__func__]
        case property():
            return [value.fget, value.fset, value.fdel]
        case ContextVar():
            return [value.name, value.get(None)]
        case weakref.ref():
            return [value()]
        case types.MethodType():
            return [value.__self__, value.__func__]
        case itertools.count():
            return [repr(value)]
        case types.MappingProxyType():
            return [dict(value)]
    if isinstance(value, functools._lru_cache_wrapper):
        return [value.__wrapped__, tuple(value.cache_info())]
    try:
        return list(value.__reduce_ex__(4))
    except TypeError:  # a lock and the like
        return [type(value).__name__]
