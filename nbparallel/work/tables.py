"""Tables and columns -> rows and values, and what `run.df` shows of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Table:
    """A DataFrame of any library.

    Attributes
    ----------
    kind
        What it is called: ``"DataFrame"``, say.
    shown
        Its columns as pandas has them. A copy: what is done to the user's own table
        afterwards does not change the record.
    index
        The index of its rows, or None where they have none.
    rows
        Returns the rows as ``"kwargs"``, ``"args"`` or ``"item"``.
    lines
        What gives the table one column more, and its rows as dicts, for messages.
    """

    kind: str
    shown: pd.DataFrame
    index: pd.Index | None
    rows: Callable[[str], list[Any]]
    lines: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Items:
    """What one iterable has to give.

    Attributes
    ----------
    at_hand
        The items, or None where they come from *source*.
    source
        The iterator that they are read from, or None.
    total
        How many there will be; None where that is not known.
    index
        The index that belongs to them, or None.
    shown
        They as a column with a dtype of its own, or None where values tell theirs.
    """

    at_hand: list[Any] | None
    source: Iterator[Any] | None = None
    total: int | None = None
    index: pd.Index | None = None
    shown: pd.Series[Any] | None = None


def read_pandas(given: pd.DataFrame | pd.Series[Any]) -> Table | Items:
    """Return what a DataFrame or a Series of pandas has to give."""
    import pandas as pd

    return _of_frame(given) if isinstance(given, pd.DataFrame) else _of_series(given)


def read_values(given: Any) -> Items:
    """Return what a pandas Index or array has to give: values without an index."""
    import pandas as pd

    if isinstance(given, pd.MultiIndex):
        return Items(given.tolist(), total=len(given))
    shown = pd.Series(given).copy()
    return Items(shown.tolist(), total=len(shown), shown=_with_dtype(shown))


def _of_frame(given: pd.DataFrame) -> Table:
    shown = given.copy()

    def rows(how: str) -> list[Any]:
        if how == "kwargs":
            return shown.to_dict("records")
        if how == "args":
            return list(shown.itertuples(index=False, name=None))
        # Of a copy of its own: a task may write into its row.
        return [row for _, row in shown.copy().iterrows()]

    lines = "table.assign(other=other)", 'table.to_dict("records")'
    return Table(type(given).__name__, shown, shown.index, rows, lines)


def _of_series(given: pd.Series[Any]) -> Items:
    shown = given.copy()
    items = shown.tolist()
    return Items(items, None, len(items), shown.index, _with_dtype(shown))


def _with_dtype(column: pd.Series[Any]) -> pd.Series[Any] | None:
    return None if column.dtype == object else column
