"""The key of an item: text that is the same in every process in which the item is."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import io
import pickle
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from pathlib import PurePath
from types import FunctionType, MethodType, NoneType
from typing import Any, Final

from nbparallel.journal.arrays import told_array
from nbparallel.journal.held import held_by, held_by_class
from nbparallel.journal.source import is_found_by_name, name_of, source_of
from nbparallel.journal.values import dumps

#: The longest key that is kept as it is; of longer ones it is their hash.
LONG: Final = 80
#: How the keys begin that are JSON, and so give back the item; no other begins so.
JSON: Final = frozenset('"-0123456789tfn')
#: What their `repr` tells completely.
TOLD: Final = (
    dt.date,
    dt.time,
    dt.timedelta,
    Decimal,
    Fraction,
    uuid.UUID,
    PurePath,
    complex,
    range,
)

#: What `functools.lru_cache` makes.
CACHED: Final = type(functools.lru_cache(len))


def key_of(item: object) -> str:
    """Return the key of *item*.

    Raises
    ------
    Exception
        It has none: what it consists of can't be pickled, say.

    Examples
    --------
    >>> key_of(7), key_of("a"), key_of((1, "b"))
    ('7', '"a"', '(1,"b")')
    """
    return _short(_told(item))


def keys_of(items: Sequence[Any]) -> list[str]:
    """Return the keys of many items."""
    kinds = set(map(type, items))
    if kinds == {str}:
        return list(map(_short, map(encode_basestring_ascii, items)))
    return list(map(key_of, items))


def _short(text: str) -> str:
    if len(text) <= LONG:
        return text
    return f"#sha256:{sha256(text.encode(errors='surrogatepass')).hexdigest()}"


def _told(value: Any) -> str:
    kind = type(value)
    tell = TELLERS.get(kind)
    if tell is not None:
        return tell(value)
    return f"#{kind.__module__}.{kind.__qualname__}:{_told_by_kind(value)}"


def _number(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # more digits than Python likes to write
        return f"#{value:x}"


def _set(values: Iterable[Any]) -> str:
    return f"#set{{{','.join(sorted(map(_told, values)))}}}"


def _pairs(pairs: Iterable[tuple[Any, Any]]) -> str:
    told = sorted(f"{_told(key)}:{_told(value)}" for key, value in pairs)
    return f"{{{','.join(told)}}}"


def _told_by_kind(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, TOLD):
        return repr(value)
    told = _told_callable(value)
    if not told and is_dataclass(value):
        told = _pairs((each.name, getattr(value, each.name)) for each in fields(value))
    return told or told_array(value, _told) or _pickled(value)


def _told_callable(value: Any) -> str:
    """Return what tells a function, a class or what binds one, else nothing."""
    if isinstance(value, (type, FunctionType)):
        return _told_by_source(value)
    if isinstance(value, MethodType):
        return _told((value.__func__, value.__self__))
    if isinstance(value, functools.partial):
        return _told((value.func, value.args, value.keywords))
    return _told(value.__wrapped__) if isinstance(value, CACHED) else ""


def _told_by_source(value: Any) -> str:
    source = source_of(value)
    held = held_by_class(value, source) if isinstance(value, type) else held_by(value)
    parts = _told([source, [*held]]).encode(errors="surrogatepass")
    return f"{name_of(value)}:{sha256(parts).hexdigest()}"


def _pickled(value: Any) -> str:
    if type(value) is object:
        message = "an object() is like any other"
        raise TypeError(message)
    file = io.BytesIO()
    _Pickler(file, protocol=4).dump(value)
    return sha256(file.getvalue()).hexdigest()


class _Pickler(pickle.Pickler):
    """Tells functions of the notebook, and those in others, by what they consist of."""

    def reducer_override(self, value: Any) -> Any:
        is_ours = isinstance(value, FunctionType) and (
            value.__module__ == "__main__" or not is_found_by_name(value)
        )
        return (str, (_told(value),)) if is_ours else NotImplemented


#: How exactly these are told; of subclasses their kind is told, too.
TELLERS: Final[dict[type, Callable[[Any], str]]] = {
    int: _number,
    str: encode_basestring_ascii,
    NoneType: dumps,
    bool: dumps,
    float: dumps,
    list: lambda value: f"[{','.join(map(_told, value))}]",
    tuple: lambda value: f"({','.join(map(_told, value))})",
    dict: lambda value: _pairs(value.items()),
    set: _set,
    frozenset: lambda values: f"#frozen{_set(values)[1:]}",
    bytes: lambda value: f"#bytes:{value.hex()}",
}
