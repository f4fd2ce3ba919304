"""The statements of a cell, each compiled by itself, and what each is shown as."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Final

from nbparallel.magics.cell import Cell
from nbparallel.records.reasons import Reasons
from nbparallel.short_text import brief
from nbparallel.types import MISSING

#: So many lines that a statement waits for are named.
MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Statement:
    """The item of a task: a statement of the cell.

    Attributes
    ----------
    line
        Its line number in the cell.
    text
        The first line of its source.
    needs
        The lines that it waits for, without those that these wait for.
    """

    line: int
    text: str
    needs: tuple[int, ...]
    _code: CodeType = field(repr=False, compare=False)
    _is_value: bool = field(repr=False, compare=False)
    _binds: str | None = field(repr=False, compare=False)

    def __repr__(self) -> str:
        # The lines stand in front: a long text is cut at its end.
        waits = f", waits for {_several(self.needs)}" if self.needs else ""
        return f"line {self.line}{waits}: {self.text}"

    def carry_out(self, namespace: dict[str, Any]) -> Any:
        """Run it; return its value if it is an expression, else what it shows."""
        __tracebackhide__ = True
        if self._is_value:
            return eval(self._code, namespace)  # noqa: S307 # the user's own cell
        exec(self._code, namespace)  # noqa: S102 # the user's own cell
        return Bound(self._binds, namespace)


class Bound:
    """The result of a statement that is no expression.

    It is shown as the value of the one name that was bound by it, while that still has
    it. The value is not kept: a run would hold on to it after ``del``.
    """

    def __init__(self, name: str | None, namespace: dict[str, Any]) -> None:
        self._name = name
        self._namespace = namespace
        self._id = id(self._value())

    def _value(self) -> Any:
        return self._namespace.get(self._name or "", MISSING)

    def __repr__(self) -> str:
        value = self._value()
        return "" if value is MISSING or id(value) != self._id else brief(value)


def statements_of(cell: Cell, needs: Mapping[int, list[int]]) -> list[Statement]:
    """Compile every statement by itself, under its own line numbers."""
    body, flags = cell.tree.body, _future_flags(cell.tree)
    lines = [_first(node).lineno for node in body]
    found = []
    for number, node in enumerate(body):
        tree: ast.Module | ast.Expression = ast.Module([node], [])
        if isinstance(node, ast.Expr):
            tree = ast.Expression(node.value)
        first = _first(node)
        text = next(iter(cell.text(first).splitlines()), "")
        found.append(
            Statement(
                line=lines[number],
                text=text if first is node else f"@{text}",
                needs=tuple(sorted({lines[each] for each in needs.get(number, ())})),
                _code=cell.compile(tree, flags),
                _is_value=isinstance(node, ast.Expr),
                _binds=_bound_name(node),
            )
        )
    return found


def told(
    statements: Sequence[Statement], reasons: Mapping[int, Mapping[int, str]]
) -> Reasons:
    """Return *reasons*, by number of statement, as sentences that name the lines."""
    lines = [each.line for each in statements]
    return Reasons(
        {
            number: {
                each: f"line {lines[number]} needs line {lines[each]} ({why})"
                for each, why in some.items()
            }
            for number, some in reasons.items()
        }
    )


def _several(lines: Sequence[int]) -> str:
    """Return the numbers of *lines*, of many the first few."""
    word = "line" if len(lines) == 1 else "lines"
    named = lines if len(lines) <= MOST else lines[: MOST - 1]
    more = f" and {len(lines) - len(named)} more" if len(named) < len(lines) else ""
    return f"{word} {', '.join(map(str, named))}{more}"


def _first(node: ast.stmt) -> ast.stmt | ast.expr:
    """Return what *node* begins with: a definition's first decorator, or itself."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return decorators[0] if decorators else node


def _bound_name(node: ast.stmt) -> str | None:
    """Return the one name that *node* binds by ``=``, or None."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name
        case ast.AugAssign(target=ast.Name(id=name)):
            return name
    return None


def _future_flags(tree: ast.Module) -> int:
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def refuse_async(cell: Cell) -> None:
    """Refuse a cell with a statement that awaits.

    Raises
    ------
    BadCell
        There is one.
    """
    for node in _outside_functions(cell.tree):
        if isinstance(node, (ast.AsyncFor, ast.AsyncWith, ast.Await)) or (
            isinstance(node, ast.comprehension) and node.is_async
        ):
            where = node.target if isinstance(node, ast.comprehension) else node
            cell.refuse(
                "statements that await cannot run in parallel: put them into a cell of "
                "their own. A loop can, %%parallel for x in xs: its body may await",
                where,
            )


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is carried out with the cell itself."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _outside_functions(child)
