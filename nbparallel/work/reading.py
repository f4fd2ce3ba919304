"""One of the things that a face was given -> what it has to give."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any, Final

from nbparallel.errors import InputError, without_our_frames
from nbparallel.work import foreign
from nbparallel.work.calls import Function
from nbparallel.work.kinds import is_a, is_array, is_frame, is_series, library
from nbparallel.work.refusals import check_iterable
from nbparallel.work.tables import Items, Table, read_pandas, read_values

#: Containers whose items are at hand: every one of them is a task from the start.
AT_HAND: Final = (list, tuple, dict, set, frozenset, range)
VIEWS: Final[tuple[type, ...]] = (type({}.keys()), type({}.values()), type({}.items()))
#: The longest range that is treated as a list; a longer one is read lazily.
LONG_RANGE: Final = 10_000_000


def read(function: Function, iterables: tuple[Any, ...], place: int) -> Table | Items:
    """Return what the input at this *place* has to give, or refuse.

    Raises
    ------
    BadType, BadValue
        It cannot be gone through.
    InputError
        Going through it could not begin: its ``__iter__`` raised.
    """
    given = iterables[place]
    if is_frame(given) or is_series(given):
        return read_pandas(given)
    if is_a(given, "pandas", "Index") or is_a(
        given, "pandas.api.extensions", "ExtensionArray"
    ):
        return read_values(given)
    if library(given) and (found := foreign.read(function, given)) is not None:
        return found
    check_iterable(function, iterables, place)
    if _is_at_hand(given):
        items = list(given)
        return Items(items, total=len(items))
    return Items(None, _begun(given), _length(given))


def _is_at_hand(given: Any) -> bool:
    if type(given) is range:
        return not given[LONG_RANGE:]
    return type(given) in AT_HAND or isinstance(given, VIEWS) or is_array(given)


def _begun(given: Any) -> Iterator[Any]:
    try:
        return iter(given)
    except Exception as error:
        trace = without_our_frames(error)
        message = (
            f"the input ({type(given).__name__}) raised {type(error).__name__} before "
            "its first item; nothing was started"
        )
        raise InputError(message) from BaseException.with_traceback(error, trace)


def _length(given: object) -> int | None:
    try:
        return len(given) if isinstance(given, Sized) else None
    except Exception:  # a length that does not say, or does not fit: not known
        return None
