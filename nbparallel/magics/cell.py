"""The line and the body of a magic, with the numbers that the notebook shows."""

from __future__ import annotations

import ast
import tokenize
from dataclasses import dataclass
from io import StringIO
from types import CodeType
from typing import Any, NoReturn

from nbparallel.errors import BadCell


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


def is_silenced(source: str) -> bool:
    """Whether *source* ends with a semicolon, and so wants nothing to be shown."""
    last = ""
    try:
        for token in tokenize.generate_tokens(StringIO(source).readline):
            if token.type not in _IGNORED:
                last = token.string
    except (tokenize.TokenError, SyntaxError):  # whoever parses it will say so
        return False
    return last == ";"


_IGNORED = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT),
}
