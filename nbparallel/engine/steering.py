"""What can be asked of a run while it goes on: pause, more workers, more tasks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nbparallel.engine.scheduler import Scheduler
from nbparallel.errors import BadValue, StillRunning, UsageError
from nbparallel.types import State


def staff(run: Scheduler) -> None:
    """Have workers for the tasks of a run that has been started.

    For those that have been claimed, too: after a retry that may be by a worker that is
    on its way home, and what it does not do is left for others.
    """
    with run.crew.lock:
        tasks = _left(run)
        over = run.phase.over.is_set()
    if not over and tasks != 0:
        run.backend.start(tasks)


def pause(run: Scheduler) -> None:
    """Hand out no further task until `resume`; running ones go on."""
    with run.crew.lock:
        if run.phase.state is not State.RUNNING:
            return
        run.phase.paused = True
        run.clock.pause()
        for tasks in run.open.take_back():
            run.source.give_back(tasks)
        run.backend.recall(run.open)
        run.crew.changed()
    run.crew.flush()


def resume(run: Scheduler) -> None:
    """Go on after `pause`."""
    with run.crew.lock:
        if not run.phase.paused:
            return
        run.phase.paused = False
        run.clock.start()
        _hand_out_again(run)
    run.crew.flush()
    if run.work.open:  # what was added meanwhile has started no workers
        staff(run)


def resize(run: Scheduler, workers: int) -> None:
    """Use that many workers from now on; those that are too many finish first.

    What those have not begun is handed out again.

    Raises
    ------
    BadValue
        There can't be so many.
    """
    if not is_guest(run):
        run.backend.resize(workers)
    with run.crew.lock:
        run.limits.follows = False
        set_width(run, workers)
    follow(run)


def is_guest(run: Scheduler) -> bool:
    """Whether its workers are those of the run that it is nested in."""
    return run.parent is not None and run.parent.backend is run.backend


def set_width(run: Scheduler, workers: int) -> None:
    """Bound the claims of a run, and of those in it that follow; the lock is held."""
    fewer = workers < run.limits.workers
    run.limits.resize(workers, run.clock.elapsed)
    run.records.make_room(workers)
    if fewer and not is_guest(run):
        for tasks in run.open.take_back(workers):
            run.source.give_back(tasks)
        run.backend.recall([each for each in run.open if each.worker >= workers])
    for inner in list(run.children):
        if inner.limits.follows and is_guest(inner):
            set_width(inner, workers)
    _hand_out_again(run)


def follow(run: Scheduler) -> None:
    """Have as many workers as claims, whoever changes that number meanwhile."""
    workers = None
    while workers != run.limits.workers and not is_guest(run):
        workers = run.limits.workers
        run.backend.resize(workers)
        with run.crew.lock:  # those of the runs within it, too
            left = [_left(each) for each in run.crew.members]
        tasks = None if None in left else sum(filter(None, left))
        if left and tasks != 0:
            run.backend.start(tasks)
    run.crew.flush()


def add(run: Scheduler, item: Any) -> int:
    """Make a task of *item* in a run that is open; return its number.

    Raises
    ------
    UsageError
        The run has been closed or cancelled.
    """
    with run.crew.lock:
        if run.source.closed or run.phase.halt.is_set():
            message = "no task can be added to a run that was closed or cancelled"
            raise UsageError(message)
        task = run.source.add(item)
        is_short = run.crew.rouse(run.source.at_hand)
    if is_short and run.backend.grows and not run.phase.holds_back:
        run.backend.start(1)
    return task


def take_out(run: Scheduler, task: int) -> bool:
    """Take *task* from wherever it waits; return False if it has begun, or ended.

    The lock is held; the caller says what becomes of it.
    """
    claim = run.open.with_task(task)
    if claim is not None:  # the others of its claim are handed out again
        tasks = claim.take_back()
        if tasks:
            run.source.give_back(tasks)
            run.crew.rouse(len(tasks))
        run.backend.recall([claim])
    return run.source.remove(task)


def close(run: Scheduler) -> None:
    """Let a run that is open end when its tasks have ended."""
    with run.crew.lock:
        run.source.closed = True
        run.end_if_dry()
    run.crew.flush()


def open_again(run: Scheduler) -> None:
    """Let tasks be added again to a run that was closed and has not ended."""
    with run.crew.lock:
        run.source.closed = False


def reopen(run: Scheduler, chosen: Collection[int] | None = None) -> bool:
    """Make every task that ended other than ok pending again; or of those, *chosen*.

    Returns
    -------
    bool
        Whether the run has to be started again.

    Raises
    ------
    StillRunning
        The run is being cancelled and has not ended yet.
    BadValue
        There is no such task.
    """
    run.backend.prepare(run.call)
    with run.crew.lock:
        if run.phase.state is State.CANCELLING:
            message = "the run is being cancelled: run.wait(), then run.retry()"
            raise StillRunning(message)
        run.intake.take_all(run.open)
        _refuse_unknown(chosen or (), len(run.records))
        unread = run.phase.halt.is_set() and not run.source.exhausted
        tasks = run.source.reopen(chosen)
        again = run.phase.over.is_set() and bool(tasks or unread)
        if again:
            run.phase.renew()
            if run.parent is not None and run.parent.phase.over.is_set():
                run.parent = None  # from now on a run of its own
        _hand_out_again(run)
    run.crew.flush()
    return again


def _refuse_unknown(tasks: Collection[int], known: int) -> None:
    for task in tasks:
        if not 0 <= task < known:
            message = (
                f"there is no task {task}: the run knows of {known}, counted from 0. "
                "run.retry() runs all again that are not ok, "
                "run.retry([*run.errors]) those that failed"
            )
            raise BadValue(message)


def _left(run: Scheduler) -> int | None:
    """Return how many tasks are left; None while nobody knows. The lock is held."""
    grows = run.backend.grows and run.work.open and run.source.reading is None
    if not (run.source.exhausted or grows):
        return None
    return len(run.records) - run.records.finished


def _hand_out_again(run: Scheduler) -> None:
    """Wake as many workers as there are tasks, and one to read on."""
    run.crew.rouse(run.source.at_hand + 1)
    run.crew.changed()
