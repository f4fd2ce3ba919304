"""What a task has raised in another process, brought home.

It has the type it was raised with where that can be rebuilt here, and tells its
traceback over there; what can't be rebuilt becomes its text.
"""

from __future__ import annotations

import linecache
import pickle
import re
import traceback

from nbparallel.errors import RemoteError
from nbparallel.workers.packing import Packed, pack

#: A place in a traceback that is told without its line: of a cell, which is no file.
_BARE = re.compile(
    r'^(?P<place>(?P<indent>[ |]*)File "(?P<file>.+)", line (?P<line>\d+), in .+)$'
    r"(?!\n(?P=indent)  )",
    re.MULTILINE,
)


class RemoteTraceback(Exception):
    """The traceback of a task's error in the process that carried the task out."""

    def __init__(self, text: str) -> None:
        super().__init__(text)

    def __str__(self) -> str:
        return f"\n\n{self.args[0]}"


def pack_error(error: BaseException) -> Packed:
    """Pack *error*, which may be hostile, with its traceback."""
    try:
        text = "".join(traceback.format_exception(error)).rstrip()
    except Exception:  # its own str raises, say
        text = f"{type(error).__qualname__}: its text can't be had"
    try:
        whole = pack(error)
        data = None if whole.sizes else whole.data
        if data is not None:
            pickle.loads(data)  # noqa: S301 # ours; a constructor may want more than was kept
    except BaseException:  # whatever its own code does
        data = None
    return pack((data, text))


def revived(packed: tuple[bytes | None, str]) -> BaseException:
    """Return the error, chained to its traceback over there."""
    data, text = packed[0], _BARE.sub(_with_line, packed[1])
    error: BaseException | None = None
    if data is not None:
        try:
            found = pickle.loads(data)  # noqa: S301 # a process of ours made it
        except BaseException:  # a module that is there and not here, say
            found = None
        if isinstance(found, BaseException):
            error = found
    if error is None:
        error = RemoteError(text.rpartition("\n")[2])
    error.__cause__ = RemoteTraceback(text)
    return error


def _with_line(bare: re.Match[str]) -> str:
    """Return a place in a traceback with its line, where this process has it."""
    line = linecache.getline(bare["file"], int(bare["line"])).strip()
    return f"{bare['place']}\n{bare['indent']}  {line}" if line else bare["place"]
