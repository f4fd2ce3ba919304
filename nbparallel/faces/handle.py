"""What the user writes for a run: the name that the calling line gives it."""

from __future__ import annotations

import sys
from opcode import opname
from types import FrameType

from nbparallel.work.work import LATEST


def handle() -> str:
    """Return what to write for the run that the calling line makes.

    In a cell that is the name which the line assigns the run to, and ``nbp.last`` if
    there is none. Names within a function are none of a cell; nobody knows another.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 # the one way to ask
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    if frame is None or frame.f_locals is not frame.f_globals:
        return "run"
    return _assigned(frame) or LATEST


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] == "nbparallel"


def _assigned(frame: FrameType) -> str:
    """Return the name that gets what the current call returns; none if no name does."""
    code, name = frame.f_code, 0
    instructions = iter(code.co_code[frame.f_lasti + 2 :])
    for number, argument in zip(instructions, instructions, strict=False):
        name = name << 8 | argument
        if opname[number] in {"STORE_NAME", "STORE_GLOBAL"}:
            return code.co_names[name]
        if opname[number] not in {"CACHE", "EXTENDED_ARG"}:
            break
        name = name if opname[number] == "EXTENDED_ARG" else 0
    return ""
