"""A cell's statements -> a run: one task each, on the user's own names."""

from __future__ import annotations
import __future__

import ast
import tokenize
from collections.abc import Callable, Iterator, Mapping
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field, replace
from io import StringIO
from types import CodeType
from typing import Any

from nbparallel.dataflow.graph import needs
from nbparallel.dataflow.reading import effects_of
from nbparallel.engine.run import Run
from nbparallel.engine.work import Work
from nbparallel.errors import BadValue
from nbparallel.magics.cell import Cell
from nbparallel.options import Options
from nbparallel.types import FAILED, MISSING, Status
from nbparallel.views.safe import brief

#: Backends whose workers see the user's names.
BACKENDS = ("threads", "inline")


@dataclass(frozen=True, slots=True)
class Statement:
    """The item of a task: a statement of the cell.

    Attributes
    ----------
    line
        Its line number in the cell.
    text
        The first line of its source.
    after
        The lines that it waits for, without those that these wait for.
    """

    line: int
    text: str
    after: tuple[int, ...]
    _code: CodeType = field(repr=False, compare=False)
    _is_value: bool = field(repr=False, compare=False)
    _binds: str | None = field(repr=False, compare=False)

    def __repr__(self) -> str:
        # The lines stand in front: a long text is cut at its end.
        after = f" after {', '.join(map(str, self.after))}" if self.after else ""
        return f"line {self.line}{after}: {self.text}"

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


class _Context:
    """The context variables of a cell: what a statement sets, later ones find set."""

    def __init__(self) -> None:
        self._set: dict[ContextVar[Any], Any] = {}

    def enter(self) -> Context:
        """Set in this thread what has been set so far; return what to leave with."""
        for variable, value in [*self._set.items()]:
            variable.set(value)
        return copy_context()

    def leave(self, before: Context) -> None:
        """Keep what has been set since *before*."""
        for variable, value in copy_context().items():
            if before.get(variable, MISSING) is not value:
                self._set[variable] = value


def run_statements(
    cell: Cell,
    options: Options,
    *,
    ordered: bool = False,
    before: Callable[[Statement], Any] | None = None,
) -> Run:
    """Carry the statements of *cell* out, independent ones at the same time.

    Parameters
    ----------
    cell
        The cell; its names are bound as if it had run from top to bottom.
    options
        As for every run. With ``on_error="collect"`` what does not have to come after
        a failed statement is carried out all the same.
    ordered
        Keep statements that print, read files and the like in order.
    before
        Called with each statement before it is carried out, by its worker; for tests.

    Returns
    -------
    Run
        The run, with a task per statement; `last_value` gives the cell's value.

    Raises
    ------
    BadCell
        The cell cannot be compiled, or awaits something; nothing was started.
    BadValue
        The backend's workers don't see the user's names.
    Exception
        What the first failed statement raised, once all others have ended; only where
        the call waits for that.
    """
    __tracebackhide__ = True
    if options.backend not in BACKENDS:
        message = (
            f"backend={options.backend!r}: statements need the names of the notebook. "
            f"Write backend='threads'."
        )
        raise BadValue(message)
    _refuse_async(cell, cell.tree)
    cell.compile(cell.tree)  # what only the whole shows: a late __future__ import
    waits = needs(effects_of(cell.tree.body, cell.namespace, ordered=ordered))
    statements = _statements(cell, waits)
    context = _Context()

    def call(statement: Statement) -> Any:
        __tracebackhide__ = True
        if before is not None:
            before(statement)
        entered = context.enter()
        try:
            return statement.carry_out(cell.namespace)
        finally:
            context.leave(entered)

    work = Work(
        name="cell",
        call=call,
        items=statements,
        source=None,
        total=len(statements),
        needs=waits,
    )
    # Reading in order is the run's business; the option means the statements here.
    run = Run(work, replace(options, ordered=False)).start()
    if options.block:
        context.enter()
        raise_first(run, waits)
    return run


def last_value(cell: Cell, run: Run) -> Any:
    """Return what an ordinary cell would display: its last expression's value, or None.

    None too if the cell ends with a semicolon or that statement was not carried out.
    """
    columns = run.columns()
    if not columns.status or columns.status[-1] != Status.OK or _is_silenced(cell):
        return None
    value = columns.results[-1]
    return None if isinstance(value, Bound) else value


def raise_first(run: Run, waits: Mapping[int, Any]) -> None:
    """Raise what the first failed statement raised, if one has.

    It tells which statements did not run because of it.
    """
    __tracebackhide__ = True
    columns = run.columns()
    failed = [n for n, status in enumerate(columns.status) if status in FAILED]
    if not failed:
        return
    error, lost = columns.errors[failed[0]], _lost(failed[0], waits)
    lines = [str(columns.items[n].line) for n in sorted(lost)]
    if lines:
        word = "line" if len(lines) == 1 else "lines"
        note = f"nbparallel: not run, as they need it: {word} {', '.join(lines)}"
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
    raise error


def _lost(failed: int, waits: Mapping[int, Any]) -> set[int]:
    lost = {failed}
    for task in sorted(waits):
        if lost.intersection(waits[task]):
            lost.add(task)
    return lost - {failed}


def _statements(cell: Cell, waits: Mapping[int, list[int]]) -> list[Statement]:
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
                after=tuple(sorted({lines[each] for each in waits.get(number, ())})),
                _code=cell.compile(tree, flags),
                _is_value=isinstance(node, ast.Expr),
                _binds=_bound_name(node),
            )
        )
    return found


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


def _refuse_async(cell: Cell, tree: ast.Module) -> None:
    for node in _outside_functions(tree):
        if isinstance(node, (ast.AsyncFor, ast.AsyncWith, ast.Await)) or (
            isinstance(node, ast.comprehension) and node.is_async
        ):
            where = node.target if isinstance(node, ast.comprehension) else node
            cell.refuse(
                "statements that await cannot run in parallel: put them into a cell of "
                "their own, or write an `async def` function for pmap",
                where,
            )


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is carried out with the cell itself."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _outside_functions(child)


def _is_silenced(cell: Cell) -> bool:
    """Whether the cell ends with a semicolon, as IPython reads it."""
    ignored = {
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
        *(tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT),
    }
    last = ""
    for token in tokenize.generate_tokens(StringIO(cell.source).readline):
        if token.type not in ignored:
            last = token.string
    return last == ";"
