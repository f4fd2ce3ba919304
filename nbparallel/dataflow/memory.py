"""Following what code reads, changes and binds, as far as names and regions go."""

from __future__ import annotations

import ast
import builtins
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from nbparallel.dataflow.heap import (
    NOTHING,
    Body,
    Effects,
    Frame,
    Heap,
    Region,
    Regions,
    is_shared,
)
from nbparallel.dataflow.known import ANYTHING
from nbparallel.dataflow.outside import Outside
from nbparallel.types import MISSING


class Memory(ABC):
    """What the statement being read has done so far, and where it stands.

    Parameters
    ----------
    outside
        The namespace before the cell.
    heap
        What names lead to.

    Attributes
    ----------
    effects
        What the statement has done.
    frames, inside
        The scopes and the bodies around this point of it, the outermost first.
    strong
        A name that is bound now is no longer what it was.
    imports
        As in `Frame`, for the names of the module.
    applied
        The bodies that have been read since the last round began.
    """

    def __init__(self, outside: Outside, heap: Heap) -> None:
        self.outside = outside
        self.heap = heap
        self.effects = Effects()
        self.frames: tuple[Frame, ...] = ()
        self.inside: tuple[Body, ...] = ()
        self.strong = False
        self.imports: dict[str, tuple[str, str]] = {}
        self.applied: set[Body] = set()

    @abstractmethod
    def run(self, body: Body) -> None:
        """Read *body*, in its own frame."""

    # -- Names ------------------------------------------------------------------------

    def frame_of(self, name: str) -> Frame | None:
        """Return the scope that *name* belongs to here, or None for the module's."""
        for depth, frame in enumerate(reversed(self.frames)):
            if name in frame.local and not (frame.is_class and depth):
                return frame
        return None

    def load(self, name: str) -> Regions:
        """Look *name* up."""
        frame = self.frame_of(name)
        regions = NOTHING if frame is None else frame.names.get(name, NOTHING)
        if frame is None or frame.is_class:
            regions |= self._load_global(name)
        self.see(regions)
        return regions

    def store(self, name: str, regions: Regions) -> None:
        """Bind *name*."""
        frame = self.frame_of(name)
        if frame is not None:
            self.heap.add(frame.names, name, regions)
            return
        self.effects.writes.add(name)
        self.imports.pop(name, None)
        names = self.heap.names
        if self.strong and not self.inside:
            names[name] = regions
            return
        if self.inside:
            made: Region = ("new", name)
            regions |= {made}
            self.note_change(made)
        if name not in names:
            regions |= self.outside.regions(name)
        self.heap.add(names, name, regions)

    def known(self, name: str) -> Any:
        """Return what *name* is, or ``MISSING`` if something in the cell decides."""
        origin = self.origin(name)
        if origin is not None:
            module, inner = origin
            found = sys.modules.get(module, MISSING)
            return (
                vars(found).get(inner, MISSING)
                if inner and found is not MISSING
                else found
            )
        if self.frame_of(name) is not None or name in self.heap.names:
            return MISSING
        return self.outside.value(name)

    def origin(self, name: str) -> tuple[str, str] | None:
        """Return the module, and the name in it, that an import has bound *name* to."""
        frame = self.frame_of(name)
        return (self if frame is None else frame).imports.get(name)

    def is_builtin(self, name: str) -> bool:
        """Whether *name* is that of a builtin here."""
        return self.known(name) is getattr(builtins, name, None)

    def _load_global(self, name: str) -> Regions:
        self.effects.reads.add(name)
        if name in ANYTHING and (name == "get_ipython" or self.is_builtin(name)):
            self.effects.barrier = True
        return self.heap.names.get(name, self.outside.regions(name))

    # -- Objects ----------------------------------------------------------------------

    def fresh(self, node: ast.AST) -> Region:
        """Return the region of what *node* creates."""
        if self.inside:
            return here(self.inside[-1])
        where = [getattr(node, name) for name in _PLACE]
        return ("new", tuple(where))

    def container(self, node: ast.AST, held: Regions) -> Regions:
        """Return a new builtin container of *held*."""
        made = self.fresh(node)
        if made[0] == "new":
            self.heap.plain.add(made)
        self.heap.lead([made], held)
        return frozenset([made])

    def see(self, regions: Regions) -> None:
        """Note that what *regions* lead to may be looked at, and called."""
        reached = self.heap.closure(regions)
        self.effects.sees |= {each for each in reached if each[0] != "here"}
        for region in reached:
            if body := self.heap.bodies.get(region):
                self.apply(body)

    def change(self, regions: Regions) -> None:
        """Note that what *regions* lead to may be changed by something that has it."""
        for region in self.heap.closure(regions):
            if not is_shared(region):
                self.note_change(region)

    def change_itself(self, regions: Regions) -> None:
        """Note that *regions* are changed, modules and classes too.

        What they lead to stays as it is if they are builtin containers.
        """
        for region in regions:
            self.note_change(region)
        if not self.heap.is_plain(regions):
            self.change(regions)

    def note_change(self, region: Region) -> None:
        """Note that *region* is changed, as part of every body that is being read."""
        if region[0] == "here":
            return
        self.effects.changes.add(region)
        for body in self.inside:
            self.heap.grow(body.changes, [region])

    def go_through(self, regions: Regions) -> Regions:
        """Note that *regions* are gone through: an iterator changes by that."""
        if not self.heap.is_plain(regions):
            self.change(regions)
        return self.heap.elements(regions)

    # -- Code -------------------------------------------------------------------------

    def apply(self, body: Body) -> None:
        """Note what *body* does when it is called; from here on it may be."""
        if body not in self.applied:
            self.applied.add(body)
            frames, inside = self.frames, self.inside
            self.frames, self.inside = (*body.frames, body.frame), (*inside, body)
            self.run(body)
            self.frames, self.inside = frames, inside
            self.give(body, self.heap.closure([here(body)]))
        for outer in self.inside:
            self.heap.grow(outer.changes, body.changes)

    def give(self, body: Body, regions: Iterable[Region]) -> None:
        """Note that *regions* can be had from a call of *body*."""
        found = self.heap.closure(regions)
        self.heap.grow(body.gives, (each for each in found if each[0] != "here"))


_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")


def here(body: Body) -> Region:
    """Return the region of arguments and new objects, as *body* sees them."""
    return ("here", id(body))
