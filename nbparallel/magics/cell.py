"""What a magic was written on: a cell or a line, and where it stands in the notebook.

IPython hands a magic bare text. Here it gets its file name, its line numbers and its
neighbours back, so that an error in it is shown as one in an ordinary cell is.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from types import CodeType, FrameType, TracebackType
from typing import Any, NoReturn

from nbparallel.errors import BadValue, NbparallelError


class BadCell(BadValue):
    """What stands in a cell cannot be understood; nothing was started.

    Attributes
    ----------
    place
        The file name and the number of the line.
    shown
        The place and the line as a syntax error shows them.
    """

    def __init__(self, message: str, place: tuple[str, int], shown: str) -> None:
        super().__init__(message)
        self.place = place
        self.shown = shown

    def _render_traceback_(self) -> list[str]:
        return [*self.shown.splitlines(), f"{type(self).__name__}: {self}"]


@dataclass(frozen=True, slots=True)
class Line:
    """The line that the magic stands on.

    Attributes
    ----------
    text
        The whole of it.
    start
        Where in it the text begins that the magic was given.
    number
        Its number in the cell, from 1.
    filename
        The cell's name, as tracebacks know it.
    label
        The cell's name, as users know it: ``"Cell In[3]"``.
    """

    text: str
    start: int
    number: int
    filename: str
    label: str

    def refuse(self, message: str, start: int, stop: int | None = None) -> NoReturn:
        """Raise `BadCell` that points at the columns from *start* to before *stop*."""
        raise self.mistake(message, start, stop)

    def mistake(self, message: str, start: int, stop: int | None = None) -> BadCell:
        """Return what `refuse` raises."""
        text = self.text.rstrip()
        start = min(start, len(text))
        marks = "^" * max(1, min(stop or start, len(text)) - start)
        indent = len(text) - len(text.lstrip())
        shown = (
            f"  {self.label}, line {self.number}\n"
            f"    {text.lstrip()}\n    {' ' * (start - indent)}{marks}"
        )
        return BadCell(message, (self.filename, self.number), shown)

    def column(self, offset: int) -> int:
        """Return the column of a byte; syntax trees count bytes."""
        return len(self.text.encode()[:offset].decode(errors="ignore"))

    def parse(self, start: int, before: str = "", after: str = "") -> ast.expr:
        """Return the expression that *before*, the text from *start*, *after* make.

        Raises
        ------
        SyntaxError
            It is none; the error's columns are the line's.
        """
        lines = "\n" * (self.number - 1)
        source = f"{lines}{before}{self.text[start:]}\n{after}"
        try:
            tree = ast.parse(source, self.filename, "eval").body
        except SyntaxError as error:
            moved = start - len(before)
            error.offset = (error.offset or 1) + moved
            if error.end_offset:
                error.end_offset += moved
            raise
        moved = len(self.text[:start].encode()) - len(before.encode())
        for node in ast.walk(tree):
            if isinstance(node, ast.expr):
                node.col_offset += moved
                node.end_col_offset = (node.end_col_offset or 0) + moved
        return tree


@dataclass(frozen=True, slots=True)
class Cell:
    """The body of a cell magic.

    Attributes
    ----------
    source
        The Python that IPython makes of the body, with lines in front: line *n* of it
        is line *n* of the cell.
    tree
        The same, parsed: its line numbers are the cell's.
    line
        The line of the magic itself.
    namespace
        The user's names: the globals of whatever is compiled.
    flags
        The compiler's flags: the ``from __future__`` imports of earlier cells.
    """

    source: str
    tree: ast.Module
    line: Line
    namespace: dict[str, Any]
    flags: int = 0

    @property
    def filename(self) -> str:
        """The cell's name, to compile under and as tracebacks know it."""
        return self.line.filename

    def compile(
        self, tree: ast.Module | ast.Expression, extra_flags: int = 0
    ) -> CodeType:
        """Compile a part of the cell, as the cell itself would have been.

        Raises
        ------
        BadCell
            Only the compiler saw what is wrong with it.
        """
        mode = "eval" if isinstance(tree, ast.Expression) else "exec"
        flags = self.flags | extra_flags
        try:
            code: CodeType = compile(
                tree, self.filename, mode, flags, dont_inherit=True
            )
        except SyntaxError as error:
            raise self.misread(error) from None
        return code

    def text(self, node: ast.stmt | ast.expr) -> str:
        """Return the source of *node*."""
        return ast.get_source_segment(self.source, node) or ""

    def refuse(self, message: str, node: ast.stmt | ast.expr) -> NoReturn:
        """Raise `BadCell` that points at *node*."""
        line = self._at(node.lineno)
        stop = None
        if node.end_col_offset is not None and node.end_lineno == node.lineno:
            stop = line.column(node.end_col_offset)
        line.refuse(message, line.column(node.col_offset), stop)

    def misread(self, error: SyntaxError) -> BadCell:
        """Return Python's own complaint about the body as a `BadCell`."""
        line = self._at(error.lineno or self.line.number)
        start = max(1, error.offset or 1) - 1
        stop = error.end_offset if error.end_lineno == error.lineno else None
        return line.mistake(error.msg, start, stop - 1 if stop else None)

    def _at(self, number: int) -> Line:
        lines = self.source.splitlines()
        text = lines[number - 1] if number <= len(lines) else ""
        if number == self.line.number:
            text = self.line.text
        return Line(text, 0, number, self.filename, self.line.label)


