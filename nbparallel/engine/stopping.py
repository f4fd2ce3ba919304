"""Cancel, interrupt, fail fast: one mechanism.

Nothing is handed out any more; what was handed out and not begun is taken back; tasks
being carried out have the grace to end, then they are given up: their rows say
cancelled, and whatever still comes of them is discarded. The input is not thrown away:
a retry goes on reading where it stopped.
"""

from __future__ import annotations

import math
from functools import partial
from threading import Event
from time import perf_counter, sleep

from nbparallel import turns
from nbparallel.edge.arrivals import asked
from nbparallel.engine import steering
from nbparallel.engine.scheduler import Scheduler
from nbparallel.engine.timer import TIMER
from nbparallel.errors import TaskCancelled
from nbparallel.types import Status
from nbparallel.workers.claim import Claim

#: Seconds that workers whose tasks were ended are waited for, at most, before the end
#: is told; and how often they are looked for in vain. Among tasks that compute, a look
#: takes one turn of each of them.
MOMENT, LOOKS = 0.15, 20


def cancel(run: Scheduler, *, hard: bool = False, halt: Event | None = None) -> None:
    """Hand out no further task; *hard* gives running tasks no grace.

    Given the *halt* of a start, cancel that start alone: none that a retry has made.
    """
    asked_for = asked()
    run.source.keeper.hasten()
    with run.crew.lock:
        phase = run.phase
        if phase.over.is_set() or halt not in (None, phase.halt):
            return
        halt = phase.halt
        first = not halt.is_set()
        # Before it wakes those that sleep: else each could begin one more.
        taken_back = [*run.open.take_back(), *run.source.drain()]
        halt.set()
        phase.paused = False
        if first and run in run.crew.members:
            # Tasks that keep the interpreter busy must not hold up the end.
            phase.hurry()
        for tasks in taken_back:
            run.intake.cancel(tasks)
        if first:
            run.backend.recall(run.open)
        run.end_if_dry()
        run.crew.changed()
        if first and not hard and not phase.over.is_set():
            phase.grace_ends = asked_for + run.options.grace
            phase.send_heralds(partial(enforce_grace, run))
        children = list(run.children)
    run.crew.flush()
    for child in children:
        cancel(child, hard=hard)
    if hard:
        _give_up(run, halt)


def cancel_task(run: Scheduler, task: int) -> bool:
    """Cancel one task that has not begun; return whether it was one."""
    with run.crew.lock:
        found = steering.take_out(run, task)
        if found:
            run.intake.cancel(range(task, task + 1))
            run.intake.note_ends(range(task, task + 1))
            run.end_if_dry()
            run.crew.progressed()
    run.crew.flush()
    return found


def grace_left(run: Scheduler) -> float:
    """Return how many seconds tasks still have to end; infinitely many if all may."""
    return max(0.0, run.phase.grace_ends - TIMER.clock())


def enforce_grace(run: Scheduler) -> None:
    """Give up on what still goes on if the grace is over.

    The first herald calls it, or where the system gives no threads for those, whoever
    waits for the run.
    """
    halt = run.phase.halt
    if not grace_left(run):
        run.phase.grace_ends = math.inf  # the others need not wait for the lock
        _give_up(run, halt)


def _give_up(run: Scheduler, halt: Event) -> None:
    """Mark what is being carried out as cancelled, and stop what can be stopped."""
    phase = run.phase
    with run.crew.lock:
        # It has ended, and has been started again; or another thread is at it.
        if phase.halt is not halt or phase.sees_off or not run.open:
            return
        stops = run.backend.stop([claim for claim in run.open if claim.left])
        if not (stops and run.backend.kills):
            _revoke_all(run)
        phase.sees_off = stops
        run.end_if_dry()
    turns.settle()
    try:
        if stops:
            _see_them_leave(run)
    finally:
        if stops:  # else it may have ended meanwhile, and been started again
            with run.crew.lock:
                phase.sees_off = False
                _revoke_all(run)
                run.end_if_dry()
        run.crew.flush()


def _see_them_leave(run: Scheduler) -> None:
    """Wait a moment for workers whose tasks were ended, before the end is told.

    Else it would say of each of them that it did not stop. Those that are killed bring
    what they had finished.
    """
    patience = math.inf if run.backend.kills else LOOKS
    end, looks = perf_counter() + MOMENT, patience
    left = len(run.open) + len(run.open.revoked)
    while left and looks and perf_counter() < end:
        sleep(0.001)
        before, left = left, len(run.open) + len(run.open.revoked)
        looks = patience if left < before else looks - 1


def _revoke_all(run: Scheduler) -> None:
    for claim in list(run.open):
        _revoke(run, claim)


def _revoke(run: Scheduler, claim: Claim) -> None:
    """Take what *claim* has finished; what its worker finishes later comes too late."""
    run.intake.take(claim)
    run.open.close(claim)
    done = claim.harvested
    left = range(claim.first + done, claim.stop)
    if not left:  # it has done its last one and is about to be settled
        return
    run.open.revoked.add(claim)
    claim.revoked = True
    if claim.begun:
        # What can be killed has handed back what it had not begun; of the others we
        # know but the first, which runs.
        begun = left if run.backend.kills else left[:1]
        for task in begun:
            run.intake.give_up(claim, task, Status.CANCELLED, TaskCancelled())
        left = left[len(begun) :]
    run.intake.cancel(left)  # the worker has them and has not begun them
