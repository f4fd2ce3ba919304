"""The source of functions that were defined before the cell, as a syntax tree."""

from __future__ import annotations

import ast
import dis
import functools
import linecache
from collections.abc import Iterator
from types import CodeType, FunctionType

from nbparallel.dataflow.annotations import (
    Definition,
    evaluating,
    late_annotations,
)
from nbparallel.dataflow.scopes import FunctionNode, parameters


def definition_of(function: FunctionType) -> ast.AST:
    """Return the definition of *function*, or code that may do no less than it does."""
    code = function.__code__
    lines = "".join(linecache.getlines(code.co_filename))
    if code.co_name == "__annotate__":
        return _annotate_at(code.co_firstlineno, lines) or _guess(code)
    found = [
        node
        for node in _definitions(lines)
        if isinstance(node, FunctionNode)
        and _first_line(node) == code.co_firstlineno
        and getattr(node, "name", "<lambda>") == code.co_name
        and set(parameters(node)) == set(_arguments(code))
    ]
    return found[0] if len(found) == 1 else _guess(code)


def _annotate_at(line: int, source: str) -> ast.AST | None:
    """Return what evaluates the annotations of the one definition at *line*."""
    found = [
        evaluating(parts)
        for node in _definitions(source)
        if isinstance(node, Definition)
        and line in (node.lineno, _first_line(node))
        and (parts := late_annotations(node))
    ]
    return found[0] if len(found) == 1 else None


@functools.lru_cache(maxsize=64)
def _definitions(source: str) -> tuple[FunctionNode | ast.ClassDef, ...]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # a notebook's cell with magics in it
        return ()
    kinds = FunctionNode | ast.ClassDef
    return tuple(node for node in ast.walk(tree) if isinstance(node, kinds))


def _first_line(node: FunctionNode | ast.ClassDef) -> int:
    if isinstance(node, ast.Lambda) or not node.decorator_list:
        return node.lineno
    return node.decorator_list[0].lineno


def _arguments(code: CodeType) -> tuple[str, ...]:
    flags = bool(code.co_flags & 4) + bool(code.co_flags & 8)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + flags]


def _guess(code: CodeType) -> ast.AST:
    """Return a function that changes all that the names in *code* may lead to."""
    named, bound = set(code.co_freevars), set()
    for each in _codes(code):
        named.update(each.co_names)
        for step in dis.get_instructions(each):
            if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                bound.add(step.argval)
    lines = [f"global {name}; {name} = 0" for name in sorted(bound)]
    lines.append(f"return unknown({', '.join(sorted(named - {'unknown'}))})")
    return ast.parse(
        "def guess():\n" + "\n".join(f"    {line}" for line in lines)
    ).body[0]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)
