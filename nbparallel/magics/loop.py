"""``%%parallel for x in xs``: the body of a cell, once per item."""

from __future__ import annotations

import ast
import re
from typing import Final

from nbparallel.engine.run import Run
from nbparallel.magics.cell import Cell, Line
from nbparallel.magics.clauses import SCOPES, Clauses, run_body, within
from nbparallel.magics.flags import all_flags
from nbparallel.options import NAMES, Options

LIKE: Final = "as in %%parallel for url in urls"
#: A colon at the end of the header, which is welcome, and a comment behind it.
COLON: Final = re.compile(r"""\s*(:\s*(#[^'")}\]]*)?)?$""")

#: Known mistakes, as they look outside brackets, and what to write instead.
REMEDIES: Final = (
    (rf"^({'|'.join(NAMES)})\s*=", "options are flags here: write --, then its value"),
    (r"^(?!for\b)[fF][oO][rR]\b", "`for` is written in small letters"),
    (r"^(?:while|if|with|def|foreach)\b", f"only `for` can be shared out, {LIKE}"),
    (r"^[\[{(].*", "a comprehension takes one line: pages = %parallel […]"),
    (r"^(?!for\b|async\b)\S+", f"a loop begins with `for`, {LIKE}"),
    (r":\s*(\S.*)", "the body goes on the lines below"),
    (r";", "one loop is all there can be: another statement is another cell"),
    (r"(,)\s*(?:async\s+)?for\b", "no comma between two loops"),
    (r"\bfor\s+(in)\b", "a name is missing between `for` and `in`"),
    (r"\bfor\b((?:(?!\bin\b).)*?)(?=$|\bfor\b|\bif\b)", "`in` is missing: for … in …"),
    (r"\bin(\s*)(?=$|for\b|if\b)", "what to go through is missing behind `in`"),
    (r"\bif(\s*)(?=$|for\b|if\b)", "the condition behind `if` is missing"),
    (r"\bif\b.*?(?<![=!<>:])(=)(?!=)", "`=` assigns: compare with `==`"),
    (r"\bin\s+(\*\S*)", "`*` needs brackets around it: [*xs]"),
    (r"\belse\b", "a loop here has no `else`: put it into the body"),
)


def run_loop(cell: Cell, clauses: Clauses, options: Options) -> Run:
    """Run the cell's body once per item of the header's clauses."""
    __tracebackhide__ = True
    body = cell.tree.body
    if not body:
        cell.line.refuse("the body below is empty: there is nothing to carry out", 0)
    _check(cell, clauses)
    body = [_Continue(cell).visit(statement) for statement in body]
    if isinstance(last := body[-1], ast.Expr):
        body[-1] = ast.copy_location(ast.Return(last.value), last)
    return run_body(cell, clauses, body, options)


def refuse_lone_loop(cell: Cell) -> None:
    """Refuse a cell that is one loop and nothing else: its header is on the wrong line.

    Raises
    ------
    BadCell
        It is; the message gives the line to write.
    """
    match cell.tree.body:
        case [ast.For(target=target, iter=inputs) as loop]:
            header = f"for {cell.text(target)} in {cell.text(inputs)}"
            message = (
                f"one loop is one statement, with nothing beside it: write "
                f"%%parallel {header}, and what the loop does on the lines below"
            )
            cell.refuse(message, loop)


class _Continue(ast.NodeTransformer):
    """Ends the task where the body goes on with the next item."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def visit_Continue(self, node: ast.Continue) -> ast.stmt:
        return ast.copy_location(ast.Return(None), node)

    def visit_Break(self, node: ast.Break) -> ast.stmt:
        message = "tasks run at the same time: none can `break` out for the others"
        return self._cell.refuse(message, node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, SCOPES):
            return node
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            # Only the else of a loop in the body belongs to the loop around it.
            node.orelse = [self.visit(each) for each in node.orelse]
            return node
        return super().generic_visit(node)


def parse_header(line: Line, start: int) -> Clauses:
    """Return the ``for`` clauses that begin at column *start*.

    Raises
    ------
    BadCell
        They are no such clauses; it says what to write.
    """
    end = COLON.search(line.text, start)
    text = line.text[: end.start() if end else None]
    header = Line(text, start, line.number, line.filename, line.label)
    _refuse_late_flags(header)
    try:
        tree = header.parse(start, "[0 ", "]")
    except SyntaxError as error:
        _advise(header)
        stop = error.end_offset - 1 if error.end_offset else None
        raise header.mistake(error.msg, (error.offset or 1) - 1, stop) from None
    begins = re.match(r"(async\s+)?for\b", text[start:])
    if not (begins and isinstance(tree, ast.ListComp)):
        _advise(header)
        header.refuse(f"this is no loop, {LIKE}", start, len(text))
    return tree.generators


def _check(cell: Cell, clauses: Clauses) -> None:
    """Refuse what would do something else in a task than it does in a loop."""
    nodes = [*within(cell.tree.body), *within([each.target for each in clauses])]
    added = [node for node in nodes if isinstance(node, ast.AugAssign)]
    targets = [node.target for node in added]
    bound = {
        name for node in nodes if isinstance(node, ast.Global) for name in node.names
    }
    for node in nodes:
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            cell.refuse("a task has one result: make it the last expression", node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound |= set() if node in targets else {node.id}
    for node in added:
        if isinstance(node.target, ast.Name) and node.target.id not in bound:
            name = node.target.id
            message = (
                f"{name} would be each task's own here, and have no value yet: make "
                f"what is added the last expression, and add up the run's .results"
            )
            cell.refuse(message, node)


def _refuse_late_flags(line: Line) -> None:
    for found in re.finditer(r"(?<=\s)--?[a-z][a-z-]*", line.text[line.start :]):
        if found[0] in all_flags() and (found[0].startswith("--") or _ends_badly(line)):
            start, stop = line.start + found.start(), line.start + found.end()
            line.refuse(f"flags come before the loop: {found[0]} … for …", start, stop)


def _ends_badly(line: Line) -> bool:
    try:
        line.parse(line.start, "[0 ", "]")
    except SyntaxError:
        return True
    return False


def _advise(line: Line) -> None:
    """Refuse the header with the remedy, where the mistake is a known one."""
    outside = _outside_brackets(line)
    for pattern, remedy in REMEDIES:
        if found := re.search(pattern, outside):
            start, stop = found.span(found.lastindex or 0)
            line.refuse(remedy, line.start + start, line.start + stop)


def _outside_brackets(line: Line) -> str:
    """Return the header with as many underscores for what is in brackets or quotes.

    Raises
    ------
    BadCell
        A bracket has no other half.
    """
    text = line.text[line.start :]
    text = re.sub(r"""(["']).*?\1""", lambda found: "_" * len(found[0]), text)
    opened: list[int] = []
    kept = ""
    for at, character in enumerate(text, line.start):
        if character in ")]}":
            if not opened:
                line.refuse(f"unmatched '{character}'", at)
            opened.pop()
        kept += "_" if opened else character
        if character in "([{":
            opened.append(at)
    if opened:
        line.refuse(f"'{line.text[opened[-1]]}' was never closed", opened[-1])
    return kept
