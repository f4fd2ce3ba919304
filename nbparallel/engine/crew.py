"""A run and the runs started inside its tasks: one lock, one budget of workers.

A worker that waits for a nested run works on that run meanwhile, and idle workers of
the outermost run help. So nesting never deadlocks and never multiplies threads.

How idle workers are woken
--------------------------
An idle worker hangs up a bell, a lock that it waits for. Whoever brings tasks rings as
many bells as there are tasks nobody has been rung for, the latest first: work that
comes one by one wakes one worker, and a thousand idle ones cost nothing. A worker that
was woken and leaves work behind, of whichever run, wakes the next: so as long as there
is something to do and somebody idle, somebody is on the way.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol, Self

from nbparallel import daemons
from nbparallel.workers.claim import Claim


class Member(Protocol):
    """What a crew asks of a run."""

    parent: Self | None

    @property
    def has_work(self) -> bool:
        """Whether a worker that comes now gets something to do; the lock is held."""

    def next_claim(self, worker: int) -> Claim | None:
        """Return work of this run if there is any now; the lock is held."""

    def take_over(self, worker: int) -> Claim | None:
        """Return work that others have taken and not begun; the lock is held."""

    def next_reading(self) -> Callable[[], None] | None:
        """Return what reads its input, for the caller to call without the lock."""


class Crew:
    """The runs that share the workers of one outermost run, and their `Desk`.

    ``with crew.lock:`` guards the schedulers, sources and records of all of them; it
    can be nested. No foreign code runs under it: what is to be done afterwards is said
    by `after` and done by `flush`, which everybody calls who has let go of the lock.

    The lock is one of C, not a Python object of ours: an exception out of a signal
    handler can never leave it locked.

    Attributes
    ----------
    members
        The runs that have not ended, the outermost first.
    idle
        The bells of idle workers, the latest last.
    pushed
        What wakes backends that do not wait for work. A glance at it is good without
        the lock, and one at *idle*.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.members: list[Any] = []  # each of them a Member
        self.idle: list[Any] = []
        self._rung = 0  # workers woken that have not come yet
        self._due: deque[Callable[[], None]] = deque()
        self.pushed: list[Callable[[], None]] = []
        self._reading: list[Callable[[], None]] = []
        self._waiting: list[Callable[[], None]] = []

    # -- The desk ---------------------------------------------------------------------

    def claim(self, worker: int) -> Claim | None:
        """Wait for work of any member, innermost first; None once all have ended."""
        while True:
            with self.lock:
                if not self.members:
                    self.rouse_one()  # one after the other: who waits comes first
                    return None
                claim, reading = _find(self.members, worker)
                bell = None
                if claim is None and reading is None:
                    bell = self._hang_up_a_bell()
                else:
                    self._pass_it_on()
            self.flush()
            if claim is not None:
                return claim
            if bell is not None:
                bell.acquire()
                with self.lock:
                    self._rung -= _was_taken_down(self.idle, bell)
            if reading is not None:
                reading()

    def try_claim(self, worker: int, *, reads: bool = True) -> Claim | None:
        """Return work if there is any now; an input is read by a thread of its own."""
        with self.lock:
            claim, reading = _find(self.members, worker, reads=reads)
        if reading is not None:
            daemons.have_done("nbparallel-reader", reading)
        self._have_flushed()
        return claim

    def claim_within(self, run: Member, worker: int) -> Claim | None:
        """Return work of *run* or of a run nested in it, if there is any now.

        An input that has to be read for it is read here.
        """
        while True:
            with self.lock:
                members = [each for each in self.members if _is_within(each, run)]
                claim, reading = _find(members, worker)
                if claim is None and reading is None:
                    claim = _first(each.take_over(worker) for each in members[::-1])
            self.flush()
            if claim is not None or reading is None:
                return claim
            reading()

    def settle(self, claim: Claim) -> None:
        """Hand a claim to the run that it came from."""
        claim.owner.settle(claim)
        self.flush()

    def hand_back(self, claim: Claim) -> None:
        """Do as `settle`, and leave what follows to a thread of its own."""
        claim.owner.settle(claim)
        self._have_flushed()

    def give_back(self, claim: Claim, task: int) -> None:
        """Hand tasks of a claim to the run that they came from."""
        claim.owner.give_back(claim, task)

    def gone(self) -> None:
        """Have an idle worker look in the place of one that has gone home."""
        with self.lock:
            self.rouse(1)

    def lost(self, claim: Claim, error: BaseException) -> None:
        """Tell the run that *claim* came from."""
        claim.owner.lost(claim, error)
        self.flush()

    def broken(self, error: BaseException) -> None:
        """End every run: there are no workers any more."""
        with self.lock:
            for member in [*self.members]:
                member.broken(error)
        self.flush()

    @property
    def over(self) -> bool:
        """Whether every run has ended; a glance, good without the lock, too."""
        return not self.members

    # -- Who wakes whom; the lock is held ---------------------------------------------

    def rouse(self, tasks: int) -> bool:
        """Wake idle workers for *tasks* at hand; return whether those are too few."""
        while self.idle and self._rung < tasks:
            self.rouse_one()
        _call_all(self.pushed)
        return self._rung < tasks

    def rouse_one(self) -> None:
        """Wake an idle worker, if there is one."""
        if self.idle:
            self._rung += 1
            _ring(self.idle.pop())

    def progressed(self) -> None:
        """Wake those who wait for tasks to end."""
        _call_all(self._reading)

    def changed(self) -> None:
        """Wake those who wait for runs: one has ended, or goes on."""
        _call_all(self._waiting)
        if not self.members:
            self.rouse_one()
        _call_all(self.pushed)
        self.progressed()

    def after(self, call: Callable[[], None]) -> None:
        """Have *call* called once the lock is free again."""
        self._due.append(call)

    # -- Without the lock -------------------------------------------------------------

    def flush(self) -> None:
        """Do what was left for afterwards, unless this thread still holds the lock."""
        while self._due and not self.lock._is_owned():  # type: ignore[attr-defined] # noqa: SLF001 # as threading.Condition asks it
            try:
                call = self._due.popleft()
            except IndexError:  # another thread does it
                return
            call()

    def watch(self, wake: Callable[[], None]) -> None:
        """Call *wake*, with the lock held, whenever there may be work, or none left."""
        with self.lock:
            self.pushed.append(wake)

    def watch_ends(self, wake: Callable[[], None], *, tasks: bool) -> None:
        """Call *wake*, with the lock held, when a run ends; or *tasks* of it, too."""
        with self.lock:
            (self._reading if tasks else self._waiting).append(wake)

    def unwatch(self, wake: Callable[[], None]) -> None:
        """Call *wake* no more; it is no error if it is not called."""
        with self.lock:
            for those in (self.pushed, self._reading, self._waiting):
                if wake in those:
                    those.remove(wake)

    # -- Inside -----------------------------------------------------------------------

    def _have_flushed(self) -> None:
        """Have another thread do what was left for afterwards: it may take any time."""
        if self._due:
            daemons.have_done("nbparallel-announcer", self.flush)

    def _hang_up_a_bell(self) -> Any:
        """Return the bell to wait for, or None if something has arrived meanwhile."""
        bell = threading.Lock()
        bell.acquire()
        self.idle.append(bell)
        # Who reads an input looks for bells after each item: so look for items after
        # hanging one up, and none is overlooked.
        if any(member.has_work for member in self.members):
            self.idle.remove(bell)
            return None
        return bell

    def _pass_it_on(self) -> None:
        """Wake another worker if there is more to do, and nobody on the way."""
        covered = self._rung or not self.idle
        if not covered and any(member.has_work for member in self.members):
            self.rouse_one()


