"""Reading a run while it goes on: the rows of its tasks as they end.

Reading makes room in the buffer, so that a run over an endless input goes only so far
ahead of the loop that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from nbparallel.engine.scheduler import Scheduler
from nbparallel.records.snapshot import Row

Found = TypeVar("Found")

#: Returns True once its argument does, or False if the run has ended.
Wait = Callable[[Callable[[], bool]], bool]


def as_completed(run: Scheduler, wait: Wait) -> Iterator[Row]:
    """Give each task as it ends; one that is retried after that comes again."""
    position = 0
    while (found := _await(partial(run.completed, position), wait)) is not None:
        position, row = found[0] + 1, found[1]
        yield row
        run.read_up_to(position)


def in_order(run: Scheduler, wait: Wait) -> Iterator[Row]:
    """Give the tasks in input order, each as soon as it has ended."""
    task = 0
    while (row := _await(partial(run.ended, task), wait)) is not None:
        yield row
        task += 1
        run.read_up_to(task)


def _await(look: Callable[[], Found | None], wait: Wait) -> Found | None:
    found = look()
    while found is None and wait(lambda: look() is not None):
        found = look()
    return look() if found is None else found
