"""Cancel, interrupt, fail fast: one mechanism.

Nothing is handed out any more; what was handed out and not begun is taken back; tasks
being carried out have the grace to end, then they are given up: their rows say
cancelled, and whatever still comes of them is discarded. The input is not thrown away:
a retry goes on reading where it stopped.
"""

from __future__ import annotations

import math
from functools import partial
from time import perf_counter

from nbparallel.edge import turns
from nbparallel.engine.scheduler import Scheduler
from nbparallel.engine.timer import TIMER
from nbparallel.workers.claim import Claim


def cancel(run: Scheduler, *, hard: bool = False) -> None:
    """Hand out no further task; *hard* gives running tasks no grace."""
    with run.crew.lock:
        phase = run.phase
        if phase.over.is_set():
            return
        first = not phase.halt.is_set()
        phase.halt.set()
        phase.paused = False
        if first and run in run.crew.members:
            # Tasks that keep the interpreter busy must not hold up the end.
            phase.unhurry = turns.shorten(turns.CANCELLING)
            phase.grace_ends = TIMER.clock() + run.options.grace
        for tasks in [*run.open.take_back(), *run.source.drain()]:
            run.records.cancel(tasks)
        run.end_if_dry()
        run.crew.changed()
    run.crew.flush()
    for child in list(run.children):
        cancel(child, hard=hard)
    if hard:
        _give_up(run)
    elif first:
        _have_grace_enforced(run)


def cancel_task(run: Scheduler, task: int) -> bool:
    """Cancel one task that has not begun; return whether it was one."""
    with run.crew.lock:
        claim = run.open.with_task(task)
        if claim is not None:  # the others of its claim are handed out again
            tasks = claim.take_back()
            if tasks:
                run.source.give_back(tasks)
                run.crew.rouse(len(tasks))
        found = run.source.remove(task)
        if found:
            run.records.cancel(range(task, task + 1))
            run.source.note_end(range(task, task + 1))
            run.end_if_dry()
            run.crew.progressed()
    run.crew.flush()
    return found


def grace_left(run: Scheduler) -> float:
    """Return how many seconds tasks still have to end; infinitely many if all may."""
    return max(0.0, run.phase.grace_ends - TIMER.clock())


def enforce_grace(run: Scheduler) -> None:
    """Give up on what still goes on if the grace is over.

    The timer calls it, and whoever waits for the run: among tasks that keep the
    interpreter busy, the first of them to get a turn.
    """
    if not grace_left(run):
        run.phase.grace_ends = math.inf  # the others need not wait for the lock
        _give_up(run)


def _have_grace_enforced(run: Scheduler) -> None:
    with run.crew.lock:
        if not run.phase.over.is_set():
            run.phase.call_at(run.phase.grace_ends, partial(enforce_grace, run))


def _give_up(run: Scheduler) -> None:
    """Mark what is being carried out as cancelled, and stop what can be stopped."""
    with run.crew.lock:
        stopped = list(run.open)
        for claim in stopped:
            _give_up_on(claim, run)
        run.end_if_dry()
    run.crew.flush()
    if run.backend.kills:
        for claim in stopped:
            run.backend.stop(claim)


def _give_up_on(claim: Claim, run: Scheduler) -> None:
    run.intake.take(claim)
    task, since = claim.running, claim.since
    run.open.close(claim)
    if task is None:  # it has done its last one and is about to be settled
        return
    text = claim.printed(task - claim.first)
    run.records.give_up(task, claim.worker, (since, perf_counter()), text)
    run.open.revoked += 1
    claim.revoked = True
