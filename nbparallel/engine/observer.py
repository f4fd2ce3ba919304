"""Who hears what becomes of attempts: the seam for journals, measurements and logs."""

from __future__ import annotations

from nbparallel.records.store import Finished


class Observer:
    """Hears of the attempts of one run, with the crew's lock held.

    By itself it does nothing with what it hears: override what you need.
    """

    def took(self, batch: Finished) -> None:
        """Hear of attempts that are in the records now."""

    def failed(self, task: int, worker: int, error: BaseException) -> None:
        """Hear that a task has failed for good."""

    def cancelled(self, tasks: range) -> None:
        """Hear that consecutive tasks, which nobody had begun, were cancelled."""

    def restored(self, task: int, result: object) -> None:
        """Hear that a task has ended ok in an earlier run."""

    def tries_again(
        self, task: int, worker: int, error: BaseException, pause: float
    ) -> None:
        """Hear that a task is tried again in so many seconds."""
