"""The contract between the engine and whatever carries tasks out.

A backend pulls: it asks the desk for a claim, carries it out, and hands it back. It
never learns of retries, limits, buffers or views; those decide what the desk hands out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

from nbparallel.workers.claim import Claim


class Desk(Protocol):
    """Where a backend gets its work; any thread may call it."""

    def claim(self, worker: int) -> Claim | None:
        """Wait for work and return it; None tells the worker to go home."""

    def settle(self, claim: Claim) -> None:
        """Take a claim back whose tasks have been carried out."""


class Backend(ABC):
    """A kind of worker.

    Guarantees a backend gives
    --------------------------
    - At most *workers* claims are held at the same time.
    - Every claim it was given is settled, or its tasks never return.
    - Nothing it starts keeps the interpreter from exiting.

    Attributes
    ----------
    carried_by_waiter
        The thread that waits for the run carries the tasks out itself.

    nests
        Its workers can carry out tasks of runs that are started inside its tasks.
    """

    carried_by_waiter: ClassVar[bool] = False
    nests: ClassVar[bool] = False

    def __init__(self, desk: Desk, workers: int) -> None:
        self.desk = desk
        self.workers = workers

    @classmethod
    @abstractmethod
    def default_workers(cls) -> int:
        """Return the number of workers where the user names none."""

    @abstractmethod
    def start(self, tasks: int | None) -> None:
        """Begin claiming; *tasks* is how many are waiting, None where unknown.

        Called again when an ended run is retried.
        """

    def widen(self, tasks: int | None) -> None:  # noqa: B027 # for kinds that nest
        """Hear that a nested run has brought *tasks* more."""
