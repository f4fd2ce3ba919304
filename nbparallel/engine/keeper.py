"""Who keeps what the tasks of a run come to, beside the records: the seam for journals.

The engine hands in what has been committed to the records and, before anybody is told
of it, asks that it be safe. A `Keeper` itself keeps nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from nbparallel.engine.observer import Observer


class Keeper(Observer):
    """Keeps nothing: the base of those that do.

    Attributes
    ----------
    notes
        What the user has to know about it, one sentence each.
    """

    notes: tuple[str, ...] = ()

    def open(self) -> None:
        """Make ready, before a start; may refuse."""

    def close(self) -> None:
        """Make safe what was handed in: the run has ended."""

    def assure(self, task: int | None = None) -> None:
        """Return once what was handed in of *task*, or of all tasks, is safe."""

    def hasten(self) -> None:
        """Hear that somebody has asked for an end; a handler of signals may call."""

    def sift(self, tasks: range) -> list[range]:
        """Return those of new *tasks* that are to be carried out; the lock is held."""
        return [tasks]


def without(tasks: range, done: Container[int]) -> Iterator[range]:
    """Give what is left of *tasks* without those that are done."""
    start = tasks.start
    for task in tasks:
        if task in done:
            if start < task:
                yield range(start, task)
            start = task + 1
    if start < tasks.stop:
        yield range(start, tasks.stop)
