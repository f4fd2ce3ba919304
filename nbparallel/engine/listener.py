"""Who hears of a scheduler."""

from __future__ import annotations

from typing import Protocol


class Listener(Protocol):
    """Who hears of a scheduler; called without the lock, but for `failed`."""

    def ended(self) -> None:
        """Hear that the last task has ended."""

    def failed(self, error: BaseException) -> None:
        """Hear of a failure that is final, where the first one ends the run.

        The lock is held: it is known before anybody hears of the end.
        """

    def interrupted(self) -> None:
        """Hear that a signal has struck in the input."""
