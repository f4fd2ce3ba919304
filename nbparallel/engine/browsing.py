"""Tasks of a run, page by page, for who looks around in it.

The time that it takes is bounded, whatever the run holds; nothing of the user's is
called with the lock held.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Final

from nbparallel.engine.scheduler import Scheduler
from nbparallel.engine.snapshotting import running_row
from nbparallel.records.displays import Displays
from nbparallel.records.queries import PAGE, Detail, Page, Query
from nbparallel.records.snapshot import Row
from nbparallel.short_text import brief, error_line, printable
from nbparallel.types import MISSING

#: The most pages of an order other than that of the input.
MOST_PAGES: Final = 20
#: Seconds that a search takes at most, and how many tasks it looks at in one go.
SEARCH: Final = 0.1
STEP: Final = 200
#: How many characters of each text are searched.
LONG: Final = 400


def browse(run: Scheduler, query: Query) -> Page:
    """Return a page of the tasks of a run, as they stand."""
    tasks = _in_order(run, query)
    if not query.words:
        return _page(run, query.page, tasks, None)
    found, searched = _search(run, query.words.casefold(), tasks)
    return _page(run, query.page, found, searched if searched < len(tasks) else None)


def detail(run: Scheduler, displays: Displays, task: int) -> Detail | None:
    """Return everything about one task; None if nothing of it is kept."""
    rows = _rows(run, [task])
    if not rows:
        return None
    with run.crew.lock:
        tries = tuple(run.records.tries.get(task, ()))
    return Detail(rows[0], tries, displays.of(task))


def _in_order(run: Scheduler, query: Query) -> Sequence[int]:
    most = PAGE * MOST_PAGES
    with run.crew.lock:
        run.intake.take_all(run.open)
        records = run.records
        if query.order == "latest" or not run.options.keep_results:
            found: Sequence[int] = records.latest(most)
        elif query.order == "slowest":
            found = records.slowest(most)
        else:
            found = range(len(records))
    run.crew.flush()
    return found


def _page(
    run: Scheduler, number: int, tasks: Sequence[int], searched: int | None
) -> Page:
    pages = max(1, -(-len(tasks) // PAGE))
    number = max(0, min(number, pages - 1))
    chosen = tasks[number * PAGE : (number + 1) * PAGE]
    return Page(_rows(run, chosen), number, pages, len(tasks), searched)


def _search(
    run: Scheduler, words: str, tasks: Sequence[int]
) -> tuple[Sequence[int], int]:
    """Return which tasks have *words* in them, and how many were looked at.

    A number finds its task, wherever that is.
    """
    found: list[int] = []
    named = int(words) if words.isdecimal() and len(words) < LONG else -1
    if named in tasks:
        found.append(named)
    until = perf_counter() + SEARCH
    for begin in range(0, len(tasks), STEP):
        rows = _rows(run, tasks[begin : begin + STEP])
        rest = (row for row in rows if row.task != named)
        found += [row.task for row in rest if words in _text(row)]
        if perf_counter() > until:
            return found, min(begin + STEP, len(tasks))
    return found, len(tasks)


def _rows(run: Scheduler, tasks: Sequence[int]) -> tuple[Row, ...]:
    with run.crew.lock:
        wanted = set(tasks)
        going = {each[1]: each for each in run.open.going() if each[1] in wanted}
        rows = run.records.rows(tasks, run.epoch)
        return tuple(
            running_row(run, *going[row.task]) if row.task in going else row
            for row in rows
        )


def _text(row: Row) -> str:
    parts = [str(row.task), row.status.word, printable(row.output[-LONG:])]
    item = row.item
    parts.append(item[:LONG] if isinstance(item, str) else brief(item, LONG))
    if row.error is not None:
        parts.append(error_line(row.error, LONG))
    elif row.result is not MISSING:
        parts.append(brief(row.result, LONG))
    return "\n".join(parts).casefold()
