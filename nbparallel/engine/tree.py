"""A run and the runs started inside its tasks: one lock, one budget of workers.

A worker that waits for a nested run works on that run meanwhile, and idle workers of
the outermost run help. So nesting never deadlocks and never multiplies threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from nbparallel.engine.scheduler import Scheduler
    from nbparallel.workers.claim import Claim

#: Seconds an idle worker waits before it takes tasks from a claim that still has some.
PATIENCE = 0.005


class Tree:
    """The schedulers that share the workers of one outermost run, and their `Desk`.

    ``with tree:`` holds the lock that guards the schedulers, sources and records of the
    whole tree. It can be nested. What was asked for by `after` is called when the
    outermost ``with`` has let go, so that no foreign code ever runs under the lock.

    Attributes
    ----------
    members
        The runs that have not ended, the outermost first.
    """

    def __init__(self) -> None:
        self.members: list[Scheduler] = []
        self._lock = threading.RLock()
        self._change = threading.Condition(self._lock)
        self._depth = 0
        self._changes = 0
        self._due: list[Callable[[], None]] = []
        self._watchers: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        self._lock.acquire()
        self._depth += 1
        return self

    def __exit__(self, *exc: object) -> None:
        self._depth -= 1
        due: list[Callable[[], None]] = []
        if self._depth == 0:
            due, self._due = self._due, due
        self._lock.release()
        for call in due:
            call()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Let go of the lock, held once, while foreign code runs."""
        self._depth -= 1
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            self._depth += 1

    def after(self, call: Callable[[], None]) -> None:
        """Call *call* once the lock is free again."""
        self._due.append(call)

    def claim(self, worker: int) -> Claim | None:
        """Wait for work of any member, innermost first; None once all have ended."""
        while True:
            with self:
                if not self.members:
                    return None
                seen = self._changes
                if claim := self._next_claim(self.members, worker):
                    return claim
                # Input was read, without the lock: what changed meanwhile woke nobody.
                if seen == self._changes:
                    self._wait()

    def settle(self, claim: Claim) -> None:
        """Hand a claim to the run that it came from."""
        claim.run.settle(claim)

    def claim_within(self, scheduler: Scheduler, worker: int) -> Claim | None:
        """Return work of *scheduler* or of a run nested in it, or None at once."""
        with self:
            within = [each for each in self.members if each.is_within(scheduler)]
            return self._next_claim(within, worker)

    def changed(self) -> None:
        """Wake idle workers and watchers; the lock is held."""
        self._changes += 1
        self._change.notify_all()
        self.progressed()

    def progressed(self) -> None:
        """Wake the watchers, who wait for tasks to end; the lock is held."""
        for wake in self._watchers:
            wake()

    def watch(self, wake: Callable[[], None]) -> None:
        """Call *wake*, with the lock held, whenever something changes."""
        with self:
            self._watchers.append(wake)

    def unwatch(self, wake: Callable[[], None]) -> None:
        """Undo `watch`."""
        with self:
            self._watchers.remove(wake)

    def _next_claim(self, members: list[Scheduler], worker: int) -> Claim | None:
        for member in members[::-1]:
            if claim := member.next_claim(worker):
                return claim
        return None

    def _wait(self) -> None:
        held = any(claim.items for member in self.members for claim in member.open)
        depth, self._depth = self._depth, 0
        self._change.wait(PATIENCE if held else None)
        self._depth = depth
