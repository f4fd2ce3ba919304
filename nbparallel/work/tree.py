"""A tree of items -> its leaves, its branches, and in which order they start."""

from __future__ import annotations

import array
from collections import UserString
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from itertools import groupby
from typing import Any, Final, NoReturn

from nbparallel.errors import BadType, BadValue, InputError
from nbparallel.short_text import with_type
from nbparallel.types import MISSING
from nbparallel.work.kinds import is_frame, library, short
from nbparallel.work.order import Stage, stage_of

#: The most levels: a tree has a few. More is a list in a list by a mistake in a loop.
MOST_LEVELS: Final = 100
#: Sequences that are one value all the same.
VALUES: Final = (str, bytes, bytearray, memoryview, array.array, UserString)

Path = tuple[Any, ...]


def is_branch(value: object) -> bool:
    """Whether *value* is a mapping or a sequence of items rather than an item.

    Text, bytes, arrays and records (dataclasses, named tuples) are items.

    Examples
    --------
    >>> is_branch([1]), is_branch({}), is_branch("text"), is_branch({1, 2})
    (True, True, False, False)
    """
    if not isinstance(value, (Mapping, Sequence)) or isinstance(value, VALUES):
        return False
    is_record = isinstance(value, tuple) and hasattr(value, "_fields")
    return not (is_record or is_dataclass(value))


class Branch:
    """A mapping or a sequence in a tree; the item of a call of *combine*.

    Attributes
    ----------
    path
        The keys and places that lead to it from the root.
    keys
        Those of what is in it; None for a sequence.
    parts
        What is in it: the numbers of the tasks of leaves, and branches.
    leaves
        The tasks of all leaves in it, at any depth.
    task
        That of the call of *combine*, if there is one.
    """

    def __init__(self, path: Path, keys: list[Any] | None, outcomes: list[Any]) -> None:
        self.path, self.keys = path, keys
        self.parts: list[int | Branch] = []
        self.leaves = range(0)
        self.task = -1
        self._outcomes = outcomes  # by task, of the whole tree

    @property
    def tasks(self) -> list[int]:
        """The tasks that it is made of: of its leaves, and of its branches' calls."""
        return [each if isinstance(each, int) else each.task for each in self.parts]

    @property
    def outcomes(self) -> Any:
        """What came of its parts, as a dict or a list: results, or exceptions."""
        return self.shaped([self._outcomes[task] for task in self.tasks])

    def shaped(self, values: list[Any]) -> Any:
        """Return a value for each part as a dict by its keys, or as a list."""
        return (
            values if self.keys is None else dict(zip(self.keys, values, strict=True))
        )

    def filled(self, values: Sequence[Any]) -> Any:
        """Return *values*, by task, in the shape of the tree from here on."""
        return self.shaped(
            [
                values[each] if isinstance(each, int) else each.filled(values)
                for each in self.parts
            ]
        )

    def inner(self) -> Iterator[Branch]:
        """Give the branches in it and itself, each after those in it."""
        for each in self.parts:
            if isinstance(each, Branch):
                yield from each.inner()
        yield self

    def __reduce__(self) -> tuple[Any, ...]:
        # For another process: with what it is made of, without the rest of the tree.
        found = [self._outcomes[task] for task in self.tasks]
        return _sent, (self.path, self.keys, found)

    def __repr__(self) -> str:
        return f"<branch {spelt(self.path)}>"


def _sent(path: Path, keys: list[Any] | None, found: list[Any]) -> Branch:
    branch = Branch(path, keys, found)
    branch.parts.extend(range(len(found)))
    return branch


def spelt(path: Path) -> str:
    """Return the code that leads to *path*: ``tree['a'][0]``."""
    return "tree" + "".join(f"[{short(key)}]" for key in path)


