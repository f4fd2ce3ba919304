"""The contract between the engine and whatever carries tasks out.

A backend pulls: it asks the desk for a claim, has it carried out, and hands it back. It
never learns of retries, limits, buffers or views; those decide what the desk hands out.

Two ways to drive it
--------------------
- *A loop in each worker* (threads, child processes, inline): `Desk.claim`, which waits
  for work and reads a lazy input for it, `carry_out`, `Desk.settle`, until the claim is
  None.
- *A window* (the futures of an executor, a cluster, coroutines on a loop) with a place
  per worker: `Desk.try_claim`, which never waits, whenever a place is free and `watch`
  has said that there may be work. Each claim that ends is settled and frees its place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from nbparallel.workers.claim import Claim


class Desk(Protocol):
    """Where a backend gets its work; any thread may call it."""

    def claim(self, worker: int) -> Claim | None:
        """Wait for work and return it; None tells the worker to go home."""

    def try_claim(self, worker: int) -> Claim | None:
        """Return work if there is any now; an input is read by a thread of its own."""

    def settle(self, claim: Claim) -> None:
        """Take a claim back; tasks of it that have not ended are handed out again."""

    def hand_back(self, claim: Claim) -> None:
        """Do as `settle`, and return at once: who is told of it hears another thread.

        For threads that others wait for, whatever those do who are told.
        """

    def lost(self, claim: Claim, error: BaseException) -> None:
        """Hear that a worker died in the middle of a claim.

        Its running task has crashed, of *error*; the others are handed out again.
        """

    def watch(self, wake: Callable[[], None]) -> None:
        """Call *wake*, which must return at once, whenever there may be work."""

    def unwatch(self, wake: Callable[[], None]) -> None:
        """Undo `watch`."""


class Backend(ABC):
    """A kind of worker.

    Guarantees a backend gives
    --------------------------
    - At most *workers* claims are held at the same time.
    - Every claim it was given is settled or lost, or its tasks never return.
    - Nothing it starts keeps the interpreter from exiting.

    Attributes
    ----------
    kills
        `stop` ends whatever is being carried out, calls into C included.
    nests
        Its workers can carry out tasks of runs that are started inside its tasks.
    waits_itself
        The thread that waits for the run carries the tasks out itself.
    lag
        The task that has kept others from going on, and for how many seconds; the worst
        of them. None where that cannot be, or has not been.
    """

    kills: ClassVar[bool] = False
    nests: ClassVar[bool] = False
    waits_itself: bool = False
    lag: tuple[int, float] | None = None

    def __init__(self, desk: Desk, workers: int) -> None:
        self.desk = desk
        self.workers = workers

    @classmethod
    @abstractmethod
    def default_workers(cls) -> int:
        """Return the number of workers where the user names none."""

    def needs(self, thread: int) -> bool:  # noqa: ARG002 # most kinds have their own
        """Whether nothing goes on while *thread*, by number, waits."""
        return False

    @abstractmethod
    def start(self, tasks: int | None) -> None:
        """Have workers for *tasks* more; None where nobody knows how many.

        Called when a run starts, when one nested in it does, and after a `resize`.
        """

    def resize(self, workers: int) -> None:
        """Have that many workers from now on; those that are too many finish first."""
        self.workers = workers

    def stop(self, claims: Sequence[Claim]) -> None:  # noqa: B027 # not every kind can
        """End *claims*, which are being given up; for kinds that can.

        Called with the desk's lock held, so that none of them can be settled meanwhile:
        it must return at once.
        """

    def close(self) -> None:  # noqa: B027 # most kinds keep nothing
        """Hear that no claim will come any more, until the next `start`.

        Called with the desk's lock held: it must return at once.
        """
