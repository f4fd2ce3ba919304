"""A call that a function cannot take -> what would be right, tried on its signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import Parameter
from typing import Any, Final

from nbparallel.errors import nearest
from nbparallel.work.calls import Function

#: The kinds of parameters that can be given by name.
NAMED: Final = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
#: The most lines that one message shows.
MOST_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class Passed:
    """The arguments of a call.

    Attributes
    ----------
    what
        Where they come from; or the line that would pass them.
    args, kwargs
        They, by position and by name.
    """

    what: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def misfit(self, function: Function) -> TypeError | None:
        """Return why a function cannot take them; None where nothing speaks against."""
        if function.signature is not None:
            try:
                function.signature.bind(*self.args, **self.kwargs)
            except TypeError as error:
                return error
        return None


def complaint(
    function: Function, passed: Passed, error: TypeError, others: list[Passed]
) -> str:
    """Return what is wrong with a call, and the first of *others* that are right."""
    given = ", ".join(passed.kwargs) or f"{len(passed.args)} in all"
    wrong = (
        f"{function.name}{function.signature} cannot be called with {passed.what}: "
        f"{given} ({error})."
    )
    stranger = _stranger(function, passed)
    return " ".join(filter(None, [wrong, stranger, _cure(function, passed, others)]))


def for_items(function: Function, first: Any) -> list[Passed]:
    """Return the ways to give items like this one."""
    ways = [Passed(function.line("items"), (first,))]
    if isinstance(first, (tuple, list)):
        ways.append(Passed(function.line("items", 'unpack="args"'), tuple(first)))
    if isinstance(first, Mapping) and all(isinstance(key, str) for key in first):
        line = function.line("items", 'unpack="kwargs"')
        ways.append(Passed(line, (), dict(first)))
    return ways


def for_several(function: Function) -> list[Passed]:
    """Return the other ways to give several iterables."""
    return [Passed(function.line("zip(…)"), (None,))]


def for_table(function: Function, columns: list[Any]) -> list[Passed]:
    """Return the ways to give the rows of a table, or some of its columns."""
    parameters = function.signature.parameters if function.signature else {}
    known = [column for column in columns if column in parameters]
    renamed = _renamed(columns, [name for name in parameters if name not in known])
    ways = [
        Passed(function.line("table"), (), _by_name(columns)),
        Passed(
            function.line(f"table.rename(columns={renamed})"),
            (),
            _by_name([renamed.get(column, column) for column in columns]),
        ),
        Passed(function.line(f"table[{known}]"), (), _by_name(known)),
    ]
    if len(columns) == 1:
        ways.append(Passed(function.line(f"table[{columns[0]!r}]"), (None,)))
    else:
        ways += [
            Passed(function.line("table", 'unpack="args"'), (None,) * len(columns)),
            Passed(function.line("table", 'unpack="item"'), (None,)),
        ]
    return [way for way in ways if way.args or way.kwargs]


def _by_name(columns: list[Any]) -> dict[str, None]:
    """Return the columns as keyword arguments; none where they cannot be."""
    named = all(isinstance(column, str) for column in columns)
    return dict.fromkeys(columns) if named else {}


def _renamed(columns: list[Any], parameters: list[str]) -> dict[str, str]:
    """Return the parameters that misspelt columns are meant for."""
    found: dict[str, str] = {}
    for column in columns:
        if isinstance(column, str) and column not in parameters:
            for name in parameters:
                if nearest(column, [name]) and name not in found.values():
                    found[column] = name
    return found


def _stranger(function: Function, passed: Passed) -> str:
    parameters = list(function.signature.parameters) if function.signature else []
    for name in passed.kwargs:
        if name not in parameters:
            return f"{name!r} is not one of its parameters.{nearest(name, parameters)}"
    return ""


def _cure(function: Function, passed: Passed, others: list[Passed]) -> str:
    right = [way.what for way in others if way.misfit(function) is None]
    if right:
        return f"Write {', or '.join(right[:MOST_LINES])}."
    inner = "" if Passed("").misfit(function) is None else "…"
    own = function.line("…", fn=f"lambda item: {function.word}({inner})")
    if missing := _missing(function, passed):
        bound = ", ".join(f"{name}=…" for name in missing)
        line = function.line("…", fn=f"functools.partial({function.word}, {bound})")
        return (
            f"Where {' and '.join(missing)} {_is(missing)} the same in every call, "
            f"write {line}; else pass a function that fits, as in {own}."
        )
    return f"Change the input, or pass a function that fits it, as in {own}."


def _missing(function: Function, passed: Passed) -> list[str]:
    """Return the parameters without a value, if binding those is all it takes."""
    parameters = function.signature.parameters if function.signature else {}
    required = [
        name
        for name, each in parameters.items()
        if each.default is Parameter.empty and each.kind in NAMED
    ]
    positional = [each for each in parameters.values() if each.kind is not NAMED[1]]
    filled = {each.name for each in positional[: len(passed.args)]} | {*passed.kwargs}
    missing = [name for name in required if name not in filled]
    whole = Passed("", passed.args, {**passed.kwargs, **dict.fromkeys(missing)})
    return missing if whole.misfit(function) is None else []


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