class Tree:
    """The leaves and branches of a tree.

    Attributes
    ----------
    items, paths
        Of each leaf, in tree order: the item, and the keys and places that lead to it.
    levels
        How many levels of branches there are.
    outcomes
        By task, what came of it: for who notes that, and for the branches.
    root
        The outermost branch.
    made
        The tasks of calls of *combine*, inner branches first.

    Raises
    ------
    BadType
        It is a single item.
    BadValue
        A branch is in itself, or it has too many levels.
    InputError
        A branch raised while it was read.
    """

    def __init__(self, given: object, *, combines: bool) -> None:
        if not is_branch(given):
            _refuse_leaf(given)
        self.items: list[Any] = []
        self.paths: list[Path] = []
        self.outcomes: list[Any] = []
        self.levels = 0
        self._around: dict[int, Path] = {}  # the branches that are being read, by id
        self.root = self._read(given, ())
        count = len(self.items)
        if combines:
            for number, branch in enumerate(self.root.inner(), count):
                branch.task = number
            self.made = range(count, self.root.task + 1)
        else:
            self.made = range(count, count)
        self.outcomes += [MISSING] * (count + len(self.made))

    def order(self, concurrent: Sequence[bool]) -> Stage | None:
        """Return the order for one switch per level; None where all may start."""
        stage = _stage(self.root, concurrent)
        if stage is None or (isinstance(stage.parts, range) and not stage.in_turn):
            return None
        return stage

    def _read(self, given: Any, path: Path) -> Branch:
        before = self._around.setdefault(id(given), path)
        if before is not path:
            message = (
                f"the tree has a cycle: {spelt(path)} is {spelt(before)} itself. Build "
                "it without, or give a copy of what is meant there"
            )
            raise BadValue(message)
        if len(path) == MOST_LEVELS:
            message = (
                f"the tree has more than {MOST_LEVELS} levels, at {spelt(path[:3])}…: "
                "that is hardly meant. Give the items as a flatter dict or list"
            )
            raise BadValue(message)
        is_mapping = isinstance(given, Mapping)
        try:
            pairs = list(given.items() if is_mapping else enumerate(given))
        except Exception as error:
            message = (
                f"{spelt(path)} ({type(given).__name__}) raised {type(error).__name__} "
                "while it was read; nothing was started"
            )
            raise InputError(message) from error
        branch = Branch(
            path, [key for key, _ in pairs] if is_mapping else None, self.outcomes
        )
        self.levels = max(self.levels, len(path) + 1)
        first = len(self.items)
        for key, value in pairs:
            if is_branch(value):
                branch.parts.append(self._read(value, (*path, key)))
            else:
                branch.parts.append(len(self.items))
                self.items.append(value)
                self.paths.append((*path, key))
        branch.leaves = range(first, len(self.items))
        del self._around[id(given)]
        return branch


def _stage(branch: Branch, concurrent: Sequence[bool]) -> Stage | None:
    """Return the stage of *branch*, or None if there is nothing to do in it."""
    in_turn = not concurrent[len(branch.path)]
    parts = []
    for is_leaf, some in groupby(branch.parts, lambda each: isinstance(each, int)):
        if is_leaf:
            leaves: list[Any] = list(some)
            parts.append(Stage(range(leaves[0], leaves[-1] + 1), in_turn=in_turn))
        else:
            inner: Iterable[Any] = some
            stages = (_stage(each, concurrent) for each in inner)
            parts += [stage for stage in stages if stage is not None]
    body = [stage_of(parts, in_turn=in_turn)] if parts else []
    if branch.task < 0:
        return body[0] if body else None
    call = Stage(range(branch.task, branch.task + 1))
    return Stage((*body, call), in_turn=True)


def _refuse_leaf(given: object) -> NoReturn:
    if isinstance(given, type) or not hasattr(type(given), "__iter__"):
        cure = "For a single item write ptree(fn, [item])"
    elif isinstance(given, (str, bytes)):
        cure = f"For a single item write ptree(fn, [{short(given)}])"
    elif is_frame(given) or library(given):
        cure = "For its rows write pmap(fn, table)"
    else:
        cure = "If its items are meant, write ptree(fn, list(…))"
    message = (
        f"ptree goes through nested dicts and lists, and {with_type(given)} is an "
        f"item. {cure}."
    )
    raise BadType(message)
