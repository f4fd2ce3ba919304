"""Failures in groups: by type and by message, its variable parts taken out.

Two messages are of one form if they differ only in texts in quotes, addresses, paths
and numbers. Where one such part has few values in many failures (the status of an HTTP
reply, the name of a column), each value is a group of its own.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from nbparallel.short_text import cut, one_line, type_name

#: So many failures are looked at.
MOST: Final = 10_000
#: So many values of one part have a group each, if each comes so often on average.
FEW: Final = 5
OFTEN: Final = 3
#: The most characters of a message that are looked at, and that are shown of it.
LONG: Final = 600
SHOWN: Final = 200

_PARTS = re.compile(
    r"\b[A-Za-z][\w+.-]{,20}://\S+"  # addresses
    r"|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""  # texts in quotes
    r"|(?:[A-Za-z]:)?[/\\][\w.~-]+(?:[/\\][\w.~-]+)+"  # paths
    r"|0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|[-+]?\d[\d_,.:]*(?<![,.:])(?:e[-+]?\d+)?"
)

#: The type of a failure, its message around the parts, and the parts.
Form = tuple[str, tuple[str, ...], tuple[str, ...]]
#: By task, a failure and its form: so that a slow ``__str__`` is called once.
Memo = MutableMapping[int, tuple[BaseException, Form]]


@dataclass(frozen=True, slots=True)
class Group:
    """Failures of one kind.

    Attributes
    ----------
    kind
        The name of their type.
    message
        What their messages have in common, with "…" for what differs.
    tasks
        Their tasks, in order.
    error
        The failure of the first of them.
    """

    kind: str
    message: str
    tasks: tuple[int, ...]
    error: BaseException


def grouped(
    errors: Mapping[int, BaseException], memo: Memo | None = None
) -> tuple[Group, ...]:
    """Return failures in groups, the largest first.

    Parameters
    ----------
    errors
        Failures by task; of more than 10,000 the first.
    memo
        Where to keep what was found out from one call to the next.

    Examples
    --------
    >>> errors = {n: ValueError(f"no page {n}") for n in range(3)}
    >>> [(each.kind, each.message, each.tasks) for each in grouped(errors)]
    [('ValueError', 'no page …', (0, 1, 2))]
    """
    memo = {} if memo is None else memo
    alike: dict[tuple[str, tuple[str, ...]], list[tuple[int, Form]]] = defaultdict(list)
    for task, error in islice(errors.items(), MOST):
        known = memo.get(task)
        if known is None or known[0] is not error:
            known = memo[task] = error, _form(error)
        kind, around, _ = known[1]
        alike[kind, around].append((task, known[1]))
    found = [
        _group(errors, some) for each in alike.values() for some in _split(sorted(each))
    ]
    return tuple(sorted(found, key=lambda each: (-len(each.tasks), each.tasks)))


def _form(error: BaseException) -> Form:
    try:
        message = one_line(str.__str__(str(error)), LONG)
    except BaseException as failure:  # the user's __str__ may do anything at all
        message = f"(its str raised {type_name(failure)})"
    return (
        type_name(error),
        tuple(_PARTS.split(message)),
        tuple(_PARTS.findall(message)),
    )


def _split(some: list[tuple[int, Form]]) -> Iterable[list[tuple[int, Form]]]:
    """Yield failures of one form by the values of the first part that has few."""
    for place in range(len(some[0][1][2])):
        values = Counter(form[2][place] for _, form in some)
        if 1 < len(values) <= FEW and len(some) >= OFTEN * len(values):
            for value in values:
                yield from _split([each for each in some if each[1][2][place] == value])
            return
    yield some


def _group(errors: Mapping[int, BaseException], some: list[tuple[int, Form]]) -> Group:
    kind, around, parts = some[0][1]
    told = [around[0]]
    for place, part in enumerate(parts):
        same = all(form[2][place] == part for _, form in some)
        told += [part if same else "…", around[place + 1]]
    tasks = tuple(task for task, _ in some)
    message = cut("".join(told), SHOWN)
    return Group(kind, message, tasks, errors[tasks[0]])
