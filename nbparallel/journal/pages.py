"""Pages: rows of a journal, many of them in one row of SQLite.

SQLite takes 5 µs to insert a row, and gives the interpreter away each time: among tasks
that compute it would take milliseconds to get it back. A page costs that once for all
that ended since the last one.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from nbparallel.journal.values import loads
from nbparallel.types import Status

#: The most rows of a page.
MOST_ROWS: Final = 4096
#: What the status of a row can be.
STATUSES: Final = frozenset(Status)


class Kept(NamedTuple):
    """A row of a journal.

    Attributes
    ----------
    key, task
        The key of the item, and the number that the task had.
    status, result, error
        What came of it; the error as text.
    started, seconds
        When it began, in seconds since 1970, and how long it took.
    worker, attempts, output
        As in the table of a run.
    item
        The item, or a text that resembles it.
    """

    key: str
    task: int
    status: Status
    result: Any
    error: str
    started: float
    seconds: float
    worker: int
    attempts: int
    output: str
    item: Any


@dataclass(slots=True, kw_only=True)
class Page:
    """Rows that were committed together, by columns.

    Attributes
    ----------
    run
        Which run on this journal has written it, from 1.
    apart
        The places whose result lies apart, since it is long or pickled.
    items, errors, outputs
        By place, where there are any. An item that is missing is told by its key.
    """

    run: int
    tasks: array[int]
    status: bytes
    keys: list[str]
    results: list[Any]
    started: array[float]
    seconds: array[float]
    workers: array[int]
    attempts: array[int]
    apart: frozenset[int]
    items: dict[int, Any]
    errors: dict[int, str]
    outputs: dict[int, str]

    def __len__(self) -> int:
        return len(self.keys)

    def is_kept(self, place: int) -> bool:
        """Whether a run that resumes gets this row back."""
        return self.status[place] == Status.OK and place not in self.errors

    def row(self, place: int, result: Any) -> Kept:
        """Return one row, whose result the caller has found."""
        key = self.keys[place]
        return Kept(
            key=key,
            task=self.tasks[place],
            status=Status(self.status[place]),
            result=result,
            error=self.errors.get(place, ""),
            started=self.started[place],
            seconds=self.seconds[place],
            worker=self.workers[place],
            attempts=self.attempts[place],
            output=self.outputs.get(place, ""),
            item=self.items[place] if place in self.items else loads(key),
        )


#: The columns of a page, in the order of `Draft.packed`.
COLUMNS: Final = (
    "run, tasks, status, keys, results, started, seconds, workers, attempts, rare"
)


def unpacked(found: Sequence[Any]) -> Page:
    """Return the page that was packed.

    Raises
    ------
    ValueError, TypeError
        It is none.
    """
    run, tasks, status, keys, results, started, seconds, workers, attempts, rare = found
    apart, items, errors, outputs = loads(rare) if rare else ([], [], [], [])
    page = Page(
        run=run,
        tasks=array("Q", tasks),
        status=status,
        keys=loads(keys),
        results=loads(results),
        started=array("d", started),
        seconds=array("d", seconds),
        workers=array("H", workers),
        attempts=array("I", attempts),
        apart=frozenset(apart),
        items=dict(items),
        errors=dict(errors),
        outputs=dict(outputs),
    )
    columns = page.tasks, page.status, page.keys, page.results, page.started
    more = page.seconds, page.workers, page.attempts
    if len(set(map(len, columns + more))) > 1 or not STATUSES.issuperset(page.status):
        message = "the columns of a page don't fit together"
        raise ValueError(message)
    return page
