"""What a statement touches, and which objects a value may lead to.

Objects are told apart by **region**. A region stands for one or many objects; two
values whose regions lead to none in common share nothing that can change, and an
immutable value has no region at all. The kinds are

- ``existing``: objects from before the cell that share something,
- ``plain`` and ``made``: what one statement of the cell makes, of types whose methods
  are known or of any other type,
- ``code``: a function or a class of the user's,
- ``lib`` and ``state``: the code of a library, and the objects that it keeps,
- ``world``: what is read and written outside of the program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

Region = tuple[str, object]
Regions = frozenset[Region]

NOTHING: Regions = frozenset()

#: Libraries whose state everything may depend on.
EVERYWHERE = ("builtins", "decimal", "locale", "os", "sys", "unittest", "warnings")


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
    leads
        By global name that it looks up, the regions that this may lead to.
    """

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    sees: set[Region] = field(default_factory=set)
    changes: set[Region] = field(default_factory=set)
    barrier: bool = False
    leads: dict[str, Regions] = field(default_factory=dict)

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


@dataclass(slots=True, eq=False)
class Frame:
    """The names of one scope below the module's.

    Attributes
    ----------
    local
        The names that belong to it.
    region
        What changes when code further inside binds one of them.
    values, paths
        By name, what it may lead to; the dotted path of what was imported.
    gives
        What can be had from a call of it.
    is_class
        Whether functions in it don't see its names.
    is_comprehension
        Whether ``:=`` in it binds a name of the scope around.
    """

    local: frozenset[str]
    region: Region
    values: dict[str, Regions] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    gives: Regions = NOTHING
    is_class: bool = False
    is_comprehension: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """Code that runs when it is called: its syntax, and the scopes around it."""

    node: ast.AST
    frames: tuple[Frame, ...]
    is_lazy: bool = False


class Heap:
    """What regions lead to, at one point of the cell.

    Attributes
    ----------
    odd
        The regions with objects whose methods are not known.
    bodies
        By region of code, what runs when it is called.
    version
        Grows with all that is learned.
    """

    def __init__(self) -> None:
        self.odd: set[Region] = set()
        self.bodies: dict[Region, Body] = {}
        self.version = 0
        self._leads: dict[Region, set[Region]] = {}
        self._closures: dict[Regions, Regions] = {}  # what `closure` has found so far

    def closure(self, regions: Iterable[Region]) -> Regions:
        """Return *regions* and all that can be reached from them."""
        start = frozenset(regions)
        if start not in self._closures:
            found = set(start)
            todo = list(found)
            for region in todo:
                new = self._leads.get(region, found) - found
                found |= new
                todo += new
            self._closures[start] = frozenset(found)
        return self._closures[start]

    def lead(self, holders: Iterable[Region], held: Regions) -> None:
        """Note that each of *holders* may now hold any of *held*."""
        for holder in holders:
            known = self._leads.setdefault(holder, set())
            if not held <= known:
                known |= held
                self.version += 1
                self._closures.clear()

    def joined(self, known: Regions, new: Regions) -> Regions:
        """Return both together."""
        self.version += len(new - known)
        return known | new

    def is_plain(self, regions: Iterable[Region]) -> bool:
        """Whether nothing is changed by going through all that is there."""
        return not any(map(self._is_odd, self.closure(regions)))

    def is_users(self, regions: Iterable[Region]) -> bool:
        """Whether operators and attributes may run code of the user's."""
        reached = self.closure(regions)
        has_code = any(region[0] == "code" for region in reached)
        return has_code and any(map(self._is_odd, reached))

    def _is_odd(self, region: Region) -> bool:
        return region[0] == "made" or region in self.odd


def is_data(region: Region) -> bool:
    """Whether a region is one that a call may change: neither code nor a library."""
    return region[0] not in ("code", "lib")
