"""All cells of all tasks, frozen at one instant, for DataFrames and plots."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nbparallel.records.tries import Try
from nbparallel.types import Status


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a run, indexed by task.

    Attributes
    ----------
    items, results
        Inputs and results; a result that does not exist is ``MISSING``.
    started, ended
        Seconds by `time.perf_counter`; 0.0 where the task was never tried.
    status
        `Status` numbers, one byte a task.
    attempts
        How often each task was tried.
    workers
        The number of the worker that had the task last.
    errors, output
        Exceptions and printed text, by task, where there are any.
    epoch
        What to add to an instant to get seconds since 1970.
    tries
        The attempts of tasks that were tried more than once, but for the last of each.
    forgotten
        Some results may have been let go.
    restored
        The tasks whose row came from a journal.
    """

    items: Sequence[Any]
    results: Sequence[Any]
    started: array[float]
    ended: array[float]
    status: bytearray
    attempts: array[int]
    workers: array[int]
    errors: Mapping[int, BaseException]
    output: Mapping[int, str]
    epoch: float
    tries: Mapping[int, Sequence[Try]] = field(default_factory=dict)
    forgotten: bool = False
    restored: array[int] = field(default_factory=lambda: array("Q"))

    def first(self, count: int) -> Columns:
        """Return those of the first *count* tasks."""
        return replace(
            self,
            items=self.items[:count],
            results=self.results[:count],
            started=self.started[:count],
            ended=self.ended[:count],
            status=self.status[:count],
            attempts=self.attempts[:count],
            workers=self.workers[:count],
            errors={n: each for n, each in self.errors.items() if n < count},
            output={n: each for n, each in self.output.items() if n < count},
            tries={n: each for n, each in self.tries.items() if n < count},
            restored=array("Q", (n for n in self.restored if n < count)),
        )

    def without_restored(self) -> Columns:
        """Return the same, with the tasks that came from a journal as if pending."""
        if not self.restored:
            return self
        attempts, status = self.attempts[:], self.status.copy()
        for task in self.restored:
            attempts[task], status[task] = 0, Status.PENDING
        return replace(self, attempts=attempts, status=status)

    def __len__(self) -> int:
        return len(self.items)
