"""Which row of a journal belongs to which item."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from nbparallel.journal.pages import MOST_ROWS, Page

#: A row and the number that its task had are kept as one number.
TASK_BITS: Final = 40
MOST_TASKS: Final = 2**TASK_BITS - 1


class Index:
    """The rows that a run which resumes gets back, by key.

    Where several have one key, the one that had the same place goes first, then they
    go in order. A row that was given away is not given again, and takes no memory.
    """

    def __init__(self) -> None:
        self._rows: dict[str, int | OrderedDict[int, int]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return how many have not been given away."""
        return self._count

    def add(self, number: int, page: Page) -> None:
        """Add the rows of a page."""
        for place, (key, task) in enumerate(zip(page.keys, page.tasks, strict=True)):
            if page.is_kept(place):
                self._add(key, task, number * MOST_ROWS + place)

    def take(self, key: str, task: int) -> int | None:
        """Return a row for the item of that key and place, or None."""
        found = self._rows.get(key)
        if found is None:
            return None
        self._count -= 1
        if isinstance(found, int):
            del self._rows[key]
            return found >> TASK_BITS
        row = found.pop(task, None)
        if row is None:
            _, row = found.popitem(last=False)
        if not found:
            del self._rows[key]
        return row

    def take_all(self, keys: Sequence[str]) -> dict[int, int]:
        """Return the tasks for which there are rows, by row."""
        found: dict[int, int] = {}
        left = []
        for task, key in enumerate(keys):
            if self._has(key, task):
                self._note(found, key, task)
            else:
                left.append(task)
        for task in left:
            self._note(found, keys[task], task)
        return found

    def _note(self, found: dict[int, int], key: str, task: int) -> None:
        row = self.take(key, task)
        if row is not None:
            found[row] = task

    def _has(self, key: str, task: int) -> bool:
        """Whether there is a row of that key which had the same place."""
        found = self._rows.get(key)
        if isinstance(found, int):
            return found & MOST_TASKS == task
        return found is not None and task in found

    def _add(self, key: str, task: int, row: int) -> None:
        both = row << TASK_BITS | task
        before = self._rows.setdefault(key, both)
        self._count += 1
        if before == both:
            return
        if isinstance(before, int):
            pair = before & MOST_TASKS, before >> TASK_BITS
            before = self._rows[key] = OrderedDict([pair])
        self._count -= task in before
        before[task] = row


def place_of(row: int) -> tuple[int, int]:
    """Return the number of the page, and the place on it."""
    return divmod(row, MOST_ROWS)
