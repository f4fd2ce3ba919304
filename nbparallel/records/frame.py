"""Columns -> pandas DataFrame, with a real dtype wherever the values have one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from nbparallel.records.cells import (
    category,
    instants,
    printed,
    sparse,
    text,
    to_milliseconds,
    workers,
)
from nbparallel.records.forgotten import is_forgotten
from nbparallel.types import FINAL, Missing, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nbparallel.records.columns import Columns

#: The largest whole number up to which a float holds every one.
MOST_EXACT: Final = 2**53

#: The largest number that the column of attempts can show.
MOST_ATTEMPTS: Final = 2**15 - 1

#: The columns that follow the input, in this order, in every frame.
NAMES: Final = (
    "status",
    "result",
    "error",
    "seconds",
    "started",
    "worker",
    "attempts",
    "output",
)


def frame(
    columns: Columns, index: pd.Index | None, given: pd.DataFrame | None
) -> pd.DataFrame:
    """Return one row per task.

    Parameters
    ----------
    columns
        The columns of the run.
    index
        The index of the input, or None for 0, 1, 2, …
    given
        What shows the input, row by row: its columns come first, under their own names,
        or as ``item_<name>`` where the name is one of `NAMES`. None: one column
        ``item``, in the dtype that fits the items.
    """
    import numpy as np
    import pandas as pd

    count = len(columns)
    started, ended = np.asarray(columns.started), np.asarray(columns.ended)
    status = np.frombuffer(columns.status, dtype=np.int8)
    attempts = np.asarray(columns.attempts)
    tried = (attempts > 0) & np.isin(status, FINAL)
    cells: dict[str, Any] = {} if given is not None else {"item": _typed(columns.items)}
    cells |= {
        "status": category(status, [each.word for each in Status]),
        "result": _typed(columns.results, (status != Status.OK) | _forgotten(columns)),
        "error": sparse(columns.errors, count, None),
        "seconds": np.where(tried, ended - started, np.nan),
        "started": to_milliseconds(instants(started, columns.epoch, tried)),
        "worker": workers(np.asarray(columns.workers), tried),
        "attempts": np.minimum(attempts, MOST_ATTEMPTS).astype("int16"),
        "output": printed(sparse(columns.output, count, "")),
    }
    found = pd.DataFrame(cells, copy=False)
    if index is not None:
        found.index = index[:count]
    if given is None:
        return found
    inputs = given.iloc[:count].rename(columns=_renamed(given))
    return pd.concat([inputs, found], axis=1)


def paths_index(paths: Sequence[tuple[Any, ...]], levels: int) -> pd.MultiIndex:
    """Return the index of rows that have a path each; a shorter one ends in gaps.

    The keys of a level are in the order in which they come: so the rows of a branch are
    found without a search, whatever its keys are.
    """
    import pandas as pd

    found, codes = [], []
    for level in range(levels):
        places: dict[Any, int] = {}
        codes.append(
            [
                places.setdefault(path[level], len(places)) if level < len(path) else -1
                for path in paths
            ]
        )
        found.append(pd.Index([*places], tupleize_cols=False))
    names = [f"level_{level}" for level in range(levels)]
    return pd.MultiIndex(levels=found, codes=codes, names=names)


def _typed(values: Sequence[Any], absent: Any = None) -> Any:
    """Return *values* in a real dtype where they all are of one, else as objects.

    With *absent*, a mask of values that do not exist (yet), the dtype has room for
    gaps, also where there is none: it must not change while a run fills.
    """
    import numpy as np
    import pandas as pd

    cells = np.fromiter(values, dtype=object, count=len(values))
    gaps = np.zeros(len(cells), dtype=bool) if absent is None else absent
    kinds = set(map(type, values)) - {Missing}
    try:
        if kinds and all(issubclass(kind, np.integer) or kind is int for kind in kinds):
            cells[gaps] = 0
            whole = cells.astype(np.int64)
            return whole if absent is None else pd.arrays.IntegerArray(whole, gaps)
        if kinds and kinds <= {int, float, np.float64, np.float32} and _fit(values):
            cells[gaps] = np.nan
            return cells.astype(np.float64)
    except OverflowError:  # whole numbers of more than 64 bits stay what they are
        pass
    cells[gaps] = None
    if kinds and kinds <= {bool, np.bool_}:
        return pd.array(cells, dtype="boolean" if absent is not None else "bool")
    if kinds == {str}:
        return text(cells)
    if kinds and all(issubclass(kind, dt.datetime) for kind in kinds):
        return _datetimes(cells)
    return pd.Series(cells, dtype=object)  # left alone, pandas takes None for a gap


def _forgotten(columns: Columns) -> Any:
    """Return which results have been let go."""
    import numpy as np

    if not columns.forgotten:
        return False
    return np.fromiter(map(is_forgotten, columns.results), bool, len(columns))


def _fit(values: Sequence[Any]) -> bool:
    """Whether the whole numbers among *values* lose no digit as floats."""
    return all(abs(value) <= MOST_EXACT for value in values if type(value) is int)


def _datetimes(cells: Any) -> Any:
    import pandas as pd

    try:
        found = pd.to_datetime(cells)
        # Python's own go down to microseconds; only pandas has values beyond.
        return found if (found.nanosecond > 0).any() else found.as_unit("us")
    except (TypeError, ValueError):  # time zones mixed, or out of range
        return cells


def _renamed(given: pd.DataFrame) -> dict[Any, str]:
    """Return new names for the columns that are called like one of ours."""
    taken, new = {*given.columns, *NAMES}, {}
    for name in given.columns:
        if name in NAMES:
            new[name] = f"item_{name}"
            while new[name] in taken:
                new[name] += "_"
            taken.add(new[name])
    return new
