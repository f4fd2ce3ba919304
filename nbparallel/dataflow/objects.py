"""What running code may do to objects: calls of the user's functions, operators."""

from __future__ import annotations

import ast
from abc import abstractmethod

from nbparallel.dataflow.known_calls import STATES
from nbparallel.dataflow.names import Names
from nbparallel.dataflow.regions import NOTHING, Body, Frame, Region, Regions, is_data
from nbparallel.dataflow.scopes import FunctionNode, local_names, parameters


class Objects(Names):
    """Adds what runs code."""

    applied: set[Region]
    exposed: Regions
    own_frames: dict[object, Frame]

    @abstractmethod
    def run(self, node: ast.AST) -> None:
        """Read the body of a function, in the midst of its frames."""

    def call_value(
        self, callee: Regions, args: list[Regions], named: dict[str, Regions]
    ) -> Regions:
        """Read a call of something that is in no library."""
        if not callee or not all(map(self.is_function, callee)):
            return self.unknown(callee.union(*args, *named.values()))
        return NOTHING.union(*(self.apply(each, args, named) for each in callee))

    def unknown(self, given: Regions) -> Regions:
        """Note something that may do anything to what it is given; return the result.

        Whatever it reaches may hold all the rest of it from here on, and what is done
        to it in this way is one thing for each statement: `made`.
        """
        reached = self.heap.closure(given)
        if reached <= self.exposed:
            return self.made
        self.exposed |= reached
        data = frozenset(filter(is_data, reached))
        data |= {("state", each) for kind, each in reached if _has_state(kind, each)}
        self.see(reached)
        self.change(data)
        self.heap.lead(self.made, reached)
        self.heap.lead(data, self.made)
        for region in reached:
            if self.is_function(region):
                self.heap.lead(self.made, self.apply_to_any(region, self.made))
        return self.made

    def operate_on(self, regions: Regions) -> Regions:
        """Note an operator or an attribute on *regions*; return what it may give."""
        if self.heap.is_users(regions):
            return self.unknown(regions)
        return self.heap.closure(regions)

    def store(self, name: str, regions: Regions, path: str | None = None) -> None:
        """Bind *name*; what it was before may be finalized by that."""
        if self.frame_of(name) is None:
            old = self.names.get(name, self.existing.regions(name))
            if any(self._finalizes(region) for region in self.heap.closure(old)):
                self.unknown(old)
        super().store(name, regions, path)

    def _finalizes(self, region: Region) -> bool:
        body = self.heap.bodies.get(region)
        return body is not None and getattr(body.node, "name", "") == "__del__"

    def box(self, *held: Regions) -> Regions:
        """Return a new container of all that."""
        self.heap.lead(self.plain, self.heap.closure(NOTHING.union(*held)))
        return self.plain

    def go_through(self, regions: Regions) -> Regions:
        """Note that *regions* are gone through: an iterator changes by that."""
        if self.heap.is_plain(regions):
            return self.heap.closure(regions)
        return self.unknown(regions)

    def put(self, holder: Regions, regions: Regions) -> None:
        """Note that *holder*, be it an object or a module, now holds *regions*."""
        if self.heap.is_users(holder):
            self.unknown(holder | regions)
        reached = self.heap.closure(holder)
        self.change(holder | {each for each in reached if each[0] == "code"})
        if any(kind in ("lib", "state") for kind, _ in holder):  # a setting of it
            self.effects.barrier = True
        self.heap.lead(holder, regions)

    def apply(
        self, region: Region, args: list[Regions], named: dict[str, Regions]
    ) -> Regions:
        """Read the body of the function *region*, called so; return what it gives."""
        body = self.heap.bodies[region]
        frame = self._frame(region, body)
        self.see(frozenset([region]))
        if isinstance(body.node, FunctionNode):
            self._bind_parameters(body.node, frame, region, args, named)
        if region not in self.applied:
            self.applied.add(region)
            frames, self.frames = self.frames, (*body.frames, frame)
            self.run(body.node)
            self.frames = frames
        if not body.is_lazy:
            return frame.gives
        given = frozenset([region]).union(frame.gives, *args, *named.values())
        self.heap.lead(self.made, given)
        return self.made

    def apply_to_any(self, region: Region, given: Regions) -> Regions:
        """Read the same, with *given* wherever it may be put."""
        return self.apply(region, [], {"": given})

    def _frame(self, region: Region, body: Body) -> Frame:
        """Return the frame of all calls of *body* by this statement."""
        key = (region, self.number)
        if key not in self.own_frames:
            self.own_frames[key] = Frame(frozenset(local_names(body.node)), self.own)
        return self.own_frames[key]

    def _bind_parameters(
        self,
        node: FunctionNode,
        frame: Frame,
        region: Region,
        args: list[Regions],
        named: dict[str, Regions],
    ) -> None:
        """Bind each parameter to what it may be given, all of it if that is unclear."""
        places = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        placed = dict(zip(places, args, strict=False))
        defaults = self.heap.closure([region]) - {region}
        every = defaults.union(*args, *named.values())
        for name in parameters(node):
            is_clear = "" not in named and (name in places or name in named)
            default = placed.get(name, defaults)
            given = named.get(name, default) if is_clear else every
            known = frame.values.get(name, NOTHING)
            frame.values[name] = self.heap.joined(known, given)

    def is_function(self, region: Region) -> bool:
        """Whether *region* is code that can be called."""
        return region in self.heap.bodies


def _has_state(kind: str, which: object) -> bool:
    return kind == "lib" and which in STATES
