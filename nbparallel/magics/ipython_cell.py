"""Where a magic was written: asks IPython for the cell, its name and its lines.

IPython hands a magic bare text. Here it gets its file name, its line numbers and its
neighbours back, so that an error in it is shown as one in an ordinary cell is.
"""

from __future__ import annotations

import ast
import linecache
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from types import FrameType
from typing import Any

from nbparallel.magics.cell import Cell, Line


def locate(shell: Any, argument: str, body: str | None = None) -> Line:
    """Return the line on which a magic was called with *argument*.

    Parameters
    ----------
    shell
        IPython's.
    argument
        What stands behind the name of the magic.
    body
        For a cell magic, the lines below.
    """
    filename, number, label = _caller(shell)
    if body is not None:
        above = _above(shell, argument, body)
        text, number = above[-1], len(above)
    else:
        text = _line_of(_raw(shell), number, argument)
    start = text.rfind(argument) if argument else len(text)
    return Line(text, start, number, filename, label)


def _line_of(lines: list[str], number: int, argument: str) -> str:
    """Return the line with ``%parallel`` and *argument*, most likely line *number*.

    Below another cell magic the numbers are not those of the whole cell.
    """
    likely = [*lines[number - 1 : number], *lines]
    magic = re.compile(
        rf"%parallel\s+{re.escape(argument)}" if argument else r"%parallel"
    )
    return next(filter(magic.search, likely), f"%parallel {argument}")


def without_body(shell: Any, line: Line, namespace: dict[str, Any]) -> Cell:
    """Return the cell that *line* stands in, for a magic that has no body."""
    return Cell("", ast.Module([], []), line, namespace, shell.compile.flags)


def read(shell: Any, line: Line, body: str) -> Cell:
    """Return the body below *line*; from here on tracebacks show the cell as it is.

    Raises
    ------
    BadCell
        The body is no Python.
    """
    above = _above(shell, line.text[line.start :], body)
    # IPython drops blank lines at the start of what it transforms.
    lead = list(takewhile(lambda each: not each.strip(), body.splitlines()))
    if (first := body.splitlines()[len(lead) :][:1]) and first[0].startswith("%%"):
        number = len(above) + len(lead) + 1
        at = Line(first[0], 0, number, line.filename, line.label)
        at.refuse(f"{first[0].split()[0]} goes above %%parallel", 0)
    python: str = shell.transform_cell(body)
    source = "\n" * (len(above) + len(lead)) + python
    shown = [f"{each}\n" for each in (*above, *lead, *python.splitlines())]
    linecache.cache[line.filename] = (len(source), None, shown, line.filename)
    flags = shell.compile.flags
    cell = Cell(source, ast.Module([], []), line, shell.user_ns, flags)
    try:
        tree = ast.parse(source, line.filename)
    except SyntaxError as error:
        raise cell.misread(error) from None
    return replace(cell, tree=tree)


def _caller(shell: Any) -> tuple[str, int, str]:
    """Return file name, line number and label of the cell now being run."""
    for frame in _frames():
        name = frame.f_code.co_filename
        if frame.f_globals is shell.user_global_ns and (
            label := shell.compile.format_code_name(name)
        ):
            return name, frame.f_lineno, " ".join(label)
    # Called by a function, in no cell: the magic makes a cell of its own.
    name = shell.compile.cache("", shell.execution_count)
    return name, 1, " ".join(shell.compile.format_code_name(name))


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 # the one way to ask
    while frame is not None:
        yield frame
        frame = frame.f_back


def _above(shell: Any, argument: str, body: str) -> list[str]:
    """Return the lines of the cell down to the magic, which is the last of them."""
    raw = [line.rstrip() for line in _raw(shell)]
    count = len(body.rstrip().splitlines())
    tail = [line.strip() for line in raw[len(raw) - count :]]
    if tail == [line.strip() for line in body.rstrip().splitlines()]:
        above = raw[: len(raw) - count]
        if above and above[-1].lstrip().startswith("%%"):
            return above
    return [f"%%parallel {argument}".rstrip()]


def _raw(shell: Any) -> list[str]:
    """Return the lines of the running cell as the user wrote them, if known."""
    if hasattr(shell, "get_parent"):  # in a kernel
        code = shell.get_parent().get("content", {}).get("code", "")
    else:
        code = (shell.history_manager.input_hist_raw or [""])[-1]
    lines: list[str] = code.rstrip().splitlines()
    return lines
