"""A cell's statements -> a run: one task each, on the user's own names."""

from __future__ import annotations
import __future__

import ast
import tokenize
from collections.abc import Callable, Iterator, Mapping
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
from nbparallel.types import FAILED, Status

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
    """

    line: int
    text: str
    _code: CodeType = field(repr=False, compare=False)
    _is_value: bool = field(repr=False, compare=False)

    def __repr__(self) -> str:
        return f"line {self.line}: {self.text}"

    def carry_out(self, namespace: dict[str, Any]) -> Any:
        """Run it; return its value if it is an expression, else None."""
        __tracebackhide__ = True
        if self._is_value:
            return eval(self._code, namespace)  # noqa: S307 # the user's own cell
        exec(self._code, namespace)  # noqa: S102 # the user's own cell
        return None


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
    statements = _statements(cell)
    effects = effects_of(cell.tree.body, cell.namespace, ordered=ordered)

    def call(statement: Statement) -> Any:
        __tracebackhide__ = True
        if before is not None:
            before(statement)
        return statement.carry_out(cell.namespace)

    work = Work(
        name="cell",
        call=call,
        items=statements,
        source=None,
        total=len(statements),
        needs=needs(effects),
    )
    # Reading in order is the run's business; the option means the statements here.
    run = Run(work, replace(options, ordered=False)).start()
    if options.block:
        raise_first(run, work.needs or {})
    return run


def last_value(cell: Cell, run: Run) -> Any:
    """Return what an ordinary cell would display: its last expression's value, or None.

    None too if the cell ends with a semicolon or that statement was not carried out.
    """
    columns = run.columns()
    if not columns.status or columns.status[-1] != Status.OK or _is_silenced(cell):
        return None
    return columns.results[-1]


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


def _statements(cell: Cell) -> list[Statement]:
    """Compile every statement by itself, under its own line numbers."""
    _refuse_async(cell, cell.tree)
    cell.compile(cell.tree)  # what only the whole shows: a late __future__ import
    flags = _future_flags(cell.tree)
    found = []
    for node in cell.tree.body:
        tree: ast.Module | ast.Expression = ast.Module([node], [])
        if isinstance(node, ast.Expr):
            tree = ast.Expression(node.value)
        text = next(iter(cell.text(node).splitlines()), "")
        if decorators := getattr(node, "decorator_list", None):
            text = f"@{cell.text(decorators[0])}"
        line = decorators[0].lineno if decorators else node.lineno
        code = cell.compile(tree, flags)
        found.append(Statement(line, text, code, isinstance(node, ast.Expr)))
    return found


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
