"""Which names belong to a scope: Python's own rules, read from the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def local_names(node: ast.AST) -> set[str]:
    """Return the names that the scope of *node* has to itself."""
    if isinstance(node, Comprehension):
        targets = [each for part in node.generators for each in ast.walk(part.target)]
        return {each.id for each in targets if isinstance(each, ast.Name)}
    names = set(parameters(node)) if isinstance(node, FunctionNode) else set()
    elsewhere: set[str] = set()
    for each in _own_nodes(node):
        names.update(_binds(each))
        if isinstance(each, ast.Global | ast.Nonlocal):
            elsewhere.update(each.names)
    return names - elsewhere


def parameters(node: FunctionNode) -> list[str]:
    """Return the names of a function's parameters."""
    return [each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)]


def is_lazy(node: ast.AST) -> bool:
    """Whether a call of *node* only prepares what is done later."""
    return isinstance(node, ast.AsyncFunctionDef | ast.GeneratorExp) or any(
        isinstance(each, ast.Yield | ast.YieldFrom) for each in _own_nodes(node)
    )


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all in the body of *node* that is in no scope further inside."""
    body = getattr(node, "body", node)
    todo = list(body) if isinstance(body, list) else [body]
    for each in todo:
        yield each
        if isinstance(each, Comprehension):  # of its own it has all but `:=`
            todo += [part for part in ast.walk(each) if _is_walrus(part)]
        elif isinstance(each, _Definition | ast.Lambda):
            todo += getattr(each, "decorator_list", [])
            todo += getattr(each, "bases", [])
            args = getattr(each, "args", None)
            todo += [*args.defaults, *filter(None, args.kw_defaults)] if args else []
        else:
            todo += ast.iter_child_nodes(each)


def _is_walrus(node: ast.AST) -> bool:
    return isinstance(node, ast.NamedExpr)


def _binds(node: ast.AST) -> Iterator[str]:
    """Yield the name that *node* itself binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case ast.alias(name=name, asname=other):
            yield other or name.partition(".")[0]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.ClassDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
