"""The key of an item: text that is the same in every process in which the item is."""

from __future__ import annotations

import datetime as dt
import enum
import pickle
import sys
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from pathlib import PurePath
from types import FunctionType, NoneType
from typing import Any, Final

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
    if isinstance(value, (type, FunctionType)):
        return f"{value.__module__}.{value.__qualname__}"
    if is_dataclass(value):
        return _pairs((each.name, getattr(value, each.name)) for each in fields(value))
    return _of_numpy(value) or _of_pandas(value) or _pickled(value)


def _of_numpy(value: Any) -> str:
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.generic, numpy.ndarray)):
        return ""
    if value.dtype.hasobject:
        return _told(value.tolist())
    found = sha256(numpy.ascontiguousarray(value).tobytes()).hexdigest()
    return f"{value.dtype.str}{value.shape}{found}"


def _of_pandas(value: Any) -> str:
    pandas: Any = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.Series):
        return ""
    return _told([*zip(value.index.tolist(), value.tolist(), strict=True)])


def _pickled(value: Any) -> str:
    return sha256(pickle.dumps(value, protocol=4)).hexdigest()


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
