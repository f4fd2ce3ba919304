"""A run in a terminal: one tqdm bar, with what the tasks print above it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

from nbparallel.quantities import counted
from nbparallel.records.snapshot import Snapshot
from nbparallel.short_text import printable
from nbparallel.types import State, Status
from nbparallel.views.text import goal, postfix, title, width

if TYPE_CHECKING:
    from tqdm import tqdm

Log = tuple[tuple[int, str], ...]


class TerminalBar:
    """Show a run as one line of a terminal; in a pipe or a log file show nothing.

    The bar appears with the first drawing, so that a run that is over at once leaves
    one finished line. Nothing is drawn between two calls: no thread is started here.

    Parameters
    ----------
    stream
        Where to draw; by default ``sys.stderr``.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._bar: tqdm[None] | None = None
        self._log: Log = ()

    def draw(self, snapshot: Snapshot) -> None:
        """Show a run that is under way."""
        if not _is_terminal(self._stream):
            return
        if self._bar is None:
            self._bar = _new_bar(self._stream, snapshot)
        bar = self._bar
        self._write_above(bar, snapshot.log)
        bar.total = goal(snapshot)
        bar.n = snapshot.carried_out
        bar.start_t = time.time() - snapshot.active
        bar.set_description_str(_label(snapshot), refresh=False)
        notes = filter(None, (_troubles(snapshot), width(snapshot), postfix(snapshot)))
        bar.set_postfix_str(", ".join(notes), refresh=False)
        bar.refresh()

    def finish(self, snapshot: Snapshot) -> None:
        """Show the end and leave the line standing, with the advice below it."""
        self.draw(snapshot)
        if self._bar is not None:
            self._bar.close()
            self._bar = None
            if snapshot.advice:
                self._stream.write(f"{snapshot.advice}\n")

    def _write_above(self, bar: tqdm[None], log: Log) -> None:
        for task, text in _fresh(self._log, log):
            for line in printable(text).splitlines():
                bar.write(f"[{task}] {line}", file=self._stream)
        self._log = log


def _new_bar(stream: TextIO, snapshot: Snapshot) -> tqdm[None]:
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg] # generic in its stubs alone
        # tqdm's own thread refreshes bars that stand still; here a ticker does.
        monitor_interval = 0

    return Bar(
        desc=_label(snapshot),
        total=snapshot.total,
        file=stream,
        unit="task",
        dynamic_ncols=True,
        leave=True,
    )


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody sees *stream*; without a console Python's own is None."""
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):  # not a real stream, or closed
        return False


def _label(snapshot: Snapshot) -> str:
    if snapshot.state in (State.RUNNING, State.DONE):
        return title(snapshot)
    return f"{title(snapshot)} ({snapshot.state.value})"


def _troubles(snapshot: Snapshot) -> str:
    """Return what did not go well, in words; empty while all is well."""
    cancelled = snapshot.counts[Status.CANCELLED]
    return counted((snapshot.failed, "failed"), (cancelled, "cancelled"))


def _fresh(old: Log, new: Log) -> Log:
    """Return what *new* holds beyond *old*; both are the tail of one growing log."""
    for kept in range(min(len(old), len(new)), 0, -1):
        if old[-kept:] == new[:kept]:
            return new[kept:]
    return new
