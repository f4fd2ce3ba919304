"""Whether an attempt was the last one of its task, and if not, when the next one is."""

from __future__ import annotations

from typing import Protocol

from nbparallel.types import Status


class Outcome(Protocol):
    """The policy that decides what a failed attempt means."""

    def again(
        self, status: Status, error: BaseException, attempts: int
    ) -> float | None:
        """Return in how many seconds to try again, or None: that was final.

        Parameters
        ----------
        status, error
            How the attempt ended.
        attempts
            How often the task was tried, this attempt included.
        """


class Final:
    """Every attempt is the last one; who wants another one asks for it by `retry`."""

    def again(
        self,
        status: Status,  # noqa: ARG002 # the same for all
        error: BaseException,  # noqa: ARG002
        attempts: int,  # noqa: ARG002
    ) -> float | None:
        """Return None."""
        return None
