"""What has ended, one task after the other: the rows of a run while it goes on.

Reading makes room in the buffer, so that a run over an endless input goes only so far
ahead of the loop that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from nbparallel.engine import stopping
from nbparallel.engine.scheduler import Scheduler
from nbparallel.errors import UsageError
from nbparallel.records.snapshot import Row

Found = TypeVar("Found")

#: Returns True once its argument does, or False if the run has ended.
Wait = Callable[[Callable[[], bool]], bool]


def as_completed(run: Scheduler, wait: Wait) -> Iterator[Row]:
    """Give each task as it ends; one that is retried after that comes again."""
    position = _first(run)
    while (found := _await(run, partial(completed, run, position), wait)) is not None:
        position, row = found[0] + 1, found[1]
        run.limits.given = max(position, run.limits.given)
        yield row
        _read_up_to(run, position)


def in_order(run: Scheduler, wait: Wait) -> Iterator[Row]:
    """Give the tasks in input order, each as soon as it has ended."""
    task = _first(run)
    while (row := _await(run, partial(ended, run, task), wait)) is not None:
        run.limits.given = max(task + 1, run.limits.given)
        yield row
        task += 1
        _read_up_to(run, task)


def completed(run: Scheduler, position: int) -> tuple[int, Row] | None:
    """Return the first outcome at or after *position* of the completion log.

    Returns
    -------
    tuple or None
        Its position and its task's row; None if there is none yet.
    """
    with run.crew.lock:
        found = run.records.completed(position, run.epoch)
        if found is None:
            run.intake.take_all(run.open)
            found = run.records.completed(position, run.epoch)
    run.crew.flush()
    if found is not None:
        run.source.keeper.assure(found[1].task)
    return found


def ended(run: Scheduler, task: int) -> Row | None:
    """Return everything known about *task*, or None if it has not ended."""
    with run.crew.lock:
        run.intake.take_all(run.open)
        has_ended = run.records.has_ended(task)
        found = run.records.row(task, run.epoch) if has_ended else None
    run.crew.flush()
    if found is not None:
        run.source.keeper.assure(task)
    return found


@contextmanager
def unbounded(run: Scheduler) -> Iterator[None]:
    """Let the tasks go any distance ahead of the reader: the end is waited for."""
    _count_awaiters(run, 1)
    try:
        yield
    finally:
        _count_awaiters(run, -1)


def _first(run: Scheduler) -> int:
    """Return where a loop begins: what is not kept is given once."""
    return 0 if run.options.keep_results else run.limits.given


def _count_awaiters(run: Scheduler, change: int) -> None:
    with run.crew.lock:
        run.limits.awaiters += change
        if run.limits.bound is not None:
            run.crew.rouse(run.source.at_hand + 1)


def _read_up_to(run: Scheduler, count: int) -> None:
    """Note that a reader has had *count* tasks: makes room in the buffer."""
    with run.crew.lock:
        if count > run.limits.read:
            run.limits.read = count
            if run.limits.bound is not None:
                run.crew.rouse(1)


def _await(
    run: Scheduler, look: Callable[[], Found | None], wait: Wait
) -> Found | None:
    """Return what *look* finds as soon as it does, or None if the run has ended."""
    found: Found | None = None
    is_late = False

    def is_there() -> bool:
        nonlocal found, is_late
        try:
            found = look()
        except UsageError:  # out of a wait it would cancel the run, which has others
            is_late = True
        return is_late or found is not None

    try:
        found = look()
        while found is None and not is_late and wait(is_there):
            pass  # the run had ended, and has been started again
        return look() if found is None else found
    except UsageError:
        raise
    except BaseException:  # who is interrupted here would have been in the wait
        stopping.cancel(run)
        raise
