"""``for … in … if …``: what its clauses go through, and the task that takes an item."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import replace
from itertools import chain
from time import perf_counter
from types import FunctionType
from typing import Any, Final

from nbparallel.engine.run import Run
from nbparallel.magics.cell import Cell
from nbparallel.options import Options, Unpacking
from nbparallel.work.inputs import work_of
from nbparallel.work.kinds import is_iterable, is_read_otherwise
from nbparallel.work.work import LATEST

#: Seconds for which input of a known size is read before the run starts, so that its
#: length is known. What takes longer is read while tasks are carried out.
AHEAD: Final = 0.1

SCOPES: Final = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
)
Clauses = Sequence[ast.comprehension]


def run_body(
    cell: Cell, clauses: Clauses, body: list[ast.stmt], options: Options
) -> Run:
    """Run *body*, the body of a function of the clauses' names, once per item."""
    __tracebackhide__ = True
    _check(cell, clauses)
    names = _names(cell, clauses)
    task = _function(cell, names, body)
    items = _items(cell, clauses, names)
    how: Unpacking = "args" if len(names) > 1 else "item"
    work = work_of(task, (items,), how)
    title = " ".join(map(ast.unparse, clauses)).strip()
    source = "\n".join(map(ast.unparse, body))
    work = replace(work, name=title, source_text=source, handle=LATEST)
    return Run(work, replace(options, unpack=how)).start()


def _names(cell: Cell, clauses: Clauses) -> list[str]:
    """Return the names that the clauses bind, in order.

    Raises
    ------
    BadCell
        A clause binds something else than names.
    """
    found = []
    for clause in clauses:
        for node in ast.walk(clause.target):
            if isinstance(node, (ast.Attribute, ast.Subscript)):
                message = "each task has its own names: put a name behind `for`"
                cell.refuse(message, node)
            if isinstance(node, ast.Name):
                found.append(node.id)
    return list(dict.fromkeys(found))


def within(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of *body*, but for what lies in functions and classes in it."""
    for node in body:
        yield node
        if not isinstance(node, SCOPES):
            yield from within(list(ast.iter_child_nodes(node)))


def refuse_binding(cell: Cell, parts: Sequence[ast.expr]) -> None:
    """Refuse ``:=`` in what is evaluated once per item.

    Raises
    ------
    BadCell
        There is one.
    """
    for node in within(parts):
        if isinstance(node, ast.NamedExpr):
            cell.refuse("a name bound by `:=` here is lost between tasks", node)


def _check(cell: Cell, clauses: Clauses) -> None:
    for clause in clauses:
        if clause.is_async:
            message = "`async for` cannot be shared out; `await` in the body works"
            cell.refuse(message, clause.target)
        parts = [clause.target, clause.iter, *clause.ifs]
        refuse_binding(cell, parts)
        for node in within(parts):
            if isinstance(node, ast.Await):
                message = "items are read without awaiting: await them in a cell above"
                cell.refuse(message, node)


def _function(cell: Cell, names: list[str], body: list[ast.stmt]) -> Callable[..., Any]:
    waits = (ast.Await, ast.AsyncFor, ast.AsyncWith)
    is_async = any(
        isinstance(node, waits)
        or (isinstance(node, ast.comprehension) and node.is_async)
        for node in within(body)
    )
    head = f"{'async ' if is_async else ''}def task({', '.join(names)}): pass"
    tree = ast.parse(head)
    function = tree.body[0]
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    function.body = body
    made: dict[str, Any] = {}
    exec(cell.compile(ast.fix_missing_locations(tree)), cell.namespace, made)  # noqa: S102 # a cell
    task: FunctionType = made["task"]
    # Shown in tracebacks as what stands in any other cell. A function's source would be
    # looked for from its first line on, and the line of a magic is no function's.
    task.__code__ = task.__code__.replace(co_name="<module>", co_qualname="<module>")
    return task


def _items(cell: Cell, clauses: Clauses, names: list[str]) -> Any:
    """Return what the clauses go through, as one iterable of values or of tuples."""
    __tracebackhide__ = True
    first = clauses[0]
    given = _evaluate(cell, first.iter)
    if not is_iterable(given):
        cell.refuse(f"{type(given).__name__} is nothing to go through", first.iter)
    if len(clauses) == 1 and isinstance(first.target, ast.Name) and not first.ifs:
        # A loop over a DataFrame goes through its columns, one over text its letters.
        return list(given) if is_read_otherwise(given) else given
    loaded: list[ast.expr] = [ast.Name(name, ast.Load()) for name in names]
    each = loaded[0] if len(names) == 1 else ast.Tuple(loaded, ast.Load())
    # The first input is at hand: it must not be evaluated again.
    reader = ast.parse("lambda __given__: (0 for _ in __given__)", mode="eval").body
    ast.increment_lineno(reader, cell.line.number - 1)
    assert isinstance(reader, ast.Lambda)
    assert isinstance(reader.body, ast.GeneratorExp)
    at_hand = reader.body.generators[0].iter
    begun = ast.comprehension(first.target, at_hand, first.ifs, is_async=0)
    reader.body.elt, reader.body.generators = each, [begun, *clauses[1:]]
    rows = _evaluate(cell, reader)(given)
    return _ahead(rows) if isinstance(given, Sized) else rows


def _evaluate(cell: Cell, node: ast.expr) -> Any:
    __tracebackhide__ = True
    tree = ast.fix_missing_locations(ast.Expression(node))
    return eval(cell.compile(tree), cell.namespace)  # noqa: S307 # the user's own cell


def _ahead(rows: Iterator[Any]) -> list[Any] | Iterator[Any]:
    __tracebackhide__ = True
    limit, read = perf_counter() + AHEAD, []
    for row in rows:
        read.append(row)
        if perf_counter() > limit:
            return chain(read, rows)
    return read
