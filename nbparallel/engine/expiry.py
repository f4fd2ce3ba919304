"""Timeouts: an attempt that lasts too long is ended, or left to itself.

Each has a clock of its own, from its own start. One call of the timer at a time looks
at all open claims of a run and asks for the next look when the first of them is due.

Where workers can be killed, one that is late ends its attempt, or is killed, and its
claim comes back with what had ended. Elsewhere nobody can end a task that does not want
to: its row is written, its claim is given up, and another worker takes the place of the
one that it keeps.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Final, Protocol

from nbparallel import daemons
from nbparallel.engine.crew import Crew
from nbparallel.engine.intake import Intake
from nbparallel.engine.open_claims import OpenClaims
from nbparallel.engine.phase import Phase
from nbparallel.engine.timer import TIMER
from nbparallel.errors import BackendBroken, BadValue, TaskTimeout
from nbparallel.options import Options
from nbparallel.workers.base import Backend
from nbparallel.workers.claim import Claim

#: Seconds between two looks, at least, and as many more for each open claim.
PAUSE: Final = 0.001
PAUSE_EACH: Final = 0.000_002
#: Seconds that a worker which can be killed is given to end the attempt by itself.
PATIENCE: Final = 0.05
#: How many attempts that are over for us may go on, each in a thread.
MOST_LEFT: Final = 1000


class Owner(Protocol):
    """A run, as far as its timeouts concern it."""

    options: Options
    crew: Crew
    backend: Backend
    phase: Phase
    open: OpenClaims
    intake: Intake

    def end_if_dry(self) -> None:
        """End the run if nothing of it is left to be done; the lock is held."""

    def broken(self, error: BaseException) -> None:
        """Hear that there are no workers any more; the lock is held."""


class Expiry:
    """Looks after the timeouts of one run.

    Raises
    ------
    BadValue
        Its workers cannot be relieved of a task that hangs.
    """

    def __init__(self, run: Owner) -> None:
        self._run = run
        self._seconds = run.options.timeout or math.inf
        self._alarm = run.phase.alarm(self._look)
        if run.options.timeout is not None and not run.backend.replaces:
            raise BadValue(_refusal(run.options))

    def watch(self) -> None:
        """See to it that claims are looked at in time; the lock is held."""
        if self._seconds < math.inf:
            self._alarm.by(TIMER.clock() + self._seconds)

    def _look(self) -> None:
        run = self._run
        with run.crew.lock:
            if run.phase.halt.is_set():  # what goes on has the grace
                return
            now = TIMER.clock()
            late = [claim for claim in run.open if self._left(claim, now) <= 0]
            for claim in late:
                self._expire(claim)
            if run.open:
                soonest = min(self._left(claim, now) for claim in run.open)
                pause = PAUSE + PAUSE_EACH * len(run.open)
                self._alarm.by(now + min(max(soonest, pause), self._seconds))
            run.end_if_dry()
            if late:
                run.crew.progressed()
        run.crew.flush()

    def _left(self, claim: Claim, now: float) -> float:
        """Return how many seconds the running task of *claim* has; infinity if none."""
        if claim.expired:
            return math.inf
        return self._run.backend.since(claim) + self._seconds - now

    def _expire(self, claim: Claim) -> None:
        """End the running task of *claim* if it is late; others may take the rest."""
        run = self._run
        run.intake.put_back(claim.take_back())
        run.backend.recall([claim])
        # From here on its worker begins nothing more of it.
        if self._left(claim, TIMER.clock()) > 0:
            return
        self._end(
            claim, TaskTimeout(f"not done after timeout={self._seconds:g} seconds")
        )

    def give_up(self, task: int, error: BaseException) -> None:
        """End *task* now if it is going on, as if its time were over, and for good."""
        run = self._run
        with run.crew.lock:
            run.intake.given_up.add(task)
            claim = run.open.with_task(task)
            halted = run.phase.halt.is_set()  # what goes on has the grace
            if claim is not None and not (claim.expired or halted):
                run.intake.put_back(claim.take_back())
                run.backend.recall([claim])
                if claim.running == task:
                    self._end(claim, error)
                run.end_if_dry()
                run.crew.progressed()
        run.crew.flush()

    def _end(self, claim: Claim, error: BaseException) -> None:
        """End the running task of *claim*, which has no other left; or leave it."""
        run = self._run
        if run.backend.kills:
            claim.expired = error
            run.backend.strike(claim)
            run.phase.call_after(PATIENCE, partial(self._kill, claim))
            return
        if not run.intake.take_expired(claim, error):
            return
        run.open.close(claim)
        run.open.revoked.add(claim)
        run.backend.strike(claim)
        run.backend.replace(claim)
        run.crew.after(partial(_have_staff, run.backend))
        if len(run.open.revoked) > MOST_LEFT:
            run.broken(BackendBroken(_too_many(error)))

    def _kill(self, claim: Claim) -> None:
        """Have the worker of *claim* killed if it is still at its last task."""
        run = self._run
        with run.crew.lock:
            if claim in run.open and not run.phase.sees_off:
                run.backend.stop([claim])


def _have_staff(backend: Backend) -> None:
    """Have a worker started by a thread of its own: that may take a moment."""
    daemons.have_done("nbparallel-staff", partial(backend.start, 1))


def _refusal(options: Options) -> str:
    given = f"timeout={options.timeout!r}"
    if options.backend == "inline":
        return (
            f"{given}: backend='inline' carries tasks out in the thread that waits, "
            "which cannot leave one behind. Write backend='threads' or 'processes'."
        )
    return (
        f"{given}: nothing can take the place of a worker of your executor while a "
        "task hangs there. Write backend='threads', or 'processes', which ends it."
    )


def _too_many(error: BaseException) -> str:
    return (
        f"more than {MOST_LEFT} attempts went on that were {error}: they cannot be "
        "ended, and each keeps a thread. Processes can be: write backend='processes'."
    )
