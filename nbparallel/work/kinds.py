"""What something is, told without importing the library that it would be from."""

from __future__ import annotations

import sys
from collections.abc import Sized
from typing import Any, Final, TypeGuard

#: Libraries of tables, by the name of their package, besides pandas.
TABLE_LIBRARIES: Final = {
    "_duckdb",
    "cudf",
    "dask",
    "duckdb",
    "ibis",
    "modin",
    "narwhals",
    "polars",
    "pyarrow",
    "pyspark",
    "sqlframe",
}
#: The most characters of a value in a message.
MOST_SHOWN: Final = 60


def is_a(given: object, module: str, name: str) -> bool:
    """Whether *given* is of a class whose module need not be imported to know."""
    # Another thread may be in the middle of importing it: then the name is not there.
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(given, kind)


def is_frame(given: object) -> bool:
    """Whether it is a pandas DataFrame."""
    return is_a(given, "pandas", "DataFrame")


def is_series(given: object) -> bool:
    """Whether it is a pandas Series."""
    return is_a(given, "pandas", "Series")


def is_array(given: object) -> bool:
    """Whether it is a NumPy array."""
    return is_a(given, "numpy", "ndarray")


def is_text(given: object) -> TypeGuard[str | bytes | bytearray]:
    """Whether it is one value that could also be gone through piece by piece."""
    return isinstance(given, (str, bytes, bytearray))


def library(given: object) -> str:
    """Return the library of tables but pandas that it comes from, or ``""``."""
    roots = (base.__module__.partition(".")[0] for base in type(given).__mro__)
    return next((root for root in roots if root in TABLE_LIBRARIES), "")


def is_read_otherwise(given: object) -> bool:
    """Whether a ``for`` loop reads something else from it than a face does.

    Examples
    --------
    >>> is_read_otherwise("abc"), is_read_otherwise(["abc"])
    (True, False)
    """
    found = is_text(given) or is_frame(given) or bool(library(given))
    return found and isinstance(given, Sized)  # what streams is read alike


def is_iterable(given: object) -> bool:
    """Whether a loop can go through it; a class is not taken for its instances."""
    if is_array(given):
        return bool(getattr(given, "ndim", 0))
    kind: Any = type(given)
    if hasattr(kind, "__iter__"):
        return kind.__iter__ is not None
    return hasattr(kind, "__getitem__")


def short(value: object) -> str:
    """Return a value as messages show it: ``""`` where its repr raises."""
    try:
        text = repr(value)
    except Exception:  # the message must come whatever the value is
        return ""
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
