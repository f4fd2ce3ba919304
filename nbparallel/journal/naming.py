"""What the items of a run are called in its journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from numbers import Number
from typing import Any

from nbparallel.errors import BadValue, nearest
from nbparallel.journal.keys import key_of, keys_of
from nbparallel.short_text import brief, error_line
from nbparallel.work.work import Work


class Naming:
    """Gives each item its key.

    Parameters
    ----------
    key
        What the user has said: a function of the item, the name of a column, or None
        for what the item consists of.
    work
        What the run carries out.

    Attributes
    ----------
    word
        ``"item"`` or ``"key"``, for the header of the journal.

    Raises
    ------
    BadValue
        There is no such column.
    """

    def __init__(self, key: Callable[[Any], Any] | str | None, work: Work) -> None:
        self.word = "item" if key is None else "key"
        self._call = key if callable(key) else None
        self._column: list[Any] | None = None
        if isinstance(key, str):
            self._column = _column(key, work)

    def of_all(self, items: Sequence[Any]) -> list[str]:
        """Return the keys of the items at hand.

        Raises
        ------
        BadValue
            One has none, or key= gives one and the same to different items.
        """
        named = items if self._column is None else self._column
        if self._call is None:
            with suppress(Exception):  # told below, with the item that it is about
                return self._telling(keys_of(named), items)
        found = [self.of(item, task) for task, item in enumerate(named)]
        return self._telling(found, items)

    def of(self, item: Any, task: int) -> str:
        """Return the key of one item.

        Raises
        ------
        BadValue
            It has none.
        """
        try:
            return key_of(item if self._call is None else _given(self._call(item)))
        except Exception as error:
            what = "its own key" if self._call is None else "a key by key="
            message = (
                f"item {task} ({brief(item, 60)}) does not give {what} for the journal:"
                f" {error_line(error)}. Write what tells the items apart, as in "
                "key=lambda item: item.id"
            )
            raise BadValue(message) from error

    def _telling(self, keys: list[str], items: Sequence[Any]) -> list[str]:
        """Refuse one key of the user's for all of different items, else give them."""
        if self.word == "item" or len(keys) < 2 or any(k != keys[0] for k in keys):  # noqa: PLR2004
            return keys
        with suppress(Exception):  # what has no key of its own may be different
            if len(set(keys_of(items))) == 1:
                return keys
        message = (
            f"key= gives all of the {len(keys)} items the same, {brief(keys[0], 60)}: "
            "the items can't be told apart. Write what tells them apart, as in "
            "key=lambda item: item.id"
        )
        raise BadValue(message)


def _given(key: Any) -> Any:
    """Return what key= gave, unless it is one that is not equal to itself."""
    if isinstance(key, (Number, dt.date)) and key != key:  # noqa: PLR0124 # so NaN is told
        message = f"{key} is not equal to itself"
        raise ValueError(message)
    return key


def _column(key: str, work: Work) -> list[Any]:
    table = work.frame
    if table is None:
        message = (
            f"key={key!r}: names a column, but the items are no rows of a table. Write "
            f"a function of the item, as in key=lambda item: item[{key!r}]"
        )
        raise BadValue(message)
    if key not in table.columns:
        columns = [str(each) for each in table.columns]
        message = (
            f"key={key!r}: there is no such column.{nearest(key, columns)} "
            f"The columns are {', '.join(columns)}."
        )
        raise BadValue(message)
    missing = int(table[key].isna().sum())
    if missing:
        message = (
            f"key={key!r}: the column has no value in {missing} of {len(table)} rows, "
            "which can't be told apart by it. Write another column, or a function of "
            "the item, as in key=lambda item: item.id"
        )
        raise BadValue(message)
    found: list[Any] = table[key].tolist()
    return found
