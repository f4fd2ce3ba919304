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

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from nbparallel.workers.bounds import Bounds, processors
from nbparallel.workers.claim import Claim


class Desk(Protocol):
    """Where a backend gets its work; any thread may call it."""

    def claim(self, worker: int) -> Claim | None:
        """Wait for work and return it; None tells the worker to go home."""

    def try_claim(self, worker: int, *, reads: bool = True) -> Claim | None:
        """Return work if there is any now.

        With *reads*, a thread of its own is started to read an input for it. A thread
        that carries tasks out must start none: what ends a task from outside could meet
        that one, which has its number until it has begun.
        """

    def settle(self, claim: Claim) -> None:
        """Take a claim back; tasks of it that have not ended are handed out again."""

    def give_back(self, claim: Claim, task: int) -> None:
        """Take back the tasks of a claim from *task* on: nobody has begun them."""

    def hand_back(self, claim: Claim) -> None:
        """Do as `settle`, and return at once: who is told of it hears another thread.

        For threads that others wait for, whatever those do who are told.
        """

    def gone(self) -> None:
        """Hear that a worker, which was woken perhaps, has gone home by itself.

        Another is to look at what is to be done, and when.
        """

    def lost(self, claim: Claim, error: BaseException) -> None:
        """Hear that a worker died in the middle of a claim.

        Its running task has crashed, of *error*; where that is an `Abandoned`, it is
        cancelled. The others are handed out again. Of a claim that is sealed, all that
        have not ended have crashed.
        """

    def broken(self, error: BaseException) -> None:
        """Hear that there are no workers any more: each run ends and raises *error*."""

    @property
    def over(self) -> bool:
        """Whether no claim will come any more, until the next `Backend.start`."""

    def watch(self, wake: Callable[[], None]) -> None:
        """Call *wake*, which must return at once, whenever there may be work."""

    def unwatch(self, wake: Callable[[], None]) -> None:
        """Undo `watch`."""


class Kind(Protocol):
    """What makes backends of one kind: a subclass of `Backend`, or what stands for one.

    The flags are explained there.
    """

    def bounds(self) -> Bounds | None:
        """Return what ``workers="auto"`` chooses from, or None where it can't."""

    @property
    def nests(self) -> bool:
        """As of the backends that it makes."""

    @property
    def waits_itself(self) -> bool:
        """As of the backends that it makes."""

    @property
    def pool(self) -> object:
        """As of the backends that it makes."""

    @property
    def sees_names(self) -> bool:
        """As of the backends that it makes."""

    def default_workers(self) -> int:
        """Return the number of workers where the user names none."""

    def __call__(self, desk: Desk, workers: int) -> Backend:
        """Return a backend for one desk."""


class Backend(ABC):
    """A kind of worker.

    Guarantees a backend gives
    --------------------------
    - At most *workers* claims are held at the same time, and *spare* more that wait.
    - Every claim it was given is settled or lost, or its tasks never return.
    - Nothing it starts keeps the interpreter from exiting.

    Attributes
    ----------
    kills
        `stop` ends whatever is being carried out, calls into C included: the claims
        come back at once, lost to `Abandoned`, and tell all that had ended.
    nests
        Its workers can carry out tasks of runs that are started inside its tasks.
    waits_itself
        The thread that waits for the run carries the tasks out itself.
    replaces
        Others go on at full width while a task that nobody can end keeps its worker:
        `replace`, or `stop` where that `kills`.
    grows
        Its workers can be started one by one, as tasks come.
    has_thread_clocks
        Its workers are threads of ours, and `thread_seconds` tells their CPU time.
    sees_names
        Its workers share the memory of this process, and so the user's names.
    pool
        The object of the user's that has the workers; None: they are ours.
    elsewhere
        The word for *pool* where the workers don't share our memory, else ``""``: what
        they have begun, nobody can end.
    guessed
        Nobody says how many workers there are.
    spare
        How many claims besides are held ready, so that no worker waits for one.
    lag
        The task that has kept others from going on, and for how many seconds; the worst
        of them. None where that cannot be, or has not been.
    """

    kills: ClassVar[bool] = False
    nests: bool = False
    waits_itself: bool = False
    replaces: ClassVar[bool] = False
    grows: ClassVar[bool] = False
    has_thread_clocks: ClassVar[bool] = False
    sees_names: bool = True
    pool: object = None
    elsewhere: str = ""
    guessed: bool = False
    spare: int = 0
    lag: tuple[int, float] | None = None

    def __init__(self, desk: Desk, workers: int) -> None:
        self.desk = desk
        self.workers = workers

    @classmethod
    @abstractmethod
    def default_workers(cls) -> int:
        """Return the number of workers where the user names none."""

    @classmethod
    def bounds(cls) -> Bounds | None:
        """Return what ``workers="auto"`` chooses from: at most the usual number.

        None where the number can't change.
        """
        most = cls.default_workers()
        return Bounds(first=min(4, most), most=most, processors=processors())

    def prepare(self, call: Callable[[Any], Any]) -> None:  # noqa: B027 # as `stop`
        """Hear what is to be called, before a run starts, and each time it does.

        Raises
        ------
        UsageError
            This kind of worker cannot call it.
        """

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

    def recall(self, claims: Collection[Claim]) -> None:  # noqa: B027 # as `stop`
        """Hand back what workers have taken out of *claims* and not begun.

        For kinds whose workers hold tasks where nobody else can take them back. Comes
        before any `stop`. Called with the desk's lock held, so that none of the claims
        can be settled meanwhile: it must return in a few milliseconds.
        """

    def stop(self, claims: Sequence[Claim]) -> bool:  # noqa: ARG002 # not every kind can
        """End *claims*, which are being given up; for kinds that can.

        Called with the desk's lock held, so that none of them can be settled meanwhile:
        it must return at once.

        Returns
        -------
        bool
            Whether some of them may be about to end, and come back.
        """
        return False

    def since(self, claim: Claim) -> float:
        """Return when the running task of *claim* was begun, by `time.perf_counter`.

        Infinity where none is running, as far as that can be told.
        """
        return math.inf if claim.running is None else claim.since

    def thread_seconds(self) -> Mapping[int, float]:
        """Return the CPU seconds of each worker since its start, by its thread.

        Empty where the system does not tell.
        """
        return {}

    def strike(self, claim: Claim) -> None:  # noqa: B027 # as `stop`
        """Ask the running task of *claim* to end; where that `kills`, `stop` follows.

        Called with the desk's lock held: it must return at once.
        """

    def replace(self, claim: Claim) -> None:  # noqa: B027 # as `stop`
        """Have another worker for the one that *claim* keeps, from the next start on.

        The claim has been given up. Called with the desk's lock held: it must return at
        once. Who has it, and is free again after all, goes home.
        """

    def close(self) -> None:  # noqa: B027 # most kinds keep nothing
        """Hear that no claim will come any more, until the next `start`.

        Called with the desk's lock held: it must return at once.
        """
