"""Refuses a function that cannot take what an item gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import TYPE_CHECKING, Any, NoReturn

from nbparallel.errors import BadType
from nbparallel.work.calls import Function
from nbparallel.work.cures import Passed, complaint, for_items, for_several, for_table
from nbparallel.work.kinds import short

if TYPE_CHECKING:
    import pandas as pd


def check_item(function: Function, first: Any, how: str) -> None:
    """Refuse a function that cannot be called with the first item.

    Raises
    ------
    BadType
        It cannot, or the item cannot be unpacked.
    """
    if how == "item":
        passed = Passed("one argument, the item", (first,))
    elif how == "args":
        if not isinstance(first, Iterable):
            _refuse_unpack(function, first, how)
        if not isinstance(first, Sized):  # an iterator can be gone through only once
            return
        passed = Passed("one argument per element of an item", tuple(first))
    else:
        if not isinstance(first, Mapping):
            _refuse_unpack(function, first, how)
        passed = Passed("one argument per key of an item", (), dict(first))
    if error := passed.misfit(function):
        raise BadType(complaint(function, passed, error, for_items(function, first)))


def check_unread(function: Function) -> None:
    """Refuse a function that cannot take one argument, where no item is known yet.

    Raises
    ------
    BadType
        It cannot.
    """
    passed = Passed("one argument, the item", (None,))
    if error := passed.misfit(function):
        line = function.line("items", 'unpack="args"')
        wrong = complaint(function, passed, error, [])
        message = f"{wrong} Where items are tuples of arguments write {line}."
        raise BadType(message)


def check_several(function: Function, count: int) -> None:
    """Refuse a function that cannot take one argument of each of *count* iterables.

    Raises
    ------
    BadType
        It cannot.
    """
    passed = Passed("one argument per iterable", (None,) * count)
    if error := passed.misfit(function):
        raise BadType(complaint(function, passed, error, for_several(function)))


def check_row(function: Function, table: pd.DataFrame, how: str) -> None:
    """Refuse a function that cannot be called with a row of the table.

    Raises
    ------
    BadType
        It cannot, or the columns cannot be arguments.
    """
    columns = list(table.columns)
    if how == "kwargs":
        _check_names(table)
        passed = Passed("one argument per column", (), dict.fromkeys(columns))
    elif how == "args":
        passed = Passed("one argument per column", (None,) * len(columns))
    else:
        passed = Passed("one argument, the row", (None,))
    if error := passed.misfit(function):
        raise BadType(complaint(function, passed, error, for_table(function, columns)))


def _refuse_unpack(function: Function, first: object, how: str) -> NoReturn:
    star, wanted = ("*", "tuple") if how == "args" else ("**", "dict")
    message = (
        f"unpack={how!r} calls {function.name}({star}item), so each item must be a "
        f"{wanted} of arguments; the first one is {type(first).__name__} "
        f"{short(first)}. Leave unpack out to pass it whole."
    )
    raise BadType(message)


def _check_names(table: pd.DataFrame) -> None:
    if not table.columns.is_unique:
        column = table.columns[table.columns.duplicated()][0]
        message = (
            f"the column {column!r} is there more than once: as a keyword argument it "
            'can be only once. Rename it, or write unpack="args".'
        )
        raise BadType(message)
    for column in table.columns:
        if not isinstance(column, str):
            message = (
                f"the column {column!r} cannot be a keyword argument: it is no string. "
                'Rename it, or write unpack="args" to pass columns by position.'
            )
            raise BadType(message)
