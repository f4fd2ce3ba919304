"""Statement -> its effects, by reading the syntax tree from top to bottom."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from nbparallel.dataflow import known
from nbparallel.dataflow.calls import Calls, dotted
from nbparallel.dataflow.heap import (
    IMPORTS,
    NOTHING,
    Body,
    Effects,
    Frame,
    Heap,
    Region,
    Regions,
    data,
)
from nbparallel.dataflow.memory import here
from nbparallel.dataflow.outside import Outside
from nbparallel.dataflow.scopes import (
    Comprehension,
    FunctionNode,
    local_names,
    parameters,
)


def effects_of(
    statements: Sequence[ast.stmt], namespace: dict[str, Any], *, ordered: bool = False
) -> list[Effects]:
    """Return what each of *statements* does, one after the other.

    Parameters
    ----------
    statements
        The cell, statement by statement.
    namespace
        What exists before it.
    ordered
        Keep what prints, reads files and the like in order.
    """
    heap = Heap()
    outside = Outside(namespace, heap)
    outside.look(
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    )
    reader = Reader(outside, heap)
    reader.ordered = ordered
    return [reader.read(statement) for statement in statements]


class Reader(Calls):
    """Adds expressions and statements."""

    def read(self, statement: ast.stmt) -> Effects:
        """Return the effects of a top-level statement."""
        self.effects = Effects()
        version = -1
        while version != self.heap.version:  # a loop goes round, a function recurs
            version = self.heap.version
            self.applied.clear()
            self.strong = isinstance(statement, _BINDING)
            if isinstance(statement, ast.Assign):
                self.strong = False
                self.value(statement.value)
            else:
                self.statement(statement)
        if isinstance(statement, ast.Assign):
            self.strong = True
            self.statement(statement)
        self.strong = False
        return self.effects

    # -- Expressions ------------------------------------------------------------------

    def value(self, node: ast.AST | None) -> Regions:  # noqa: C901, PLR0911, PLR0912
        """Read an expression; return what its value may lead to."""
        match node:
            case None | ast.Constant():
                return NOTHING
            case ast.Name(id=name):
                return self.load(name)
            case ast.Call():
                return self.call(node)
            case ast.Attribute(value=inner, attr=attr):
                return self._attribute_of(self.value(inner), attr)
            case ast.Subscript(value=inner, slice=index):
                return self._item(node, self.value(inner), index)
            case ast.List(elts=parts) | ast.Set(elts=parts):
                return self.container(node, self._each(parts))
            case ast.Dict(keys=keys, values=values):
                return self.container(node, self._each([*keys, *values]))
            case ast.Starred(value=inner):
                return self.go_through(self.value(inner))
            case ast.NamedExpr(target=target, value=inner):
                found = self.value(inner)
                strong, self.strong = self.strong, False
                self.bind(target, found)
                self.strong = strong
                return found
            case ast.GeneratorExp():
                return self._generator(node)
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                return self.container(node, self._comprehension(node))
            case ast.Lambda():
                return self._function(node)
            case ast.JoinedStr() | ast.FormattedValue():
                self._each(ast.iter_child_nodes(node))
                return NOTHING
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                self.value(inner)
                return NOTHING
            case ast.Compare(ops=ops):
                found = self._each(ast.iter_child_nodes(node))
                return (
                    NOTHING if all(isinstance(op, _PLAIN_OPS) for op in ops) else found
                )
            case ast.Yield(value=inner) | ast.YieldFrom(value=inner):
                self._give(self.value(inner))
                return frozenset([here(self.inside[-1])]) if self.inside else NOTHING
            case _:
                return self._each(ast.iter_child_nodes(node))

    def bind(self, target: ast.expr, regions: Regions, source: Any = None) -> None:
        """Read an assignment of *regions*, the value of *source*, to *target*."""
        match target:
            case ast.Name(id=name):
                self.store(name, regions)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._unpack(targets, regions, source)
            case ast.Starred(value=inner):
                self.bind(inner, self.container(target, regions))
            case ast.Attribute(value=inner):
                self._put(self.value(inner), regions)
            case ast.Subscript(value=inner, slice=index):
                holder = self.value(inner)
                self._put(holder, regions | self.value(index))

    def _each(self, nodes: Any) -> Regions:
        found = NOTHING
        for node in nodes:
            if isinstance(node, ast.expr):
                found |= self.value(node)
        return found

    def _attribute_of(self, holder: Regions, attr: str) -> Regions:
        if attr == "__class__":
            return frozenset(self.heap.classes)
        return self.heap.closure(holder)

    def _item(self, node: ast.AST, holder: Regions, index: ast.expr) -> Regions:
        self.value(index)
        if not holder or not self.heap.is_plain(holder):
            return self.heap.closure(holder)
        found = self.heap.elements(holder)
        return self.container(node, found) if isinstance(index, ast.Slice) else found

    def _unpack(
        self, targets: list[ast.expr], regions: Regions, source: ast.AST | None
    ) -> None:
        parts = source.elts if isinstance(source, (ast.Tuple, ast.List)) else []
        starred = any(isinstance(each, ast.Starred) for each in (*targets, *parts))
        if len(parts) == len(targets) and not starred:
            values = [self.value(part) for part in parts]  # all, before any is bound
            for target, value, part in zip(targets, values, parts, strict=True):
                self.bind(target, value, part)
            return
        held = self.go_through(regions)
        for target in targets:
            self.bind(target, held)

    def _put(self, holder: Regions, regions: Regions) -> None:
        holder = data(holder) or holder
        self.change_itself(holder)
        self.heap.lead(holder, regions)

    # -- Code that runs later ---------------------------------------------------------

    def _function(self, node: FunctionNode) -> Regions:
        region: Region = ("code", id(node))
        if region not in self.heap.bodies:
            frame = Frame(local_names(node))
            self.heap.bodies[region] = Body(node, self.frames, frame)
        args = node.args
        self.heap.lead([region], self._each([*args.defaults, *args.kw_defaults]))
        return frozenset([region])

    def _generator(self, node: ast.GeneratorExp) -> Regions:
        made = self.fresh(node)
        region: Region = ("code", id(node))
        first = self.value(node.generators[0].iter)
        if region not in self.heap.bodies:
            frame = Frame(local_names(node))
            self.heap.bodies[region] = Body(node, self.frames, frame)
        body = self.heap.bodies[region]
        self.heap.lead([made], first | {region})
        self.heap.lead([here(body)], first)
        self.see(frozenset([region]))
        self.heap.lead([made], body.gives)
        return frozenset([made])

    def run(self, body: Body) -> None:
        """Read *body*, in its own frame."""
        node, names = body.node, body.frame.names
        mine = frozenset([here(body)])
        if isinstance(node, ast.GeneratorExp):
            self._give(self._comprehension(node, self.heap.closure(mine)))
            return
        if not isinstance(node, FunctionNode):
            return
        for number, name in enumerate(parameters(node)):
            is_class = number == 0 and _is_classmethod(node)
            given = frozenset(self.heap.classes) if is_class else mine
            self.heap.add(names, name, given)
        if isinstance(node, ast.Lambda):
            self._give(self.value(node.body))
            return
        for statement in node.body:
            self.statement(statement)

    def _give(self, regions: Regions) -> None:
        if self.inside:
            self.give(self.inside[-1], regions)

    def _comprehension(
        self, node: Comprehension, first: Regions | None = None
    ) -> Regions:
        frames = self.frames
        for number, part in enumerate(node.generators):
            given = first if number == 0 else None
            gone = self.go_through(self.value(part.iter) if given is None else given)
            if number == 0:
                self.frames = (*frames, Frame(local_names(node)))
            self.bind(part.target, gone)
            self._each(part.ifs)
        if isinstance(node, ast.DictComp):
            found = self.value(node.key) | self.value(node.value)
        else:
            found = self.value(node.elt)
        self.frames = frames
        return found

    # -- Statements -------------------------------------------------------------------

    def statement(self, node: ast.stmt) -> None:  # noqa: C901, PLR0912
        """Read one statement, wherever it stands."""
        match node:
            case ast.Expr(value=inner):
                self.value(inner)
                if isinstance(inner, ast.Call):
                    self.note_bare(inner)
            case ast.Assign(targets=targets, value=inner):
                found = self.value(inner)
                for target in targets:
                    self.bind(target, found, inner)
            case ast.AnnAssign():
                self._annotated(node)
            case ast.AugAssign(target=target, value=inner):
                self._augmented(target, self.value(inner))
            case ast.Delete(targets=targets):
                for target in targets:
                    self.bind(target, NOTHING)
            case ast.Return(value=inner):
                self._give(self.value(inner))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node)
            case ast.ClassDef():
                self._class(node)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case (
                ast.For(target=target, iter=inner)
                | ast.AsyncFor(target=target, iter=inner)
            ):
                self.bind(target, self.go_through(self.value(inner)))
                self._inner(node)
            case ast.With() | ast.AsyncWith():
                self._with(node)
            case ast.Match(subject=subject):
                found = self.heap.closure(self.value(subject))
                for case in node.cases:
                    self._pattern(case.pattern, found)
                self._inner(node)
            case ast.Global() | ast.Nonlocal() | ast.Pass():
                pass
            case _ if type(node).__name__ == "TypeAlias":  # from Python 3.12 on
                alias: Any = node
                self.store(alias.name.id, self.value(alias.value))
            case _:
                self._each(ast.iter_child_nodes(node))
                self._inner(node)

    def _inner(self, node: ast.AST) -> None:
        """Read the blocks of a compound statement."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statement(child)
            elif isinstance(child, ast.ExceptHandler):
                self.value(child.type)
                if child.name is not None:
                    self.store(child.name, NOTHING)
                self._inner(child)
            elif isinstance(child, ast.match_case):
                self.value(child.guard)
                self._inner(child)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self.value(node.annotation)
        if isinstance(node.target, ast.Name) and not self.frames:
            self.effects.writes.add("__annotations__")
        if node.value is not None:
            self.bind(node.target, self.value(node.value), node.value)

    def _augmented(self, target: ast.expr, given: Regions) -> None:
        """Read ``target += …``: a container takes the new elements in, in place."""
        load = ast.copy_location(_loading(target), target)
        old = self.value(load)
        if old:
            self.change_itself(data(old) or old)
            self.heap.lead(old, given | self.go_through(given))
        strong, self.strong = self.strong, False
        self.bind(target, old | given)
        self.strong = strong

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        found = self._function(node)
        for each in ast.walk(node.args):
            if isinstance(each, ast.arg):
                self.value(each.annotation)
        self.value(node.returns)
        self.store(node.name, self._decorated(node, found))

    def _decorated(self, node: Any, found: Regions) -> Regions:
        for decorator in reversed(node.decorator_list):
            given = self.value(decorator)
            path = dotted(
                decorator.func if isinstance(decorator, ast.Call) else decorator
            )
            if path is None or path[-1] not in known.TRANSPARENT:
                self.see(found)
                found = found | self.unknown(decorator, given, found)
        return found

    def _class(self, node: ast.ClassDef) -> None:
        region: Region = ("code", id(node))
        self.heap.classes.add(region)
        bases = self._each([*node.bases, *(each.value for each in node.keywords)])
        frames, frame = self.frames, Frame(local_names(node), is_class=True)
        self.frames = (*frames, frame)
        for statement in node.body:
            self.statement(statement)
        self.frames = frames
        for regions in (bases, *frame.names.values()):
            self.heap.lead([region], regions)
        if node.bases or node.keywords:  # __init_subclass__ and metaclasses
            self.change(bases)
        self.store(node.name, self._decorated(node, frozenset([region])))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.effects.sees |= {("module", "sys"), ("module", "os")}
        self.note_change(IMPORTS)
        for alias in node.names:
            if alias.name == "*":
                self.effects.barrier = True
                continue
            name = alias.asname or alias.name
            if isinstance(node, ast.ImportFrom):
                origin = (node.module or "", alias.name)
            elif alias.asname:
                origin = (alias.name, "")
            else:
                name = alias.name.partition(".")[0]
                origin = (name, "")
            region: Region = ("module", origin[0].partition(".")[0])
            self.effects.sees.add(region)
            self.store(name, frozenset([region]))
            frame = self.frame_of(name)
            (self if frame is None else frame).imports[name] = origin

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            held = self.value(item.context_expr)
            self.change(held)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, self.heap.closure(held))
        self._inner(node)

    def _pattern(self, pattern: ast.AST, subject: Regions) -> None:
        for node in ast.walk(pattern):
            match node:
                case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    self.store(name, subject)
                case ast.MatchMapping(rest=str(name)):
                    self.store(name, subject)
                case ast.MatchValue(value=inner) | ast.MatchClass(cls=inner):
                    self.value(inner)
                case ast.MatchMapping(keys=keys):
                    self._each(keys)


def _is_classmethod(node: FunctionNode) -> bool:
    return any(
        isinstance(each, ast.Name) and each.id == "classmethod"
        for each in getattr(node, "decorator_list", ())
    )


def _loading(target: ast.expr) -> ast.expr:
    match target:
        case ast.Attribute(value=inner, attr=attr):
            return ast.Attribute(inner, attr, ast.Load())
        case ast.Subscript(value=inner, slice=index):
            return ast.Subscript(inner, index, ast.Load())
        case ast.Name(id=name):
            return ast.Name(name, ast.Load())
    return target


_PLAIN_OPS = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
_BINDING = (
    *(ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.Import, ast.ImportFrom, ast.Delete),
)
