"""Tie printed text to the task that printed it.

While any run keeps what its tasks print there is one tap before each stream. It looks
at a context variable that tells a task from everything else, so that other cells and
other threads print as ever, and so do tasks that have ended.

Text that no view shows is let through as well: each line in one piece, so that tasks
that print at the same time don't write into each other's lines.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType
from typing import NamedTuple

from nbparallel.edge import streams
from nbparallel.workers.claim import Owner
from nbparallel.workers.printed import (
    LONG_PIECE,
    MANY_PIECES,
    NOWHERE,
    Printed,
    printing,
)
from nbparallel.workers.scope import Scope, current

_log = logging.getLogger("nbparallel")

_lock = threading.Lock()
#: Every run whose tasks' text is kept, and whether it is let through as well.
_runs: dict[Owner, bool] = {}
#: What the task at hand of each claim has printed, where lines are let through.
_latest: dict[Scope, Printed] = {}
_undo: list[Callable[[], None]] = []


def start(run: Owner) -> Callable[[], None]:
    """Keep what the tasks of *run* print; return what ends it, any number of times."""
    with _lock:
        _runs[run] = run.echo
        if len(_runs) == 1:
            _undo.append(streams.tap(_tapped))

    def stop() -> None:
        with _lock:
            if _runs.pop(run, None) is None:
                return
            if not _runs:
                _undo.pop()()
        for scope in list(_latest):
            if scope.run is run:
                _finish(scope)

    return stop


class Running(NamedTuple):
    """The task that the calling code is a part of.

    Attributes
    ----------
    run, number
        It is the *number*-th of this run.
    printed
        What it prints to.
    """

    run: Owner
    number: int
    printed: Printed


def running_task() -> Running | None:
    """Return the task that is calling, if what it prints is kept."""
    scope, printed = current.get(), printing.get()
    if printed is NOWHERE:
        printed = _begin(_print)
    if scope is None or printed is NOWHERE or printed.has_ended:
        return None
    return Running(scope.run, scope.claim.first + printed.task, printed)


def _tapped(write: streams.Write) -> streams.Write:
    """Return a ``write`` that keeps the text of tasks, and leaves the rest to *write*.

    A `print` calls it once per piece, so every step counts.
    """
    get = printing.get
    through = _let_through(write)

    def tapped(text: str) -> int:
        printed = get()
        if printed.through is not through:
            printed = _turned(printed, through)
            if printed is NOWHERE:
                return write(text)
        if type(text) is not str:
            text = _plain(text)
        size, pieces = len(text), printed.pieces
        pieces.append(text)
        if size < LONG_PIECE and "\n" not in text and len(pieces) < MANY_PIECES:
            return size
        printed.line_ended()
        return size

    return tapped


def _turned(printed: Printed, through: Callable[[str], object]) -> Printed:
    """Return what the running task prints to, now that it goes *through* that."""
    if printed is NOWHERE:
        return _begin(through)
    printed.switch(through)
    return printed


def _begin(through: Callable[[str], object]) -> Printed:
    """Return what the running task prints to; NOWHERE unless its text is to be kept."""
    scope = current.get()
    if scope is None or not scope.claim.thread:
        return NOWHERE
    echoes = _runs.get(scope.run)
    if echoes is None:
        return NOWHERE
    claim = scope.claim
    task = len(claim.ends)
    printed = claim.texts.get(task)
    if printed is None:  # threads of a task may print at once
        made = Printed(task, claim.ends, through, echoes=echoes)
        printed = claim.texts.setdefault(task, made)
    printing.set(printed)
    if echoes and _latest.get(scope) is not printed:
        _note(scope, printed)
    return printed


def _plain(text: object) -> str:
    """Return *text*, which may be of a class of its own, as plain text."""
    if isinstance(text, str):
        return str(text)
    message = f"write() argument must be str, not {type(text).__name__}"
    raise TypeError(message)


def _let_through(write: streams.Write) -> Callable[[str], object]:
    """Return what writes text to *write* for good.

    What others do with it, who have put a ``write`` of theirs between ours and the
    stream's own, is no task's text.
    """
    if isinstance(write, BuiltinFunctionType):
        return write
    return partial(_write_as_nobody, write)


def _print(text: str) -> None:
    sys.stdout.write(text)


def _write_as_nobody(write: streams.Write, text: str) -> None:
    task, kept = current.set(None), printing.set(NOWHERE)
    try:
        write(text)
    finally:
        printing.reset(kept)
        current.reset(task)


def _note(scope: Scope, printed: Printed) -> None:
    """See to it that a last line without an end is let through, too."""
    for each in list(_latest):
        if each is scope or not each.claim.thread:
            _finish(each)
    _latest[scope] = printed


def _finish(scope: Scope) -> None:
    printed = _latest.pop(scope, None)
    if printed is not None:
        try:
            printed.line_ended()
        except Exception:  # a closed stream; it concerns neither another task nor a run
            _log.warning("the last line of a task is lost", exc_info=True)


def _in_a_child() -> None:
    """Have a new lock in a forked child: nobody there would free the parent's."""
    global _lock  # noqa: PLW0603 # as said
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_child)
