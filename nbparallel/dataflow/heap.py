"""What a statement touches, and which objects a name may lead to.

Objects are told apart by **region**: what existed before the cell, what one place in
the cell creates, a module, a piece of code. A region stands for one or many objects.
Two names with no region in common share nothing that can change; an immutable value has
no region at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

#: What a region is, then which one. The kinds are ``outside``, ``new``, ``here`` (an
#: argument or a new object, as the body of a function sees it), ``module``, ``code``,
#: ``world`` (what statements read and print).
Region = tuple[str, object]
Regions = frozenset[Region]

NOTHING: Regions = frozenset()
WORLD: Region = ("world", "")
IMPORTS: Region = ("world", "import")


@dataclass(slots=True)
class Effects:
    """What one statement does to names and objects.

    Attributes
    ----------
    reads, writes
        The global names it looks up and those that it binds or deletes.
    sees, changes
        The regions it may look at and those it may change.
    barrier
        Nothing is known: it stays in order with every other statement.
    """

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    sees: set[Region] = field(default_factory=set)
    changes: set[Region] = field(default_factory=set)
    barrier: bool = False

    def conflicts(self, earlier: Effects) -> bool:
        """Whether this statement has to come after an *earlier* one."""
        return bool(
            self.barrier
            or earlier.barrier
            or earlier.writes & (self.reads | self.writes)
            or earlier.reads & self.writes
            or earlier.changes & (self.sees | self.changes)
            or earlier.sees & self.changes
        )


class Frame:
    """The names of one scope inside the cell; those of the module live in the heap."""

    __slots__ = ("imports", "is_class", "local", "names")

    def __init__(self, local: Iterable[str], *, is_class: bool = False) -> None:
        self.local = frozenset(local)
        self.names: dict[str, Regions] = {}
        self.imports: dict[str, tuple[str, str]] = {}  # name -> module, name in it
        self.is_class = is_class


@dataclass(slots=True, eq=False)
class Body:
    """Code that runs when it is called, not where it stands.

    Attributes
    ----------
    node
        A function, a lambda or a generator expression.
    frames
        The scopes around it.
    frame
        Its own; kept from one look at the body to the next.
    changes
        The regions it may change.
    gives
        The regions that its results may lead to.
    """

    node: ast.AST
    frames: tuple[Frame, ...]
    frame: Frame
    changes: set[Region] = field(default_factory=set)
    gives: set[Region] = field(default_factory=set)


class Heap:
    """What names lead to, at one point of the cell.

    Attributes
    ----------
    names
        By global name that the cell has bound, what it may refer to.
    plain
        The regions that hold builtin containers: going through them changes nothing.
    flat
        The plain regions that hold nothing but immutable values, before the cell.
    bodies
        By region of code, what runs when it is called.
    classes
        The regions of code that are classes.
    version
        Grows with everything that is learned.
    """

    def __init__(self) -> None:
        self.names: dict[str, Regions] = {}
        self.plain: set[Region] = set()
        self.flat: set[Region] = set()
        self.bodies: dict[Region, Body] = {}
        self.classes: set[Region] = set()
        self.version = 0
        self._leads: dict[Region, set[Region]] = {}

    def closure(self, regions: Iterable[Region]) -> Regions:
        """Return *regions* and all that can be reached from them."""
        found = set(regions)
        todo = list(found)
        for region in todo:
            new = self._leads.get(region, found) - found
            found |= new
            todo += new
        return frozenset(found)

    def elements(self, regions: Iterable[Region]) -> Regions:
        """Return what going through *regions*, or indexing them, may lead to."""
        held: set[Region] = set()
        for region in regions:
            held |= self._leads.get(region, set())
            if region not in self.flat and not (
                region[0] == "new" and region in self.plain
            ):
                held.add(region)
        return self.closure(held)

    def lead(self, holders: Iterable[Region], held: Iterable[Region]) -> None:
        """Note that each of *holders* may now hold any of *held*."""
        held = frozenset(held)
        for holder in holders:
            if held - {holder}:
                self.grow(self._leads.setdefault(holder, set()), held - {holder})

    def add(self, names: dict[str, Regions], name: str, regions: Regions) -> None:
        """Let *name* refer to *regions* too."""
        known = names.get(name)
        if known is None or regions - known:
            names[name] = regions | (known or NOTHING)
            self.version += 1

    def grow(self, some: set[Region], new: Iterable[Region]) -> None:
        """Add *new* regions to *some*."""
        size = len(some)
        some.update(new)
        self.version += len(some) - size

    def is_plain(self, regions: Iterable[Region]) -> bool:
        """Whether nothing is changed by going through all that is there."""
        return all(
            region in self.plain or is_shared(region)
            for region in self.closure(regions)
        )


def is_shared(region: Region) -> bool:
    """Whether a region is one that calls do not change: code, or a module."""
    return region[0] in ("code", "module")


def data(regions: Iterable[Region]) -> Regions:
    """Return those of *regions* that a call they are passed to may change."""
    return frozenset(region for region in regions if not is_shared(region))
