"""Expressions -> what their values may lead to."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from nbparallel.dataflow import known_calls
from nbparallel.dataflow.annotations import ASKING, evaluating
from nbparallel.dataflow.calls import Calls
from nbparallel.dataflow.regions import NOTHING, Body, Frame, Region, Regions
from nbparallel.dataflow.scopes import Comprehension, FunctionNode, is_lazy, local_names


class Expressions(Calls):
    """Adds expressions, and what is bound to their values."""

    subject: Regions = NOTHING

    def value(self, node: ast.AST | None) -> Regions:
        """Read an expression; return what its value may lead to."""
        name = f"_{type(node).__name__.lower()}"
        read: Callable[[Any], Regions] = getattr(self, name, self._parts)
        return NOTHING if node is None else read(node)

    def go(self, node: ast.AST) -> Regions:
        """Read an expression that is gone through at once; return the elements."""
        if isinstance(node, ast.Starred):
            return self.go(node.value)
        if isinstance(node, ast.GeneratorExp):
            return self._listcomp(node)
        if isinstance(node, ast.Call) and not node.keywords:
            name = (self.path(node.func) or "").removeprefix("builtins.")
            if name in known_calls.ITERATES:
                return self._go_call(name, node)
        return self.go_through(self.value(node))

    def _go_call(self, name: str, node: ast.Call) -> Regions:
        if name not in ("filter", "map") or not node.args:
            return self.box(*(self.go(each) for each in node.args))
        function = self.value(node.args[0])
        gone = [self.go(each) for each in node.args[1:]]
        path = self.path(node.args[0])
        if path is not None:
            found = self.give_library(path, NOTHING.union(*gone))
        else:
            found = self.call_value(function, gone, {})
        return self.box(found, *gone)

    def bind(self, target: ast.expr, regions: Regions, path: str | None = None) -> None:
        """Read an assignment of *regions* to *target*."""
        match target:
            case ast.Name(id=name):
                self.store(name, regions, path)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                held = self.go_through(regions)
                for each in targets:
                    self.bind(each, held)
            case ast.Starred(value=inner):
                self.bind(inner, self.box(regions))
            case ast.Attribute(value=inner):
                self.put(self.value(inner), regions)
            case ast.Subscript(value=inner, slice=index):
                self.put(self.value(inner), regions | self.value(index))

    def give(self, regions: Regions) -> None:
        """Note that *regions* can be had from a call of the function being read."""
        frame = next(
            (each for each in reversed(self.frames) if not each.is_class), None
        )
        if frame is not None:
            frame.gives = self.heap.joined(frame.gives, regions)

    # -- Names and what holds values --------------------------------------------------

    def _name(self, node: ast.Name) -> Regions:
        path = self.path(node)
        found = self.load(node.id)
        return found if path is None else found | self.of_library(path)

    def _attribute(self, node: ast.Attribute) -> Regions:
        path = self.path(node)
        inner = self.value(node.value)
        if node.attr in ASKING:
            return self.unknown(inner)
        if path is None:
            return self.operate_on(inner)
        return self.of_library(path)

    def _subscript(self, node: ast.Subscript) -> Regions:
        holder, index = self.value(node.value), self.operate_on(self.value(node.slice))
        if self.heap.is_plain(holder):
            found = self.heap.closure(holder)
        else:
            found = self.unknown(holder | index)
        return found | self.plain if isinstance(node.slice, ast.Slice) else found

    def _call(self, node: ast.Call) -> Regions:
        return self.call(node)

    def _list(self, node: ast.List | ast.Tuple | ast.Set) -> Regions:
        return self.box(*(self.value(each) for each in node.elts))

    _tuple = _list

    def _set(self, node: ast.Set) -> Regions:
        return self.box(*(self.operate_on(self.value(each)) for each in node.elts))

    def _dict(self, node: ast.Dict) -> Regions:
        keys = [self.operate_on(self.value(each)) for each in node.keys]
        values = [
            self.value(value) if key else self.go(value)
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return self.box(*keys, *values)

    def _starred(self, node: ast.Starred) -> Regions:
        return self.go(node.value)

    # -- Operators --------------------------------------------------------------------

    def _parts(self, node: ast.AST) -> Regions:
        """Read an operator."""
        found = NOTHING.union(*map(self.value, ast.iter_child_nodes(node)))
        if self.heap.is_plain(found):
            return self.box(found) if found else NOTHING
        return self.operate_on(found) | self.made

    def _boolop(self, node: ast.BoolOp | ast.IfExp) -> Regions:
        found = [self.value(each) for each in ast.iter_child_nodes(node)]
        for each in found:
            self.operate_on(each)
        return NOTHING.union(*found)

    _ifexp = _boolop

    def _compare(self, node: ast.Compare) -> Regions:
        if any(isinstance(each, ast.In | ast.NotIn) for each in node.ops):
            for each in node.comparators:
                self.go_through(self.value(each))
        found = self._parts(node)
        plain = isinstance(node.ops[0], ast.Is | ast.IsNot | ast.In | ast.NotIn)
        return NOTHING if plain and len(node.ops) == 1 else found

    def _joinedstr(self, node: ast.JoinedStr) -> Regions:
        self._parts(node)
        return NOTHING

    def _namedexpr(self, node: ast.NamedExpr) -> Regions:
        found = self.value(node.value)
        frames, bound = self.frames, self.bound
        self.bound = None
        while self.frames and self.frames[-1].is_comprehension:
            self.frames = self.frames[:-1]
        self.store(node.target.id, found)
        self.frames, self.bound = frames, bound
        return found

    def _yield(self, node: ast.Yield | ast.Await) -> Regions:
        found = self.value(node.value)
        self.give(found)
        return self.unknown(found) if found else self.made

    _yieldfrom = _await = _yield

    # -- Scopes -----------------------------------------------------------------------

    def function(self, node: FunctionNode) -> Regions:
        """Read a function where it is defined."""
        held = [self.value(each) for each in node.args.defaults]
        held += [self.value(each) for each in node.args.kw_defaults]
        return self._code(node, NOTHING.union(*held))

    def _lambda(self, node: ast.Lambda) -> Regions:
        return self.function(node)

    def _generatorexp(self, node: ast.GeneratorExp) -> Regions:
        code = self._code(node, self.value(node.generators[0].iter))
        self.heap.lead(self.made, code)
        return self.made

    def lazily(self, node: ast.AST, *parts: ast.expr) -> Regions:
        """Return the function that evaluates *parts* of *node* when they are wanted."""
        if not parts:
            return NOTHING
        region: Region = ("code", (id(node), self.number, "parts"))
        return self._define(region, evaluating(parts))

    def _code(self, node: ast.AST, held: Regions) -> Regions:
        return self._define(("code", (id(node), self.number)), node, held)

    def _define(
        self, region: Region, node: ast.AST, held: Regions = NOTHING
    ) -> Regions:
        if region not in self.heap.bodies:
            self.heap.bodies[region] = Body(node, self.frames, is_lazy(node))
        around = NOTHING.union(
            *(f.values.get(n, NOTHING) for f in self.frames for n in f.values)
        )
        self.heap.lead([region], held | around)
        return frozenset([region])

    def run(self, node: ast.AST) -> None:
        """Read the body of a function, in the midst of its frames."""
        if isinstance(node, ast.GeneratorExp):
            self.give(self._listcomp(node))
        elif isinstance(node, ast.Lambda):
            self.give(self.value(node.body))
        else:
            for each in getattr(node, "body", ()):
                self.statement(each)

    @abstractmethod
    def statement(self, node: ast.stmt) -> None:
        """Read one statement, wherever it stands."""

    def _listcomp(self, node: Comprehension) -> Regions:
        frames = self.frames
        frame = self.own_frames.setdefault(
            id(node),
            Frame(frozenset(local_names(node)), self.own, is_comprehension=True),
        )
        for number, part in enumerate(node.generators):
            gone = self.go(part.iter)
            if number == 0:
                self.frames = (*frames, frame)
            self.bind(part.target, gone)
            for each in part.ifs:
                self.operate_on(self.value(each))
        if isinstance(node, ast.DictComp):
            found = self.operate_on(self.value(node.key)) | self.value(node.value)
        else:
            found = self.value(node.elt)
        self.frames = frames
        return self.box(found)

    _setcomp = _dictcomp = _listcomp
