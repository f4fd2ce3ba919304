"""The magics ``%parallel`` and ``%%parallel``: from what was written to a run.

Loaded by ``%load_ext nbparallel`` only: it needs IPython.
"""

from __future__ import annotations

import re
from typing import Any

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

from nbparallel.edge.traits import Configured, traits
from nbparallel.engine import runs
from nbparallel.engine.run import Run
from nbparallel.errors import UsageError, without_our_frames
from nbparallel.magics import flags, ipython_cell
from nbparallel.magics.cell import Line, is_silenced
from nbparallel.magics.comprehension import run_comprehension
from nbparallel.magics.loop import parse_header, refuse_lone_loop, run_loop
from nbparallel.magics.parsed_flags import ParsedFlags, parse_flags
from nbparallel.options import NAMES, Options, resolve

HELP = """Run the body of a cell once per item, or a comprehension, in parallel.

::

    %%parallel [flags] for url in urls if url.startswith("http")
    page = fetch(url)
    len(page)

runs the body once per item. Names assigned in it are local to each task; the value
of its last expression is the task's result. The cell gives the run; -o binds it.

::

    %%parallel [flags]
    users = load("users")
    orders = load("orders")
    report = join(users, orders)

runs the statements at the same time where they don't need each other, and shows the
value of the last one; --ordered keeps those that print, read or write in order.

::

    pages = %parallel [flags] [fetch(url) for url in urls if wanted(url)]

gives what the list, set or dict comprehension would have given.

Flags:

"""


#: A line of the magics, as far as the space behind their name.
IS_OURS = re.compile(r"\s*(.*=\s*%|%%?)parallel\s")
#: A line that gives what the magic gives to a name.
ASSIGNS = re.compile(r"[^%]*=\s*%")


class ParallelMagics(Magics, Configured):
    """The magics; `NBParallel` adds a trait per option."""

    shell: Any

    @needs_local_scope
    @no_var_expand
    @line_cell_magic
    def parallel(
        self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None
    ) -> Any:
        """Run what was written; return what the cell or the line gives."""
        __tracebackhide__ = True
        where = ipython_cell.locate(self.shell, line, cell)
        names = self.shell.user_ns
        if local_ns is not None and local_ns is not names:
            names = {**names, **local_ns}
        parsed = parse_flags(where, names)
        before = runs.last()
        try:
            if cell is not None:
                run, result = self._run_cell(where, parsed, cell)
                silenced = is_silenced(cell)
            else:
                body = ipython_cell.without_body(self.shell, where, names)
                run, result = run_comprehension(
                    body, parsed.rest, self._options(where, parsed, on_error="raise")
                )
                silenced = is_silenced(line) and not ASSIGNS.match(where.text)
        except BaseException as error:  # the run that it ended is bound all the same
            if runs.last() is not before:
                self._bind(parsed, runs.last())
            trace = without_our_frames(error)
            raise BaseException.with_traceback(error, trace)  # noqa: B904 # as it was
        self._bind(parsed, run)
        return None if silenced else result

    def _run_cell(self, line: Line, parsed: ParsedFlags, body: str) -> tuple[Run, Any]:
        __tracebackhide__ = True
        options = self._options(line, parsed)
        if parsed.rest < len(line.text):
            clauses = parse_header(line, parsed.rest)
            run = run_loop(ipython_cell.read(self.shell, line, body), clauses, options)
            return run, run
        from nbparallel.magics.statements import last_value, run_statements

        cell = ipython_cell.read(self.shell, line, body)
        refuse_lone_loop(cell)
        run = run_statements(cell, options, ordered=options.ordered)
        return run, last_value(run) if options.block else run

    def _options(self, line: Line, parsed: ParsedFlags, **usual: Any) -> Options:
        """Return what the flags say, else the defaults in force, else what is usual."""
        try:
            return resolve(parsed.options, **usual)
        except UsageError as error:
            raise line.mistake(str(error), line.start, parsed.rest) from None

    def _bind(self, parsed: ParsedFlags, run: Run | None) -> None:
        for what, name in parsed.names.items():
            assert run is not None
            self.shell.user_ns[name] = run if what == "out" else run.df


ParallelMagics.parallel.__doc__ = HELP + flags.usage()

#: The magics, with a trait for the default of each option.
NBParallel: type[Any] = magics_class(
    type("NBParallel", (ParallelMagics,), traits(NAMES))
)


@context_matcher()  # type: ignore[untyped-decorator]
def complete(context: Any) -> dict[str, Any]:
    """Complete flags on a line of the magics; the rest IPython does by itself."""
    line = context.text_until_cursor
    if not IS_OURS.match(line) or not context.token.startswith("-"):
        return {"completions": []}
    fitting = [word for word in flags.all_flags() if word.startswith(context.token)]
    return {
        "completions": [SimpleCompletion(word, type="param") for word in fitting],
        "suppress": bool(fitting),
    }
