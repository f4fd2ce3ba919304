"""Refuses what is no function, and what cannot be gone through, each with its cure."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable
from inspect import Parameter
from typing import Any, Final, NoReturn

from nbparallel.errors import BadType
from nbparallel.work.calls import Function
from nbparallel.work.kinds import is_iterable, is_text, short

#: The kinds of parameters that can be given by place and by name.
BOTH: Final = Parameter.POSITIONAL_OR_KEYWORD
#: The most values that are given back as a list in a message.
MOST_VALUES: Final = 3


def check_callable(function: Function) -> None:
    """Refuse what cannot be called.

    Raises
    ------
    BadType
        It cannot.
    """
    fn, face = function.fn, function.face
    if callable(fn):
        return
    message = (
        f"{face}'s first argument must be a function, not {_described(fn)}. "
        f"Write {face}(fetch, urls), not {face}(fetch(urls)) or {face}(urls, fetch)."
    )
    _forget(fn)
    raise BadType(message)


def check_given(function: Function, iterables: tuple[Any, ...]) -> None:
    """Refuse a call without items, and text, whose letters are hardly ever meant.

    Raises
    ------
    BadType
        There is nothing to go through, or text.
    """
    if not iterables:
        line = function.line("items")
        message = f"{function.face} needs something to go through: write {line}"
        raise BadType(message)
    for place, given in enumerate(iterables):
        if is_text(given):
            _refuse_text(function, iterables, place)


def check_iterable(function: Function, iterables: tuple[Any, ...], place: int) -> None:
    """Refuse what cannot be gone through.

    Raises
    ------
    BadType
        The input at this *place* is no iterable.
    """
    given = iterables[place]
    if is_iterable(given):
        return
    cure = _made_iterable(function, given) or _value(function, iterables, place)
    message = (
        f"{function.face} cannot go through {_described(given)}: it is not iterable. "
        f"{cure}"
    )
    _forget(given)
    raise BadType(message)


def _refuse_text(
    function: Function, iterables: tuple[Any, ...], place: int
) -> NoReturn:
    given = iterables[place]
    pieces = "letters" if isinstance(given, str) else "bytes"
    arguments = ["…"] * len(iterables)
    arguments[place] = "list(…)"
    message = (
        f"{function.face} would go through the single {pieces} of {_described(given)}. "
        f"{_value(function, iterables, place)} "
        f"For its {pieces} write {function.line(*arguments)}."
    )
    raise BadType(message)


def _value(function: Function, iterables: tuple[Any, ...], place: int) -> str:
    """Return how a value, rather than something to go through, is given."""
    if not all(is_text(each) or not is_iterable(each) for each in iterables):
        return _bound(function, iterables, place)
    if len(iterables) > 1:
        more = ["…"] if len(iterables) > MOST_VALUES else []
        items = ", ".join([*map(short, iterables[:MOST_VALUES]), *more])
        return f"For these items write {function.line(f'[{items}]')}."
    (given,) = iterables
    item = short(given) if is_text(given) else "item"
    single = f"For a single item write {function.line(f'[{item}]')}."
    if isinstance(given, int):
        line = function.line(f"range({given})")
        return f"For the numbers below it write {line}. {single}"
    if given is None:
        return f"What returns nothing, as list.sort() does, gives None. {single}"
    return single


def _bound(function: Function, iterables: tuple[Any, ...], place: int) -> str:
    """Return how a value that is the same in every call reaches the function."""
    value = short(iterables[place])
    parameters = function.signature.parameters if function.signature else {}
    last = place == len(iterables) - 1
    named = [name for name, each in parameters.items() if each.kind is BOTH]
    if not place:
        fn = f"functools.partial({function.word}, {value})"
    elif last and place < len(named):
        fn = f"functools.partial({function.word}, {named[place]}={value})"
    else:
        fn = f"lambda item: {function.word}(item, {value})"
    cure = f"If it is the same in every call, write {function.line('…', fn=fn)}."
    if last and isinstance(iterables[place], int):
        cure += (
            f" If it is meant as an option: {function.line('…', f'workers={value}')}."
        )
    return cure


def _made_iterable(function: Function, given: Any) -> str:
    """Return how something that is near to an iterable becomes one, or ``""``."""
    single = f"For a single item write {function.line('[item]')}."
    if inspect.isawaitable(given):
        return f"It has not been awaited: write {function.line('await …')}."
    if isinstance(given, AsyncIterable):
        line = function.line("[item async for item in …]")
        return f"It is read by `async for`: write {line}."
    if isinstance(given, type) and hasattr(given, "__iter__"):
        line = function.line(f"{given.__name__}(…)")
        return f"For the items of one write {line}. {single}"
    if inspect.isroutine(given):
        line = function.line(f"{_written(given)}()")
        return f"For the items that it returns, call it: {line}. {single}"
    return ""


def _written(routine: Any) -> str:
    """Return the name of a routine as code has it."""
    name = routine.__name__ if routine.__name__.isidentifier() else "items"
    owner = getattr(routine, "__self__", None)
    return name if owner is None or inspect.ismodule(owner) else f"….{name}"


def _described(given: Any) -> str:
    if isinstance(given, type):
        return f"the class {given.__name__}"
    if inspect.isroutine(given):
        return f"the function {given.__name__}"
    return f"{type(given).__name__} {short(given)}".rstrip()


def _forget(given: object) -> None:
    """Keep Python from saying, too, that a coroutine was never awaited."""
    if inspect.iscoroutine(given):
        given.close()
