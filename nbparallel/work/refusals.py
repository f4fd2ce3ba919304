"""Refuses what is no function, and what cannot be gone through, each with its cure."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable
from typing import Any, NoReturn

from nbparallel.errors import BadType
from nbparallel.work.calls import Function
from nbparallel.work.kinds import is_iterable, is_text, short


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


def check_iterable(function: Function, given: Any, place: int) -> None:
    """Refuse what cannot be gone through.

    Raises
    ------
    BadType
        *given*, the input at this *place*, is no iterable.
    """
    if is_iterable(given):
        return
    if (cure := _made_iterable(function, given)) is None:
        cure = _bound(function, given, place) if place else _single(function)
    what = _described(given)
    _forget(given)
    message = f"{function.face} cannot go through {what}: it is not iterable. {cure}"
    raise BadType(message)


def _refuse_text(
    function: Function, iterables: tuple[Any, ...], place: int
) -> NoReturn:
    given = iterables[place]
    pieces = "letters" if isinstance(given, str) else "bytes"
    if all(map(is_text, iterables)):
        what = "a single item" if len(iterables) == 1 else "these items"
        line = function.line(f"[{', '.join(map(short, iterables))}]")
        cure = f"For {what} write {line}."
    else:
        cure = _bound(function, given, place)
    arguments = ["…"] * len(iterables)
    arguments[place] = "list(…)"
    message = (
        f"{function.face} would go through the single {pieces} of {_described(given)}. "
        f"{cure} For its {pieces} write {function.line(*arguments)}."
    )
    raise BadType(message)


def _made_iterable(function: Function, given: Any) -> str | None:
    """Return how something that is near to an iterable becomes one, or None."""
    if inspect.isawaitable(given):
        return f"It has not been awaited: write {function.line('await …')}."
    if isinstance(given, AsyncIterable):
        line = function.line("[item async for item in …]")
        return f"It is read by `async for`: write {line}."
    if isinstance(given, type):
        line = function.line(f"{given.__name__}(…)")
        return f"For the items of one write {line}. {_single(function)}"
    if inspect.isroutine(given):
        line = function.line(f"{_callable_name(given)}()")
        return f"For the items that it returns, call it: {line}. {_single(function)}"
    return None


def _callable_name(routine: Any) -> str:
    name = routine.__name__ if routine.__name__.isidentifier() else "items"
    owner = getattr(routine, "__self__", None)
    return name if owner is None or inspect.ismodule(owner) else f"….{name}"


def _single(function: Function) -> str:
    return f"For a single item write {function.line('[item]')}."


def _bound(function: Function, given: object, place: int) -> str:
    """Return how something that is the same in every call reaches the function."""
    parameters = (
        list(function.signature.parameters.values()) if function.signature else []
    )
    value = short(given)
    if place < len(parameters) and parameters[place].kind is (
        inspect.Parameter.POSITIONAL_OR_KEYWORD
    ):
        fn = f"functools.partial({function.word}, {parameters[place].name}={value})"
    else:
        fn = f"lambda item: {function.word}(item, {value})"
    return f"If it is the same in every call, write {function.line('…', fn=fn)}."


def _described(given: object) -> str:
    if isinstance(given, type):
        return f"the class {given.__name__}"
    return f"{type(given).__name__} {short(given)}".rstrip()


def _forget(given: object) -> None:
    """Keep Python from saying, too, that a coroutine was never awaited."""
    if inspect.iscoroutine(given):
        given.close()
