"""Which names code reads and binds, what they lead to, and which library they mean."""

from __future__ import annotations

import ast
import builtins
import sys
import types
from typing import Any

from nbparallel.dataflow.existing_names import ExistingNames
from nbparallel.dataflow.frozen import is_frozen
from nbparallel.dataflow.known_calls import ANYTHING
from nbparallel.dataflow.regions import (
    EVERYWHERE,
    NOTHING,
    Effects,
    Frame,
    Heap,
    Region,
    Regions,
)
from nbparallel.types import MISSING


class Names:
    """What the statement being read has done so far, and where it stands.

    Parameters
    ----------
    existing
        The namespace before the cell.
    heap
        What regions lead to.

    Attributes
    ----------
    effects
        What the statement has done.
    number
        Which statement of the cell it is.
    frames
        The scopes around this point of it, the outermost first.
    bound
        What the statement itself binds, from its end on; None while that is uncertain.
    wild
        Nothing is known about any name from here on.
    """

    def __init__(self, existing: ExistingNames, heap: Heap) -> None:
        self.existing = existing
        self.heap = heap
        self.effects = Effects()
        self.number = 0
        self.frames: tuple[Frame, ...] = ()
        self.bound: dict[str, Regions] | None = None
        self.wild = False
        self.names: dict[str, Regions] = {}
        self.paths: dict[str, str] = {}

    @property
    def own(self) -> Region:
        """The region of what this statement makes, of any type."""
        return ("made", self.number)

    @property
    def made(self) -> Regions:
        """What this statement makes, of any type."""
        return frozenset([self.own])

    @property
    def plain(self) -> Regions:
        """What this statement makes, of types whose methods are known."""
        return frozenset([("plain", self.number)])

    # -- Effects ----------------------------------------------------------------------

    def see(self, regions: Regions) -> None:
        """Note that what *regions* lead to may be looked at."""
        reached = self.heap.closure(regions)
        self.effects.sees |= reached
        self.effects.sees |= {("state", top) for kind, top in reached if kind == "lib"}

    def change(self, regions: Regions) -> None:
        """Note that *regions* are changed; of a library, what it keeps."""
        for region in regions:
            kind, which = region
            self.effects.changes.add(("state", which) if kind == "lib" else region)
            if kind in ("lib", "state") and which in EVERYWHERE:
                self.effects.barrier = True

    def lose_track(self) -> None:
        """Keep this statement and all that follow in order."""
        self.wild = self.effects.barrier = True

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
        found = NOTHING if frame is None else frame.values.get(name, NOTHING)
        if frame is None or frame.is_class:
            self.effects.reads.add(name)
            found |= self.names.get(name, self.existing.regions(name))
            self.effects.leads[name] = self.heap.closure(found)
            if self.existing.is_wild(name):
                self.lose_track()
        elif frame is not self.frames[-1]:
            self.see(frozenset([frame.region]))
        self.see(found)
        return found

    def store(self, name: str, regions: Regions, path: str | None = None) -> None:
        """Bind *name*; to what stands at *path* in a library if that is given."""
        frame = self.frame_of(name)
        if frame is not None and frame is not self.frames[-1]:
            self.change(frozenset([frame.region]))
            self.heap.lead([frame.region], regions)
        values, paths = self.names, self.paths
        if frame is not None:
            values, paths = frame.values, frame.paths
        else:
            self.effects.writes.add(name)
            if self.bound is not None and not self.frames:
                self.bound[name] = regions | self.bound.get(name, NOTHING)
                if path is not None:
                    paths[name] = path
                else:
                    paths.pop(name, None)
                return
            regions |= self.existing.regions(name)
        known = values.get(name)
        values[name] = self.heap.joined(known or NOTHING, regions)
        if path is not None and known is None:
            paths[name] = path
        elif path != paths.get(name):
            paths.pop(name, None)

    # -- Libraries --------------------------------------------------------------------

    def path(self, node: ast.AST) -> str | None:
        """Return where in a library *node* is found, as ``"numpy.random.seed"``.

        None if it is something else, or an object that the library keeps.
        """
        if isinstance(node, ast.Name):
            return self.path_of_name(node.id)
        if not isinstance(node, ast.Attribute):
            return None
        above = self.path(node.value)
        if above is None or is_kept(above):
            return None
        found = object_at(f"{above}.{node.attr}")
        if isinstance(found, types.ModuleType):
            return found.__name__
        return f"{above}.{node.attr}"

    def path_of_name(self, name: str) -> str | None:
        """Return where in a library the object is that *name* means here."""
        frame = self.frame_of(name)
        if frame is not None:
            return frame.paths.get(name)
        if name in self.paths:
            return self.paths[name]
        if name in self.names:
            return None
        value = self.existing.value(name)
        if value is MISSING:
            return f"builtins.{name}" if hasattr(builtins, name) else None
        return self.existing.path(value)

    def of_library(self, path: str) -> Regions:
        """Return what the thing at *path* leads to."""
        if path in ANYTHING:
            self.lose_track()
        kind = "state" if is_kept(path) else "lib"
        region: Region = (kind, path.partition(".")[0])
        found = frozenset([region])
        self.see(found)
        return found


def object_at(path: str) -> Any:
    """Return what stands at *path*, as far as it has been imported."""
    module, _, rest = path, "", ""
    while module not in sys.modules:
        module, _, last = module.rpartition(".")
        if not module:
            return MISSING
        rest = f"{last}.{rest}" if rest else last
    found: Any = sys.modules[module]
    for name in rest.split(".") if rest else ():
        found = (
            vars(found).get(name, MISSING) if hasattr(found, "__dict__") else MISSING
        )
    return found


def is_kept(path: str) -> bool:
    """Whether an object stands at *path* that a library keeps, not code of it."""
    found = object_at(path)
    is_code = isinstance(found, (types.ModuleType, type)) or callable(found)
    return not (is_code or found is MISSING or is_frozen(found))
