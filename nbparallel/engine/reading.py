"""Reading a run while it goes on: the numbers of its tasks as they end.

Reading makes room in the buffer, so that a run over an endless input goes only so far
ahead of the loop that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nbparallel.engine.scheduler import Scheduler

#: Returns when its argument returns True or when the run has ended.
Wait = Callable[[Callable[[], bool]], None]


def as_completed(run: Scheduler, wait: Wait) -> Iterator[int]:
    """Give each task as it ends; one that is retried meanwhile comes again."""
    stale = run.superseded()
    position = 0
    while (task := _at(run, position, wait)) is not None:
        if position not in stale:
            yield task
        position += 1
        run.read_up_to(position)


def in_order(run: Scheduler, wait: Wait) -> Iterator[int]:
    """Give the tasks in input order, each as soon as it has ended."""
    task = 0
    while _has_ended(run, task, wait):
        yield task
        task += 1
        run.read_up_to(task)


def _at(run: Scheduler, position: int, wait: Wait) -> int | None:
    if run.completed(position) is None:
        wait(lambda: run.completed(position) is not None)
    return run.completed(position)


def _has_ended(run: Scheduler, task: int, wait: Wait) -> bool:
    if not run.has_ended(task):
        wait(lambda: run.has_ended(task))
    return run.has_ended(task)
