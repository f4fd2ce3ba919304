"""What a call may do.

The assumption, stated in the guide: a function changes nothing but what its arguments
lead to, what its own body says if that is at hand, and the state of modules known to
have one.
"""

from __future__ import annotations

import ast
import types
from abc import abstractmethod
from typing import Any

from nbparallel.dataflow import known
from nbparallel.dataflow.frozen import is_frozen, makes_frozen
from nbparallel.dataflow.heap import (
    NOTHING,
    WORLD,
    Body,
    Regions,
    data,
    is_shared,
)
from nbparallel.dataflow.memory import Memory
from nbparallel.types import MISSING


class Calls(Memory):
    """Adds calls."""

    ordered = False

    @abstractmethod
    def value(self, node: ast.AST | None) -> Regions:
        """Read an expression; return what its value may lead to."""

    def call(self, node: ast.Call) -> Regions:
        """Read a call."""
        func = node.func
        self._note_io(func)
        if isinstance(func, ast.Name) and self.is_builtin(func.id):
            found = self._builtin(func.id, node)
            if found is not None:
                return found
        if isinstance(func, ast.Attribute):
            return self._attribute(node, func)
        callee = self.value(func)
        args = self._arguments(node)
        made = self.unknown(node, callee, args)
        target = self._target(func)
        return NOTHING if makes_frozen(target) else made

    def note_bare(self, node: ast.Call) -> None:
        """Read a call as a statement: done for what it does to its function's module.

        So ``torch.manual_seed(0)`` stays in order with all that uses ``torch``.
        """
        target = self._target(node.func)
        module = getattr(target, "__module__", None) or ""
        if isinstance(target, types.FunctionType):
            module = target.__globals__.get("__name__", module)
        elif target is MISSING and (origin := self._origin(node.func)) is not None:
            module = origin[0]
        own = self.outside.namespace.get("__name__")
        top = module.partition(".")[0] if isinstance(module, str) else ""
        if top not in known.HARMLESS and module != own:
            self.note_change(("module", top))

    # -- The kinds of callee ----------------------------------------------------------

    def unknown(self, node: ast.AST, callee: Regions, args: Regions) -> Regions:
        """Read a call of something that may do anything to what it is given."""
        given = self.heap.closure(callee | args)
        self.change(given)
        bodies = [self.heap.bodies[each] for each in given if each in self.heap.bodies]
        made = self.fresh(node)
        holders = {made, *data(given)}
        held = {*holders, *filter(is_shared, self.heap.closure(args))}
        for body in bodies:
            holders |= data(body.changes)
            held |= body.gives
        # What is done later: an instance calls its methods, a generator its body.
        if given & self.heap.classes or any(_is_lazy(body) for body in bodies):
            held |= given
        self.heap.lead(holders, held)
        return frozenset([made])

    def _builtin(  # noqa: PLR0911 # one per kind
        self, name: str, node: ast.Call
    ) -> Regions | None:
        """Read a call of a builtin; None if nothing is known about it."""
        chosen = _BUILTINS.get(name)
        if chosen is None:
            return None
        self.load(name)
        args = self._arguments(node)
        if name == "print":
            for keyword in node.keywords:
                self.change(self.value(keyword.value))  # file=
        if chosen is known.READERS:
            return NOTHING
        if chosen is known.PASSING:
            found = self.heap.classes if name == "type" else self.heap.closure(args)
            return frozenset(found)
        if chosen is known.SETTERS:
            self.change_itself(args)
            return NOTHING
        if chosen is known.ITERATORS:
            made = self.fresh(node)
            self.heap.lead([made], self.heap.closure(args))
            return frozenset([made])
        if chosen is known.CHOOSERS and len(node.args) > 1:
            return args
        held = self.go_through(args)
        if chosen is known.FOLDERS:
            return NOTHING
        return self.container(node, held) if chosen is known.COLLECTORS else held

    def _attribute(self, node: ast.Call, func: ast.Attribute) -> Regions:
        module = self._module_of(func)
        if module is not None:
            return self._of_module(node, func, *module)
        holder = self.value(func.value)
        args = self._arguments(node)
        if func.attr in known.DRAWING:
            self.note_change(("module", "matplotlib"))
        reached = self.heap.closure(holder)
        if not reached:
            return self._of_immutable(node, func, args)
        if data(reached) and self.heap.is_plain(holder):
            found = self._of_container(node, func.attr, holder, args)
            if found is not None:
                return found
        elif not data(reached) and self._is_object(func.value, holder):
            self.change_itself(frozenset(r for r in holder if r[0] == "module"))
        return self.unknown(node, holder, args)

    def _of_immutable(
        self, node: ast.Call, func: ast.Attribute, args: Regions
    ) -> Regions:
        if func.attr in known.TEXT:
            self.go_through(args)
            return NOTHING
        if func.attr in ("split", "splitlines"):
            return self.container(node, NOTHING)
        return self.unknown(node, NOTHING, args)

    def _of_container(
        self, node: ast.Call, method: str, holder: Regions, args: Regions
    ) -> Regions | None:
        """Read a call of a list's method, or a dict's; None if it is no known one."""
        if method in known.LOOKING:
            return self.heap.elements(holder) | args | _view(method, holder)
        if method in known.COPYING:
            held = self.heap.elements(holder) | self.go_through(args)
            return self.container(node, held)
        if method in known.TAKING:
            for region in holder:
                self.note_change(region)
            return self.heap.elements(holder) | args
        if method in known.STORING:
            for region in holder:
                self.note_change(region)
            if method in ("extend", "update"):
                args |= self.go_through(args)
            self.heap.lead(holder, args)
            return self.heap.elements(holder) | args
        return None

    # -- Modules ----------------------------------------------------------------------

    def _of_module(
        self, node: ast.Call, func: ast.Attribute, module: str, owner: Any
    ) -> Regions:
        self.value(func.value)
        args = self._arguments(node)
        top = ("module", module.partition(".")[0])
        name = f"{module}.{func.attr}"
        if owner is not MISSING and not isinstance(owner, (types.ModuleType, type)):
            if not is_frozen(owner) and func.attr not in known.LOOKING:
                self.note_change(top)  # as in sys.path.append(…)
        elif module in known.STATEFUL and name not in known.STATELESS:
            self.note_change(top)
        if module in known.PURE:
            self.go_through(args)
            return NOTHING
        target = self._target(func)
        if makes_frozen(target):
            self.change(args)
            return NOTHING
        return self.unknown(node, NOTHING, args)

    def _module_of(self, func: ast.Attribute) -> tuple[str, Any] | None:
        """Return the module that ``a.b.c`` looks into, and what ``a.b`` is.

        None if the name ``a`` is no module's.
        """
        path = dotted(func)
        if path is None:
            return None
        found = self.known(path[0])
        module = self._name_of_module(path[0], found)
        if module is None:
            return None
        for name in path[1:-1]:
            if isinstance(found, types.ModuleType):
                found = vars(found).get(name, MISSING)
            elif found is not MISSING:
                found = object()  # something inside of something inside a module
            if isinstance(found, types.ModuleType):
                module = found.__name__
            elif found is MISSING:
                module = f"{module}.{name}"
        if found is MISSING and len(path) > 2 and module.count(".") > 1:  # noqa: PLR2004
            found = object()  # nobody can tell before it is imported
        return module, found

    def _name_of_module(self, name: str, found: Any) -> str | None:
        if isinstance(found, types.ModuleType):
            return found.__name__
        origin = self.origin(name)
        if origin is not None and found is MISSING and not origin[1]:
            return origin[0]
        return None

    def _is_object(self, node: ast.AST, holder: Regions) -> bool:
        """Whether *node* may be an object out of a module, not a class or function."""
        if not any(region[0] == "module" for region in holder):
            return False
        found = self._target(node)
        return not (isinstance(found, type) or callable(found) or is_frozen(found))

    # -- Inside -----------------------------------------------------------------------

    def _arguments(self, node: ast.Call) -> Regions:
        found = NOTHING
        for each in node.args:
            found |= self.value(each)
        for keyword in node.keywords:
            found |= self.value(keyword.value)
        return found

    def _target(self, func: ast.AST) -> Any:
        """Return what is called, where that is known before the cell."""
        if isinstance(func, ast.Name):
            return self.known(func.id)
        if isinstance(func, ast.Attribute) and (module := self._module_of(func)):
            owner = module[1]
            if isinstance(owner, (types.ModuleType, type)):
                return vars(owner).get(func.attr, MISSING)
        return MISSING

    def _origin(self, func: ast.AST) -> tuple[str, str] | None:
        path = dotted(func)
        return None if path is None else self.origin(path[0])

    def _note_io(self, func: ast.AST) -> None:
        if not self.ordered:
            return
        match func:
            case ast.Name(id=name) if self.frame_of(name) is None:
                found = name in known.IO_NAMES
            case ast.Attribute(attr=name):
                found = name in known.IO_METHODS
            case _:
                return
        if found or name.startswith(known.IO_PREFIXES):
            self.note_change(WORLD)


def dotted(node: ast.AST) -> list[str] | None:
    """Return the names in ``a.b.c``, or None if *node* is anything else."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else None


def _view(method: str, holder: Regions) -> Regions:
    """Return what ``d.keys()`` and the like give: it changes with *holder*."""
    return holder if method in ("items", "keys", "values") else NOTHING


def _is_lazy(body: Body) -> bool:
    """Whether a call of *body* only prepares what is done later."""
    node = body.node
    return isinstance(node, ast.AsyncFunctionDef) or any(
        isinstance(each, (ast.Yield, ast.YieldFrom)) for each in ast.walk(node)
    )


_BUILTINS = {
    name: some
    for some in (
        known.READERS,
        known.FOLDERS,
        known.CHOOSERS,
        known.COLLECTORS,
        known.ITERATORS,
        known.PASSING,
        known.SETTERS,
    )
    for name in some
}
