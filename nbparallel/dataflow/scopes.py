"""Which names belong to a scope: Python's own rules, read from the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_INNER = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def local_names(node: ast.AST) -> set[str]:
    """Return the names that the scope of *node* has to itself."""
    if isinstance(node, Comprehension):
        return {
            name
            for part in node.generators
            for name in _bound(part.target, inside=True)
        }
    inner = getattr(node, "body", node)
    body = inner if isinstance(inner, list) else [inner]
    names: set[str] = set(parameters(node)) if isinstance(node, FunctionNode) else set()
    elsewhere: set[str] = set()
    for each in body:
        names.update(_bound(each, inside=False))
        elsewhere.update(_declared(each))
    return names - elsewhere


def parameters(node: FunctionNode) -> list[str]:
    """Return the names of a function's parameters."""
    args = node.args
    some = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    some += [each for each in (args.vararg, args.kwarg) if each is not None]
    return [each.arg for each in some]


def _bound(node: ast.AST, *, inside: bool) -> Iterator[str]:
    """Yield the names that *node* binds; *inside* a comprehension, only targets."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=str(name)) | ast.AsyncFunctionDef(name=str(name)):
            yield name
        case ast.ClassDef(name=str(name)):
            yield name
        case ast.ExceptHandler(name=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case ast.alias(name=name, asname=other):
            yield other or name.partition(".")[0]
    if isinstance(node, Comprehension) and not inside:
        yield from _walrus(node)
        return
    for child in _children(node):
        yield from _bound(child, inside=inside)


def _walrus(node: ast.AST) -> Iterator[str]:
    """Yield what ``:=`` binds inside a comprehension, in the scope around it."""
    for child in ast.walk(node):
        if isinstance(child, ast.NamedExpr) and isinstance(child.target, ast.Name):
            yield child.target.id


def _declared(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    for child in _children(node):
        yield from _declared(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children of *node* that are in the same scope."""
    if not isinstance(node, _INNER):
        yield from ast.iter_child_nodes(node)
        return
    # Decorators, defaults and bases stand outside; they can bind by `:=` alone.
    for field in ("decorator_list", "bases"):
        yield from getattr(node, field, ())
    if (args := getattr(node, "args", None)) is not None:
        yield from (each for each in (*args.defaults, *args.kw_defaults) if each)
