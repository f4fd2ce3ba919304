"""Annotations: the names that keep them, and what is read once they are asked for.

Up to Python 3.13 an annotation is evaluated where it stands. From 3.14 on a definition
has a function of its own that evaluates its annotations, called by whoever asks for
them: what they name is looked up then, and may have been bound after the definition.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from typing import Final

#: Whether annotations are evaluated when they are asked for.
ARE_LATE: Final = sys.version_info >= (3, 14)
#: What an annotation at the top of a cell binds, besides its own name: which of them
#: depends on the version of Python, and on ``from __future__ import annotations``.
KEEPERS: Final = ("__annotations__", "__annotate__", "__conditional_annotations__")
#: The attributes by which they are asked for.
ASKING: Final = ("__annotations__", "__annotate__")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def annotations_of(node: Definition) -> list[ast.expr]:
    """Return the annotations that belong to *node*, not to what is defined in it."""
    if isinstance(node, ast.ClassDef):
        return [each.annotation for each in _annotated(node.body)]
    every = (each for each in ast.walk(node.args) if isinstance(each, ast.arg))
    return [*filter(None, (*(each.annotation for each in every), node.returns))]


def late_annotations(node: Definition) -> list[ast.expr]:
    """Return those that are evaluated when they are asked for."""
    return annotations_of(node) if ARE_LATE else []


def evaluating(parts: Iterable[ast.expr]) -> ast.Module:
    """Return the body of a function that evaluates *parts*; it is read, never run."""
    return ast.Module([ast.Return(each) for each in parts], [])


def _annotated(body: list[ast.stmt]) -> Iterator[ast.AnnAssign]:
    todo: list[ast.AST] = [*body]
    for each in todo:
        if isinstance(each, ast.AnnAssign):
            yield each
        elif not isinstance(each, Definition | ast.expr):
            todo += ast.iter_child_nodes(each)
