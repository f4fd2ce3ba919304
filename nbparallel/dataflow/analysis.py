"""Statement -> its effects, by reading the syntax tree from top to bottom."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nbparallel.dataflow import known_calls
from nbparallel.dataflow.annotations import KEEPERS, annotations_of, late_annotations
from nbparallel.dataflow.existing_names import ExistingNames
from nbparallel.dataflow.expressions import Expressions
from nbparallel.dataflow.regions import NOTHING, Effects, Frame, Heap, Region, Regions
from nbparallel.dataflow.scopes import local_names


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
    existing = ExistingNames(namespace, heap)
    nodes = [node for statement in statements for node in ast.walk(statement)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    existing.explore(names | {name for node in nodes for name in _named_in_text(node)})
    analysis = Analysis(existing, heap)
    analysis.ordered = ordered
    return [analysis.read(*each) for each in enumerate(statements)]


def _named_in_text(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return known_calls.QUERIED.findall(node.value)
    return ()


class Analysis(Expressions):
    """Adds statements."""

    def read(self, number: int, statement: ast.stmt) -> Effects:
        """Return the effects of a top-level statement."""
        self.number, self.effects = number, Effects(barrier=self.wild)
        self.own_frames = {}
        self.bound = {} if isinstance(statement, _BINDING) else None
        version = -1
        while version != self.heap.version:  # a loop goes round, a function recurs
            version = self.heap.version
            self.applied, self.exposed = set(), NOTHING
            self.statement(statement)
        self.names.update(self.bound or {})
        return self.effects

    def statement(self, node: ast.stmt) -> None:
        """Read one statement, wherever it stands."""
        read: Callable[[Any], None] = getattr(
            self, f"_{type(node).__name__.lower()}", self._all
        )
        read(node)

    def _all(self, node: ast.AST) -> None:
        """Read all parts of a statement that has no more to it."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statement(child)
            elif isinstance(child, ast.expr):
                self.operate_on(self.value(child))  # whether it is true, say
            else:
                self._part(child)

    def _part(self, node: ast.AST) -> None:
        match node:
            case ast.ExceptHandler(name=str(name)):
                self.store(name, self.made)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self.store(name, self.subject)
            case ast.MatchMapping(rest=str(name)):
                self.store(name, self.subject)
        self._all(node)

    def _expr(self, node: ast.Expr) -> None:
        self.value(node.value)
        self.note_bare(node.value)
        if not self.frames and isinstance(node.value, ast.Call):
            # It is there for what it does: that must be known for it to go beside.
            self.effects.barrier |= not self.is_understood(node.value)

    def _assign(self, node: ast.Assign) -> None:
        found = self.value(node.value)
        for target in node.targets:
            self.bind(target, found, self.path(node.value))

    def _annassign(self, node: ast.AnnAssign) -> None:
        self.value(node.annotation)
        if isinstance(node.target, ast.Name) and not self.frames:
            self.effects.writes.update(KEEPERS)
        if node.value is not None:
            self.bind(node.target, self.value(node.value))

    def _augassign(self, node: ast.AugAssign) -> None:
        given = self.value(node.value)
        target: Any = ast.copy_location(ast.parse(ast.unparse(node.target)), node)
        old = self.value(target.body[0].value)
        if self.heap.is_plain(old):
            self.change(old)
            self.heap.lead(old, self.go_through(given))
            made = old | given | self.plain
            self.heap.lead(self.plain, old | given)
        else:
            made = self.unknown(old | given) | old
        self.bind(node.target, made)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.load(target.id)
            self.bind(target, NOTHING)

    def _return(self, node: ast.Return) -> None:
        self.give(self.value(node.value))

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.bind(node.target, self.go(node.iter))
        for statement in (*node.body, *node.orelse):
            self.statement(statement)

    _asyncfor = _for

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            held = self.value(item.context_expr)
            self.note_bare(item.context_expr)
            self._change_libraries(item.context_expr)
            if held:
                held = self.unknown(held)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, self.heap.closure(held))
        for statement in node.body:
            self.statement(statement)

    _asyncwith = _with

    def _change_libraries(self, node: ast.AST) -> None:
        """Note that modules and classes given to a call may be changed by it."""
        if isinstance(node, ast.Call):
            args = NOTHING.union(*(self.value(each) for each in node.args))
            self.change(frozenset(each for each in args if each[0] in ("lib", "code")))

    def _match(self, node: ast.Match) -> None:
        found = self.operate_on(self.value(node.subject))
        for case in node.cases:
            self.subject = found | self.box(found)
            self._all(case)

    # -- Definitions ------------------------------------------------------------------

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        found = self.function(node)
        for each in annotations_of(node):
            self.value(each)
        self.heap.lead(found, self.lazily(node, *late_annotations(node)))
        self.store(node.name, self._decorated(node, found))

    _asyncfunctiondef = _functiondef

    def _classdef(self, node: ast.ClassDef) -> None:
        region: Region = ("code", id(node))
        self.heap.odd.add(region)
        given = [*node.bases, *(each.value for each in node.keywords)]
        bases = NOTHING.union(*map(self.value, given))
        frame = self.own_frames.setdefault(
            region, Frame(frozenset(local_names(node)), region, is_class=True)
        )
        self.frames = (*self.frames, frame)
        for statement in node.body:
            self.statement(statement)
        self.heap.lead([region], self.lazily(node, *late_annotations(node)))
        self.frames = self.frames[:-1]
        self.heap.lead([region], bases.union(*frame.values.values()))
        itself = frozenset([region])
        if self.heap.is_users(bases):  # __init_subclass__, metaclasses
            self.unknown(bases | itself)
        self.heap.lead(bases, itself)
        self.store(node.name, self._decorated(node, itself))

    def _decorated(self, node: Any, found: Regions) -> Regions:
        for decorator in reversed(node.decorator_list):
            given = self.value(decorator)
            func = decorator.func if isinstance(decorator, ast.Call) else decorator
            path = (self.path(func) or "").rpartition(".")[2]
            if path not in known_calls.TRANSPARENT and not isinstance(
                func, ast.Attribute
            ):
                found = found | self.call_value(given, [found], {})
            elif path not in known_calls.TRANSPARENT:
                found = found | self.unknown(given | found)
                # It registers the function somewhere, as @show.register does.
                self.effects.barrier |= self.path(func) is None
        return found

    def _import(self, node: ast.Import) -> None:
        self._note_import()
        for alias in node.names:
            top = alias.name.partition(".")[0]
            path = _real(alias.name) if alias.asname else top
            self.store(alias.asname or top, frozenset([("lib", top)]), path)

    def _importfrom(self, node: ast.ImportFrom) -> None:
        self._note_import()
        module = node.module or ""
        for alias in node.names:
            if alias.name == "*":
                self.lose_track()
                continue
            path = _real(f"{module}.{alias.name}")
            name = alias.asname or alias.name
            self.store(name, self.of_library(path), path)

    def _note_import(self) -> None:
        self.see(frozenset([("state", "sys"), ("state", "os")]))
        self.change(frozenset([("world", "import")]))

    def _typealias(self, node: Any) -> None:  # from Python 3.12 on
        self.value(node.value)
        self.heap.lead(self.made, self.lazily(node, node.value))
        self.store(node.name.id, self.made)


def _real(path: str) -> str:
    """Return the name that a module has itself: ``posixpath`` for ``os.path``."""
    module = sys.modules.get(path)
    return path if module is None else module.__name__


_BINDING = (
    *(ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.Import, ast.ImportFrom, ast.Delete),
)
