"""What a function tells of the options it takes: names, types, defaults, meaning.

A face takes ``**options`` and hands them on, so that it needs no list of its own. Here
that list is put where people look for it: into its signature and its docstring.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from inspect import Parameter
from typing import Any, TypeVar, get_type_hints

Function = TypeVar("Function", bound=Callable[..., Any])

#: An entry of a NumPy-style list: a name, and below it what is said of it.
ENTRY = re.compile(r"^(\w+)\n((?:\n* {4}.*\n?)+)", re.MULTILINE)
#: The entry that speaks of all options at once.
OPTIONS = re.compile(r"^\*\*\w+\n(?:\n* {4}.*\n)+", re.MULTILINE)


class Written(str):
    """An annotation that is shown as it is written, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def with_options(source: type, keywords: type) -> Callable[[Function], Function]:
    """Show, instead of ``**options``, the fields of *source* that *keywords* has.

    Parameters
    ----------
    source
        The dataclass that declares and documents the options.
    keywords
        The `TypedDict` of those that the function takes.

    Examples
    --------
    >>> from nbparallel.options import LegOptions, Options
    >>> @with_options(Options, LegOptions)
    ... def face(fn, **options): ...
    >>> inspect.signature(face).parameters["rows"]
    <Parameter "rows: int = 12">
    """
    names = get_type_hints(keywords)

    def show(function: Function) -> Function:
        told: Any = function
        own = inspect.signature(function).parameters
        taken = [name for name in names if name not in own]  # which says it all itself
        told.__signature__ = _signature(function, source, taken)
        if function.__doc__:  # Python without docstrings: -OO
            told.__doc__ = _docstring(function.__doc__, documented(source), taken)
        return function

    return show


def keywords_of(function: Callable[..., Any]) -> list[str]:
    """Return what can be said in a call of *function* by its name, and left out.

    Examples
    --------
    >>> def face(fn, *items, path=False, **options): ...
    >>> keywords_of(face)
    ['path']
    """
    found = inspect.signature(function).parameters.values()
    named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return [
        each.name
        for each in found
        if each.kind in named and each.default is not Parameter.empty
    ]


def documented(source: type) -> dict[str, str]:
    """Return what the docstrings of *source* and its bases say of each field.

    It is indented as there.
    """
    found: dict[str, str] = {}
    for each in reversed(source.__mro__):
        found.update(ENTRY.findall(inspect.cleandoc(each.__doc__ or "")))
    return found


def _signature(
    function: Callable[..., Any], source: type, taken: Iterable[str]
) -> inspect.Signature:
    signature, types = inspect.signature(function), get_type_hints(source)
    own = [
        each.replace(annotation=_written(each.annotation))
        for each in signature.parameters.values()
        if each.kind is not each.VAR_KEYWORD
    ]
    options = [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=types[field.name],
        )
        for field in fields(source)
        if field.name in taken
    ]
    return signature.replace(
        parameters=[*own, *options],
        return_annotation=_written(signature.return_annotation),
    )


def _written(annotation: Any) -> Any:
    return Written(annotation) if isinstance(annotation, str) else annotation


def _docstring(text: str, about: dict[str, str], taken: Iterable[str]) -> str:
    entries = "".join(f"{name}\n{about[name]}" for name in about if name in taken)
    return OPTIONS.sub(lambda found: found[0] + entries, inspect.cleandoc(text))
