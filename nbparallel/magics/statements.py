"""A cell's statements -> a run: one task each, on the user's own names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextvars import Context, ContextVar, copy_context
from dataclasses import replace
from typing import Any

from nbparallel.dataflow.analysis import effects_of
from nbparallel.dataflow.graph import needs_of
from nbparallel.dataflow.reasons import reasons_of
from nbparallel.engine.run import Run
from nbparallel.kinds import word_of
from nbparallel.magics.cell import Cell
from nbparallel.magics.statement import (
    Bound,
    Statement,
    refuse_async,
    statements_of,
    told,
)
from nbparallel.options import Options
from nbparallel.types import FAILED, MISSING, Status
from nbparallel.work.work import LATEST, Work
from nbparallel.workers import load
from nbparallel.workers.printed import printing
from nbparallel.workers.scope import current

#: What belongs to the task that carries a statement out.
OURS = (current, printing)


class _Context:
    """The context variables of a cell: what a statement sets, later ones find set."""

    def __init__(self) -> None:
        self._set: dict[ContextVar[Any], Any] = {}
        # A task has decimal settings of its own; statements have those of the cell.
        decimal: Any = sys.modules.get("decimal")
        for variable, value in copy_context().items():
            if decimal is not None and isinstance(value, decimal.Context):
                self._set[variable] = value

    def enter(self) -> Context:
        """Set in this thread what has been set so far; return what to leave with."""
        for variable, value in [*self._set.items()]:
            variable.set(value)
        return copy_context()

    def leave(self, before: Context) -> None:
        """Keep what has been set since *before*."""
        for variable, value in copy_context().items():
            if variable in OURS:  # of the task, not of the statement
                continue
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
        The cell cannot be compiled, awaits something, or the backend's workers don't
        see the user's names; nothing was started.
    Exception
        What the first failed statement raised, once all others have ended; only where
        the call waits for that.
    """
    __tracebackhide__ = True
    _refuse_strangers(cell, options)
    refuse_async(cell)
    cell.compile(cell.tree)  # what only the whole shows: a late __future__ import
    effects = effects_of(cell.tree.body, cell.namespace, ordered=ordered)
    needs = needs_of(effects)
    statements = statements_of(cell, needs)
    reasons = told(statements, reasons_of(effects, needs))
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
        needs=needs,
        reasons=reasons,
        handle=LATEST,
    )
    # Reading in order is the run's business; the option means the statements here.
    run = Run(work, replace(options, ordered=False)).start()
    if options.block:
        context.enter()
        raise_first(run, needs)
    return run


def _refuse_strangers(cell: Cell, options: Options) -> None:
    """Refuse workers that don't see the user's names: statements bind them.

    Raises
    ------
    BadCell
        The options name such workers, or the defaults do.
    """
    backend = options.backend
    if backend is None or load(backend).sees_names:
        return
    ours, line = isinstance(backend, str), cell.line
    which = f"worker {backend}" if ours else f"workers of a {word_of(backend)}"
    line.refuse(
        f"statements bind names of the notebook, and {which} don't see those: write "
        "%%parallel --backend threads, or carry a body out per item, "
        "%%parallel for x in xs",
        line.start,
        len(line.text),
    )


def last_value(run: Run) -> Any:
    """Return the value of the cell's last expression, or None if there is no such."""
    columns = run.columns()
    if not columns.status or columns.status[-1] != Status.OK:
        return None
    value = columns.results[-1]
    return None if isinstance(value, Bound) else value


def raise_first(run: Run, needs: Mapping[int, Any]) -> None:
    """Raise what the first failed statement raised, if one has.

    It tells which statements did not run because of it.
    """
    __tracebackhide__ = True
    columns = run.columns()
    failed = [n for n, status in enumerate(columns.status) if status in FAILED]
    if not failed:
        return
    error, lost = columns.errors[failed[0]], _lost(failed[0], needs)
    lines = [str(columns.items[n].line) for n in sorted(lost)]
    if lines:
        word = "line" if len(lines) == 1 else "lines"
        note = f"nbparallel: not run, as they need it: {word} {', '.join(lines)}"
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
    raise error


def _lost(failed: int, needs: Mapping[int, Any]) -> set[int]:
    lost = {failed}
    for task in sorted(needs):
        if lost.intersection(needs[task]):
            lost.add(task)
    return lost - {failed}
