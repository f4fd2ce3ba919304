"""Arrays and tables told as text, by whatever tells what they consist of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from hashlib import sha256
from typing import Any

Tell = Callable[[Any], str]


def told_array(value: Any, tell: Tell) -> str:
    """Return what tells an array of numpy's or a column of pandas', else nothing.

    Two of other dtypes, shapes, masks, names of fields or categories are told apart.
    """
    return _of_numpy(value, tell) or _of_pandas(value, tell)


def _of_numpy(value: Any, tell: Tell) -> str:
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.generic, numpy.ndarray)):
        return ""
    if isinstance(value, numpy.ma.MaskedArray):
        mask = numpy.ma.getmaskarray(value)
        return tell((value.data, mask, value.fill_value))
    own = "" if _is_of("numpy", value) else tell(getattr(value, "__dict__", {}))
    return f"{_cells(value, numpy, tell)}{own}"


def _cells(value: Any, numpy: Any, tell: Tell) -> str:
    dtype = value.dtype
    if dtype.names is not None:  # what lies between the fields is anything
        fields = [(name, tell(value[name])) for name in dtype.names]
        return f"{fields}{value.shape}"
    if dtype.hasobject:
        return f"{dtype.str}{value.shape}{tell(value.tolist())}"
    found = sha256(numpy.ascontiguousarray(value).tobytes()).hexdigest()
    return f"{dtype.str}{value.shape}{found}"


def _of_pandas(value: Any, tell: Tell) -> str:
    pandas: Any = sys.modules.get("pandas")
    if pandas is None:
        return ""
    kinds = pandas.Series, pandas.Index, pandas.api.extensions.ExtensionArray
    if not isinstance(value, kinds):
        return ""
    dtype, name = value.dtype, getattr(value, "name", None)
    index = value.index.tolist() if isinstance(value, pandas.Series) else None
    categories = getattr(dtype, "categories", None)
    if categories is not None:
        categories = [categories.tolist(), dtype.ordered]
    return tell([str(dtype), categories, name, index, value.tolist()])


def _is_of(library: str, value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == library