def _find(
    members: list[Any], worker: int, *, reads: bool = True
) -> tuple[Claim | None, Callable[[], None] | None]:
    """Return a claim, or what reads the input of a member, or neither."""
    for member in members[::-1]:
        if claim := member.next_claim(worker):
            return claim, None
        if reads and (reading := member.next_reading()):
            return None, reading
    return None, None


def _call_all(those: list[Callable[[], None]]) -> None:
    for wake in those:
        wake()


def _first(claims: Iterable[Claim | None]) -> Claim | None:
    return next((claim for claim in claims if claim is not None), None)


def _is_within(member: Member | None, run: Member) -> bool:
    """Whether *member* is *run* or nested in it, at any depth."""
    while member is not None and member is not run:
        member = member.parent
    return member is run


def leave_behind(crew: Crew, call: Callable[[], None]) -> None:
    """Have another thread make *call* soon, and take no lock.

    For finalizers, which may be called in the middle of anything. A worker that is not
    idle does it when it has ended a claim.
    """
    crew.after(call)
    for bell in crew.idle[-1:]:
        _ring(bell)
    _call_all(crew.pushed)


def _ring(bell: Any) -> None:
    with suppress(RuntimeError):  # it has been rung: who waits for it is on the way
        bell.release()


def _was_taken_down(idle: list[Any], bell: Any) -> bool:
    """Whether *bell* was rung for a task; take it down if it was not."""
    if bell in idle:  # `leave_behind` has rung it
        idle.remove(bell)
        return False
    return True
