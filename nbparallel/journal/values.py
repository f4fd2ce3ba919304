"""Results as text or bytes: JSON where that gives back the same, else a pickle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import NoneType
from typing import Any, Final

#: What JSON gives back as it was. Exactly these: a subclass would not come back.
SIMPLE: Final = frozenset({NoneType, bool, int, float, str})
#: The longest text that lies among others; longer ones lie apart, so that a page of
#: many stays small.
LONG: Final = 4096
#: SQLite holds no more bytes than this in one place.
MOST_BYTES: Final = 1_000_000_000


def are_simple(values: Sequence[Any]) -> bool:
    """Whether every one of *values* is a number, a text, a truth value or None."""
    return SIMPLE.issuperset(map(type, values))


def to_json(value: object) -> str | None:
    """Return *value* as JSON if that gives back the same, else None.

    Examples
    --------
    >>> to_json({"a": [1, None, 2.5]}), to_json((1, 2)), to_json({1: 2})
    ('{"a":[1,null,2.5]}', None, None)
    """
    try:
        if not _is_exact(value):
            return None
        return dumps(value)
    except (ValueError, RecursionError):  # too many digits, or too deep
        return None


def dumps(value: object) -> str:
    """Return JSON of what is exact."""
    return _ENCODER.encode(value)


def loads(text: str) -> Any:
    """Return what *text* stands for."""
    return json.loads(text)


def to_pickle(value: object) -> bytes:
    """Return *value* pickled; it may be of a class or a function of a cell.

    Raises
    ------
    BaseException
        Whatever its class raises.
    """
    from nbparallel.workers.packing import by_value

    found = by_value(value)
    if len(found) >= MOST_BYTES:
        message = f"the result takes {len(found)} bytes: a journal keeps 1 GB of each"
        raise ValueError(message)
    return found


def from_pickle(data: bytes) -> Any:
    """Return what was pickled; only of what is signed, or trusted."""
    import pickle

    return pickle.loads(data)  # noqa: S301 # whoever calls has looked at the signature


_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))


def _is_exact(value: object) -> bool:
    kind = type(value)
    if kind in SIMPLE:
        return True
    if kind is list:
        assert isinstance(value, list)
        return are_simple(value) or all(map(_is_exact, value))
    if kind is dict:
        assert isinstance(value, dict)
        keys_are_text = all(type(key) is str for key in value)
        return keys_are_text and all(map(_is_exact, value.values()))
    return False
