"""Dicts of keyword arguments -> `Work`: a dict for each call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import count, starmap
from typing import Any

from nbparallel.errors import BadType
from nbparallel.short_text import with_type
from nbparallel.work.calls import Function
from nbparallel.work.inputs import work_of
from nbparallel.work.kinds import is_frame, library
from nbparallel.work.reading import read
from nbparallel.work.refusals import check_callable, check_given
from nbparallel.work.tables import Items
from nbparallel.work.work import Work


def keywords_work(fn: Callable[..., Any], calls: Iterable[Any], face: str) -> Work:
    """Return what is to be done, or refuse.

    A dict that *fn* cannot take is no reason to: that call fails, the others go on.

    Parameters
    ----------
    fn
        What is to be called.
    calls
        The keyword arguments of each call. Those of an iterator are looked at as they
        are read, all others now.
    face
        What they were given to, as the user writes it.

    Raises
    ------
    BadType
        *fn* cannot be called, or one of *calls* is no dict.
    InputError
        *calls* raised before its first item.
    """
    if is_frame(calls) or library(calls):
        return work_of(fn, (calls,), "kwargs", face)
    function = Function(fn, face)
    check_callable(function)
    check_given(function, (calls,))
    given = read(function, (calls,), 0)
    assert isinstance(given, Items)
    check = partial(_checked, function, single=isinstance(calls, Mapping))
    items, source = given.at_hand, given.source
    if items is not None:
        items = list(starmap(check, enumerate(items)))
    return Work(
        name=function.name,
        fn=fn,
        call=function.call("kwargs"),
        items=items,
        source=None if source is None else map(check, count(), source),
        total=given.total,
        index=given.index,
    )


def _checked(function: Function, place: int, call: Any, *, single: bool) -> Any:
    """Return *call* if it is a dict."""
    if isinstance(call, Mapping):
        return call
    parameters = function.signature.parameters if function.signature else {}
    name = next(iter(parameters), "item")
    written = "[the_dict]" if single else f'[{{"{name}": item}} for item in items]'
    message = (
        f"{function.face} needs a dict of keyword arguments for each call; at position "
        f"{place} there is {with_type(call)}. Write {function.line(written)}."
    )
    raise BadType(message)
