"""What a face was given -> `Work`: reads the arguments and refuses what cannot work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from nbparallel.errors import BadType, BadValue
from nbparallel.options import sources
from nbparallel.work.calls import Function
from nbparallel.work.fits import check_item, check_row, check_several, check_unread
from nbparallel.work.reading import read
from nbparallel.work.refusals import check_callable, check_given
from nbparallel.work.tables import Items, Table
from nbparallel.work.work import Work

if TYPE_CHECKING:
    import pandas as pd

#: The most labels of an index in a message.
MOST_LABELS: Final = 3


def work_of(
    fn: Callable[..., Any],
    iterables: tuple[Any, ...],
    unpack: str | None,
    face: str = "pmap",
) -> Work:
    """Return what is to be done, or refuse.

    Parameters
    ----------
    fn, iterables, unpack
        As `nbparallel.pmap` takes them.
    face
        What they were given to, as the user writes it; messages show lines of it.

    Raises
    ------
    BadType
        *fn* cannot be called, or not with these inputs; or an input is no iterable.
    BadValue
        The inputs don't belong together.
    InputError
        An input raised before its first item.
    """
    with sources.named():
        return _work_of(Function(fn, face), iterables, unpack)


def _work_of(
    function: Function, iterables: tuple[Any, ...], unpack: str | None
) -> Work:
    check_callable(function)
    check_given(function, iterables)
    inputs = [read(function, iterables, place) for place in range(len(iterables))]
    if len(inputs) > 1:
        return _from_several(function, inputs, unpack)
    (given,) = inputs
    if isinstance(given, Table):
        return _from_table(function, given, unpack or "kwargs")
    return _from_items(function, given, unpack or "item")


def _from_items(function: Function, given: Items, how: str) -> Work:
    if given.at_hand:
        check_item(function, given.at_hand[0], how)
    elif given.source is not None and how == "item":
        check_unread(function)
    return Work(
        name=function.name,
        fn=function.fn,
        call=function.call(how),
        items=given.at_hand,
        source=given.source,
        total=given.total,
        index=given.index,
        frame=None if given.shown is None else given.shown.to_frame("item"),
    )


def _from_table(function: Function, given: Table, how: str) -> Work:
    items: list[Any] = []
    if len(given.shown) or given.shown.shape[1]:  # else nothing to check and to do
        check_row(function, given.shown, how)
        items = given.rows(how)
    return Work(
        name=function.name,
        fn=function.fn,
        call=function.call(how),
        items=items,
        source=None,
        total=len(items),
        index=given.index,
        frame=given.shown,
    )


def _from_several(
    function: Function, inputs: Sequence[Table | Items], unpack: str | None
) -> Work:
    if unpack not in (None, "args"):
        message = (
            f"unpack={unpack!r} needs one iterable, but {len(inputs)} were given; "
            f"each item of theirs already is an argument. Leave unpack out."
        )
        raise BadType(message)
    columns = [_beside_others(function, each) for each in inputs]
    check_several(function, len(columns))
    index = _common_index(function, columns)
    at_hand = all(each.at_hand is not None for each in columns)
    together = zip(*map(_iterable, columns), strict=False)
    totals = [each.total for each in columns if each.total is not None]
    return Work(
        name=function.name,
        fn=function.fn,
        call=function.call("args"),
        items=list(together) if at_hand else None,
        source=None if at_hand else together,
        total=min(totals) if len(totals) == len(columns) else None,
        index=index,
    )


def _iterable(given: Items) -> Any:
    return given.source if given.at_hand is None else given.at_hand


def _beside_others(function: Function, given: Table | Items) -> Items:
    """Return *given* unless it is a table.

    Whether its rows would be one argument each or one per column, nobody could tell
    from the call.
    """
    if isinstance(given, Items):
        return given
    added, rows = given.lines
    message = (
        f"a {given.kind} cannot stand beside other iterables: a row could be one "
        f"argument, or one per column. For one per column make the others columns "
        f"of it, as in {function.line(added)}. For one argument give the rows as "
        f"dicts, as in {function.line(rows, 'other')}."
    )
    raise BadType(message)


def _common_index(function: Function, columns: list[Items]) -> pd.Index | None:
    """Return the index that all share who have one, or None if none has.

    Raises
    ------
    BadValue
        Two differ: values would be paired that don't belong together.
    """
    found = [each.index for each in columns if each.index is not None]
    for index in found[1:]:
        if not index.equals(found[0]):
            _refuse_indexes(function, found[0], index)
    return found[0] if found else None


def _refuse_indexes(function: Function, first: pd.Index, second: pd.Index) -> NoReturn:
    joined = 'pd.concat([a, b], axis=1, join="inner")'
    by_label = function.line(joined, 'unpack="args"')
    by_place = function.line("a.tolist()", "b.tolist()")
    message = (
        f"two of the Series have different indexes, {_ends(first)} and "
        f"{_ends(second)}. To pair values of the same label write {by_label}; "
        f"to pair them by place, {by_place}."
    )
    raise BadValue(message)


def _ends(index: pd.Index) -> str:
    """Return the first labels of an index as messages show them."""
    labels = ", ".join(map(repr, index[:MOST_LABELS].tolist()))
    more = ", …" if len(index) > MOST_LABELS else ""
    return f"[{labels}{more}] ({len(index)} in all)"
