"""Tables and columns of other libraries than pandas, read with narwhals."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

from nbparallel.errors import BadType, BadValue
from nbparallel.work.calls import Function
from nbparallel.work.kinds import is_a, library
from nbparallel.work.tables import Items, Table, read_pandas

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import pandas as pd

#: What makes rows of a table that is only the plan of one, by library.
COLLECTED: Final = {
    "_duckdb": "table.df()",
    "dask": "table.compute()",
    "duckdb": "table.df()",
    "ibis": "table.to_pandas()",
    "polars": "table.collect()",
    "pyspark": "table.toPandas()",
}
#: What gives a table one column more, and its rows as dicts, by library.
LINES: Final = {
    "polars": ('table.with_columns(pl.Series("other", other))', "table.to_dicts()"),
    "pyarrow": ('table.append_column("other", [other])', "table.to_pylist()"),
    "": (
        "table.to_pandas().assign(other=other)",
        'table.to_pandas().to_dict("records")',
    ),
}
#: What pandas calls the dtypes of others: where every cell has a value, and with gaps.
DTYPES: Final = {
    "Int8": ("int8", "Int8"),
    "Int16": ("int16", "Int16"),
    "Int32": ("int32", "Int32"),
    "Int64": ("int64", "Int64"),
    "UInt8": ("uint8", "UInt8"),
    "UInt16": ("uint16", "UInt16"),
    "UInt32": ("uint32", "UInt32"),
    "UInt64": ("uint64", "UInt64"),
    "Float32": ("float32", "float32"),
    "Float64": ("float64", "float64"),
    "Boolean": ("bool", "boolean"),
    "String": ("string", "string"),
    "Categorical": ("category", "category"),
    "Enum": ("category", "category"),
}


def read(function: Function, given: Any) -> Table | Items | None:
    """Return what a table or a column has to give; None if it is neither.

    Raises
    ------
    BadType
        It is a table that has no rows yet.
    BadValue
        It cannot be read: two of its columns have one name.
    """
    import narwhals.stable.v2 as nw
    from narwhals.exceptions import DuplicateError

    try:
        found = nw.from_native(_known(given), pass_through=True, allow_series=True)
    except DuplicateError as error:
        message = (
            f"the columns of a {type(given).__name__} must differ in name. "
            f"{' '.join(str(error).split())}: rename one."
        )
        raise BadValue(message) from None
    if isinstance(found, nw.LazyFrame):
        _refuse_lazy(function, given)
    if not isinstance(found, (nw.DataFrame, nw.Series)):
        return None
    if found.implementation.is_pandas_like():  # rows with an index, as those of Modin
        return read_pandas(found.to_pandas())
    return _table(given, found) if isinstance(found, nw.DataFrame) else _column(found)


def _known(given: Any) -> Any:
    """Return Arrow's own tables and arrays as those that narwhals knows."""
    arrow: Any = sys.modules.get("pyarrow")
    if is_a(given, "pyarrow", "RecordBatch"):
        return arrow.Table.from_batches([given])
    if is_a(given, "pyarrow", "Array"):
        return arrow.chunked_array([given])
    return given


def _refuse_lazy(function: Function, given: Any) -> NoReturn:
    line = function.line(COLLECTED.get(library(given), "…"))
    message = f"the {type(given).__name__} has no rows yet: write {line}"
    raise BadType(message)


def _table(given: Any, found: nw.DataFrame[Any]) -> Table:
    import pandas as pd

    names = found.columns
    cells = {name: found[name].to_list() for name in names}
    shown = {name: _shown(cells[name], found[name].dtype) for name in names}

    def rows(how: str) -> list[Any]:
        tuples = zip(*cells.values(), strict=True)
        if how == "args":
            return list(tuples)
        return [dict(zip(names, row, strict=True)) for row in tuples]

    lines = LINES.get(library(given), LINES[""])
    return Table(type(given).__name__, pd.DataFrame(shown), None, rows, lines)


def _column(found: nw.Series[Any]) -> Items:
    cells = found.to_list()
    return Items(cells, total=len(cells), shown=_shown(cells, found.dtype))


def _shown(cells: list[Any], dtype: object) -> pd.Series[Any]:
    """Return *cells* in the dtype of pandas that is nearest to theirs."""
    import pandas as pd

    gaps = any(cell is None for cell in cells)
    found: pd.Series[Any] = pd.Series(cells, dtype=_dtype(dtype, gaps=gaps))
    return found


def _dtype(dtype: Any, *, gaps: bool) -> Any:
    import pandas as pd

    name = type(dtype).__name__
    if name in DTYPES:
        return DTYPES[name][gaps]
    if name == "Datetime" and dtype.time_zone:
        return pd.DatetimeTZDtype(dtype.time_unit, dtype.time_zone)
    if name in {"Datetime", "Duration"}:
        kind = "datetime64" if name == "Datetime" else "timedelta64"
        return f"{kind}[{dtype.time_unit}]"
    return object
