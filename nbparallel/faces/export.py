"""What has come of a tree, saved while it goes on: a CSV file per top-level branch."""

from __future__ import annotations

import csv
import logging
import os
import threading
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from nbparallel import daemons
from nbparallel.engine.hooks import Hook
from nbparallel.engine.run import Run
from nbparallel.engine.timer import TIMER, Entry
from nbparallel.errors import BadValue
from nbparallel.faces.export_names import files_of
from nbparallel.faces.harvest import Harvest, str_of, top_of
from nbparallel.short_text import brief, error_line
from nbparallel.types import FAILED, Status
from nbparallel.work.tree import Branch, Tree, spelt

#: Seconds after which what has ended is saved; or so many times what that takes.
PAUSE: Final = 0.5
TIMES: Final = 10
#: What is saved; a cancelled task has come to nothing, and a retry carries it out.
SAVED: Final = (Status.OK, *FAILED)
#: The most characters of a value that is no text.
LONG: Final = 10_000
_log = logging.getLogger("nbparallel")


class Export(Hook):
    """Saves the leaves of each top-level branch that have ended.

    A file is written beside its place and then put there: whoever reads it finds a
    whole one. Where that fails, the bar of the branch says so and the run goes on; the
    next time that something ends, it is tried again.

    Parameters
    ----------
    tree, harvest
        What is saved.
    template
        The path of a file, with ``{0}`` for the key of its branch.
    lets_go
        Whether nobody needs what has been saved.

    Raises
    ------
    BadType, BadValue
        The template cannot be used, or the folder cannot be made.
    """

    def __init__(
        self, tree: Tree, harvest: Harvest, template: Any, *, lets_go: bool
    ) -> None:
        _refuse_leaves_at_the_top(tree, template)
        self._tree, self._harvest, self._lets_go = tree, harvest, lets_go
        self._branches = top_of(tree)
        self._firsts = [branch.leaves.start for branch in self._branches]
        self._files = files_of(template, [str_of(b.path[0]) for b in self._branches])
        self._refused: dict[int, str] = {}  # by place
        self._news: set[int] = set()  # the places of branches to be saved
        self._is_due, self._pause = False, PAUSE
        self._writing = threading.Lock()
        harvest.heard = self._heard
        harvest.note = lambda place: self._refused.get(place, "")

    def run_finished(self, run: Run[Any]) -> None:  # noqa: ARG002 # as declared
        """Save what is left, before anyone who waits goes on."""
        self._save()

    def _heard(self, tasks: range) -> None:
        """Have it saved soon; the crew's lock is held."""
        if not self._firsts or tasks.start >= len(self._tree.items):
            return
        first = bisect_right(self._firsts, tasks.start) - 1
        last = bisect_right(self._firsts, tasks.stop - 1) - 1
        self._news.update(range(max(first, 0), last + 1))
        if not self._is_due and self._news:
            self._is_due = True
            TIMER.add(Entry(TIMER.clock() + self._pause, self._due))

    def _due(self) -> None:
        daemons.have_done("nbparallel-export", self._save)

    def _save(self) -> None:
        with self._writing:
            self._is_due, start = False, perf_counter()
            while self._news:
                place = self._news.pop()  # of its own, so that none is added to it
                self._save_one(place, self._branches[place])
            self._pause = max(PAUSE, TIMES * (perf_counter() - start))

    def _save_one(self, place: int, branch: Branch) -> None:
        leaves, file = branch.leaves, self._files[place]
        states = self._harvest.states[leaves.start : leaves.stop]
        ended = [task for task, n in zip(leaves, states, strict=True) if n in SAVED]
        if not ended:
            return
        made = file.with_name(f"{file.name}.{os.getpid()}.part")
        try:
            try:
                self._write(made, ended)
                made.replace(file)
            finally:
                made.unlink(missing_ok=True)
        except Exception as error:  # the disk's: said at the bar, and in the log
            self._refused[place] = f"not saved: {error_line(error)}"
            _log.warning("%s is not saved: %s", file, error_line(error))
            return
        self._refused.pop(place, None)
        if self._lets_go and len(ended) == len(leaves):
            self._harvest.let_go(leaves)

    def _write(self, made: Path, tasks: Sequence[int]) -> None:
        levels = self._tree.levels
        with made.open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file)
            names = [f"level_{level}" for level in range(levels)]
            writer.writerow([*names, "item", "status", "result", "error"])
            for task in tasks:
                path = self._tree.paths[task]
                writer.writerow(
                    [
                        *map(_cell, path),
                        *[""] * (levels - len(path)),
                        _cell(self._tree.items[task]),
                        *self._outcome(task),
                    ]
                )

    def _outcome(self, task: int) -> tuple[str, Any, str]:
        status, found = Status(self._harvest.states[task]), self._tree.outcomes[task]
        if status is Status.OK:
            return status.word, _cell(found), ""
        return status.word, "", error_line(found) if found is not None else ""


def _refuse_leaves_at_the_top(tree: Tree, template: Any) -> None:
    """Refuse a tree of which leaves would be in no file."""
    alone = next((path for path in tree.paths if len(path) == 1), None)
    if alone is not None:
        message = (
            f"export={template!r}: makes a file for each branch at the top, and "
            f"{spelt(alone)} is an item there. Make it a branch: put it into a list"
        )
        raise BadValue(message)


def _cell(value: Any) -> Any:
    """Return *value* as CSV has it: text and numbers as they are, else as text."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    return brief(value, LONG)
