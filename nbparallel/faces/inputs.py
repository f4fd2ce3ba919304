"""What `pmap` was given -> `Work`: reads the arguments and refuses what cannot work."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sized
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from nbparallel.work.work import Work
from nbparallel.errors import BadType, nearest

if TYPE_CHECKING:
    import pandas as pd

#: Containers whose items are at hand: every one of them is a task from the start.
AT_HAND = (list, tuple, dict, set, frozenset, str, bytes, bytearray, range)
#: The longest range that is treated as a list; a longer one is read lazily.
LONG_RANGE = 10_000_000
#: The most characters of a value in a message.
MOST_SHOWN = 60


def work_of(
    fn: Callable[..., Any], iterables: tuple[Any, ...], unpack: str | None
) -> Work:
    """Return what is to be done, or refuse.

    Raises
    ------
    BadType
        *fn* cannot be called, or not with these inputs; or an input is no iterable.
    """
    name = _name(fn)
    _check_callable(fn, name)
    _check_iterables(iterables, name)
    call = _awaited(fn)
    if len(iterables) > 1:
        return _from_several(call, fn, name, iterables, unpack)
    (given,) = iterables
    if _is_a(given, "pandas", "DataFrame"):
        return _from_frame(call, fn, name, given, unpack or "kwargs")
    if _is_a(given, "pandas", "Series"):
        items, index = given.tolist(), given.index
    else:
        items, index = _at_hand(given), None
    how = unpack or "item"
    if items:
        _check_item(fn, name, items[0], how)
    return Work(
        name=name,
        call=_unpacking(call, how),
        items=items,
        source=iter(given) if items is None else None,
        total=_length(given),
        index=index,
    )


def _from_several(
    call: Callable[..., Any],
    fn: Callable[..., Any],
    name: str,
    iterables: tuple[Any, ...],
    unpack: str | None,
) -> Work:
    if unpack not in (None, "args"):
        message = (
            f"unpack={unpack!r} needs one iterable, but {len(iterables)} were given; "
            f"each item of theirs already is an argument. Leave unpack out."
        )
        raise BadType(message)
    _check_fits(fn, name, (None,) * len(iterables), {}, "one argument per iterable")
    at_hand = all(_is_at_hand(each) for each in iterables)
    lengths = [_length(each) for each in iterables]
    known = [length for length in lengths if length is not None]
    return Work(
        name=name,
        call=_unpacking(call, "args"),
        items=list(zip(*iterables, strict=False)) if at_hand else None,
        source=None if at_hand else zip(*iterables, strict=False),
        total=min(known) if len(known) == len(lengths) else None,
    )


def _from_frame(
    call: Callable[..., Any],
    fn: Callable[..., Any],
    name: str,
    given: pd.DataFrame,
    how: str,
) -> Work:
    items: list[Any]
    if given.empty and not given.shape[1]:  # nothing to check and nothing to do
        items = []
    elif how == "kwargs":
        _check_names(given)
        items = given.to_dict("records")
        _check_fits(
            fn, name, (), dict.fromkeys(given.columns), "one argument per column"
        )
    elif how == "args":
        items = list(given.itertuples(index=False, name=None))
        _check_fits(fn, name, (None,) * given.shape[1], {}, "one argument per column")
    else:
        items = [row for _, row in given.iterrows()]
        _check_fits(fn, name, (None,), {}, "one argument, the row")
    return Work(
        name=name,
        call=_unpacking(call, how),
        items=items,
        source=None,
        total=len(items),
        index=given.index,
        frame=given.copy(deep=False),
    )


def _name(fn: object) -> str:
    found = getattr(fn, "__name__", None) or getattr(
        getattr(fn, "func", None), "__name__", None
    )
    return found if isinstance(found, str) else type(fn).__name__


def _check_callable(fn: object, name: str) -> None:
    if not callable(fn):
        message = (
            f"pmap's first argument must be a function, not {name} {_short(fn)}. "
            "Write pmap(fetch, urls), not pmap(fetch(urls)) or pmap(urls, fetch)."
        )
        raise BadType(message)


def _check_iterables(iterables: tuple[Any, ...], name: str) -> None:
    if not iterables:
        message = f"pmap needs something to go through: write pmap({name}, items)"
        raise BadType(message)
    for given in iterables:
        if not _is_iterable(given):
            message = (
                f"pmap cannot go through {type(given).__name__} {_short(given)}: it is "
                f"not iterable. For a single item write pmap({name}, [item])."
            )
            raise BadType(message)


def _check_item(fn: Callable[..., Any], name: str, first: object, how: str) -> None:
    if how == "item":
        _check_fits(fn, name, (None,), {}, "one argument, the item")
    elif how == "args":
        if not isinstance(first, Iterable):
            _refuse_unpack(first, how, "a tuple of arguments", f"{name}(*item)")
        elif isinstance(first, Sized):  # an iterator can be gone through only once
            _check_fits(
                fn, name, tuple(first), {}, "one argument per element of an item"
            )
    elif not isinstance(first, Mapping):
        _refuse_unpack(first, how, "a dict of arguments", f"{name}(**item)")
    else:
        _check_fits(fn, name, (), dict(first), "one argument per key of an item")


def _refuse_unpack(first: object, how: str, wanted: str, call: str) -> None:
    message = (
        f"unpack={how!r} calls {call}, so each item must be {wanted}; the first one is "
        f"{type(first).__name__} {_short(first)}. Leave unpack out to pass it whole."
    )
    raise BadType(message)


def _check_names(given: pd.DataFrame) -> None:
    if not given.columns.is_unique:
        column = given.columns[given.columns.duplicated()][0]
        message = (
            f"the column {column!r} is there more than once: as a keyword argument it "
            'can be only once. Rename it, or write unpack="args".'
        )
        raise BadType(message)
    for column in given.columns:
        if not isinstance(column, str):
            message = (
                f"the column {column!r} cannot be a keyword argument: it is no string. "
                'Rename it, or write unpack="args" to pass columns by position.'
            )
            raise BadType(message)


def _check_fits(
    fn: Callable[..., Any],
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    what: str,
) -> None:
    """Refuse a function that cannot take these arguments, where its signature tells."""
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # some builtins do not tell
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        parameters = list(signature.parameters)
        strangers = [key for key in kwargs if key not in parameters]
        hint = (
            f" {strangers[0]!r} is not one of its parameters."
            f"{nearest(strangers[0], parameters)}"
            if strangers
            else ""
        )
        passed = ", ".join(kwargs) or f"{len(args)} in all"
        message = (
            f"{name}{signature} cannot be called with {what}: {passed} ({error})."
            f"{hint} Change the input, or pass a function that fits it, "
            f"as in pmap(lambda item: {name}(…), …)."
        )
        raise BadType(message) from None


def _is_at_hand(given: object) -> bool:
    if type(given) is range:
        return not given[LONG_RANGE:]
    return (
        type(given) in AT_HAND
        or isinstance(given, (type({}.keys()), type({}.values()), type({}.items())))
        or _is_a(given, "numpy", "ndarray")
        or _is_a(given, "pandas", "Series")
        or _is_a(given, "pandas", "Index")
    )


def _is_iterable(given: object) -> bool:
    if _is_a(given, "numpy", "ndarray"):
        return bool(getattr(given, "ndim", 0))
    return isinstance(given, Iterable) or hasattr(given, "__getitem__")


def _is_a(given: object, module: str, name: str) -> bool:
    """Whether *given* is of a class whose module need not be imported to know."""
    # Another thread may be in the middle of importing it: then the name is not there.
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(given, kind)


def _length(given: object) -> int | None:
    try:
        return len(given) if isinstance(given, Sized) else None
    except Exception:  # a length that does not say, or does not fit: not known
        return None


def _at_hand(given: Any) -> list[Any] | None:
    return list(given) if _is_at_hand(given) else None


def _unpacking(call: Callable[..., Any], how: str) -> Callable[[Any], Any]:
    if how == "args":
        return lambda item: call(*item)
    if how == "kwargs":
        return lambda item: call(**item)
    return call


def _awaited(fn: Callable[..., Any]) -> Callable[..., Any]:
    if not any(map(inspect.iscoroutinefunction, (fn, type(fn).__call__))):
        return fn

    import asyncio

    def run_to_its_end(*args: Any, **kwargs: Any) -> Any:
        def call() -> Any:
            return asyncio.run(fn(*args, **kwargs))

        return _in_a_thread(call) if _loop_runs_here() else call()

    return run_to_its_end


def _loop_runs_here() -> bool:
    # A function of its own: within the except, what a task raises would have a context.
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_a_thread(call: Callable[[], Any]) -> Any:
    """Return what *call* returns, which cannot run in this thread: a loop runs here."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(copy_context().run, call).result()


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # the message must come whatever the value is
        return ""
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