def locate(shell: Any, given: str, body: str | None = None) -> Line:
    """Return the line on which a magic was called with the text *given*.

    Parameters
    ----------
    shell
        IPython's.
    given
        What stands behind the name of the magic.
    body
        For a cell magic, the lines below.
    """
    filename, number, label = _caller(shell)
    if body is not None:
        above = _above(shell, given, body)
        text, number = above[-1], len(above)
    else:
        lines = (line for line in _raw(shell) if given and given in line)
        text = next(lines, f"%parallel {given}")
    start = text.rfind(given) if given else len(text)
    return Line(text, start, number, filename, label)


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


def without_our_frames(error: BaseException) -> TracebackType | None:
    """Return the traceback of *error* as the user's own code makes it.

    An error that comes out of our own code, and is not meant to, keeps all of it.
    """
    steps = []
    trace = error.__traceback__
    while trace is not None:
        steps.append(trace)
        trace = trace.tb_next
    meant = isinstance(error, (NbparallelError, KeyboardInterrupt))
    if not meant and _is_ours(steps[-1]):
        return error.__traceback__
    for step in reversed([step for step in steps if not _is_ours(step)]):
        trace = TracebackType(trace, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return trace


def _is_ours(step: TracebackType) -> bool:
    name: str = step.tb_frame.f_globals.get("__name__", "")
    return name.startswith("nbparallel.")


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


def _above(shell: Any, given: str, body: str) -> list[str]:
    """Return the lines of the cell down to the magic, which is the last of them."""
    raw = [line.rstrip() for line in _raw(shell)]
    count = len(body.rstrip().splitlines())
    tail = [line.strip() for line in raw[len(raw) - count :]]
    if tail == [line.strip() for line in body.rstrip().splitlines()]:
        above = raw[: len(raw) - count]
        if above and above[-1].lstrip().startswith("%%"):
            return above
    return [f"%%parallel {given}".rstrip()]


def _raw(shell: Any) -> list[str]:
    """Return the lines of the running cell as the user wrote them, if known."""
    if hasattr(shell, "get_parent"):  # in a kernel
        code = shell.get_parent().get("content", {}).get("code", "")
    else:
        code = (shell.history_manager.input_hist_raw or [""])[-1]
    lines: list[str] = code.rstrip().splitlines()
    return lines
