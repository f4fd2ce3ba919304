"""Carry the legs of a measurement out, one at a time, and time each.

The legs are the tasks of one inline run, which brings the panel, the Cancel and the
interrupt with it. What is not a parallel run of its own (the plain loop, the user's
function of ``workers``) goes on in one thread, so that the waiting thread can hear of
both and leave.

What a time is
--------------
- Of the plain loop: the loop alone.
- Of a parallel leg: from making the run to its end, workers' start included; what a
  stopwatch around `nbparallel.pmap` shows.
- Results are kept until the clock has stopped, in both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any, Final

from nbparallel.coroutines import CoroutineCall
from nbparallel.engine.run import Run
from nbparallel.engine.scheduler import Scheduler
from nbparallel.errors import without_the_call
from nbparallel.options import Options
from nbparallel.quantities import measured_time
from nbparallel.timing.legs import Leg
from nbparallel.timing.subject import Subject
from nbparallel.types import Status
from nbparallel.work.work import Work
from nbparallel.workers.scope import calling_scope

#: What runs inside the plain loop or a function of ``workers`` may use of their own.
PLENTY: Final = 1000


@dataclass(frozen=True, slots=True)
class Timed:
    """A leg that has been carried out.

    Attributes
    ----------
    leg
        Which one.
    started
        When, in seconds since the epoch.
    seconds
        How long it took.
    tasks, failed
        How many tasks it had, and how many of them did not end well.
    error
        What the first failed task raised, or None.
    """

    leg: Leg
    started: float
    seconds: float
    tasks: int
    failed: int
    error: BaseException | None

    def __repr__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{measured_time(self.seconds)}{failed}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a measurement.

    Attributes
    ----------
    legs
        The legs that were carried out to their end, warm-up left out, in that order.
    planned
        How many there would have been.
    """

    legs: tuple[Timed, ...]
    planned: int


def measure(verb: str, subject: Subject, order: list[Leg]) -> Measured:
    """Carry out the legs in this order; a cancelled measurement keeps what it has.

    Raises
    ------
    KeyboardInterrupt
        An interrupt arrived; the legs so far are the rows of `nbparallel.last`.
    Exception
        With ``on_error="raise"``, what a task raised first.
    """
    __tracebackhide__ = True
    options = Options(
        backend="inline",
        desc=f"{verb} {subject.name}",
        on_error=subject.options.on_error,
        progress=subject.options.progress,
        rows=subject.options.rows,
        grace=subject.options.grace,
        capture=False,
    )
    work = Work(
        name=verb,
        call=partial(_timed, subject),
        items=list(order),
        source=None,
        total=len(order),
        measurement=True,
    )
    run = Run(work, options).start()
    for error in run.errors.values():
        raise error  # of ours, or of a system that gives no threads
    columns = run.columns()
    done = [
        timed
        for timed, status in zip(columns.results, columns.status, strict=True)
        if status == Status.OK and timed.leg.round
    ]
    return Measured(tuple(done), sum(1 for leg in order if leg.round))


def _timed(subject: Subject, leg: Leg) -> Timed:
    __tracebackhide__ = True
    if subject.items is None:
        timed = _alone(subject, lambda: _called(subject, leg))
    elif leg.sequential:
        timed = _alone(subject, lambda: _looped(subject, leg))
    else:
        timed = _parallel(subject, leg)
    if timed.error is not None and subject.options.on_error == "raise":
        raise timed.error
    return timed


def _parallel(subject: Subject, leg: Leg) -> Timed:
    # A list of its own: the engine may take it apart.
    work = replace(subject.work, items=list(subject.items or ()))
    options = replace(
        subject.options, workers=leg.workers, progress=False, on_error="collect"
    )
    started, begin = time.time(), perf_counter()
    run = Run(work, options).start()
    seconds = perf_counter() - begin
    failed = subject.tasks - run.snapshot().counts[Status.OK]
    error = next(iter(run.errors.values()), None)
    return Timed(leg, started, seconds, subject.tasks, failed, error)


def _alone(subject: Subject, body: Callable[[], Timed]) -> Timed:
    """Return what *body* returns, called in a thread that can be left behind."""
    work = Work(
        name=subject.name, call=lambda _: body(), items=[None], source=None, total=1
    )
    options = Options(
        workers=PLENTY,
        progress=False,
        capture=subject.options.capture,
        grace=subject.options.grace,
    )
    timed: Timed = Run(work, options).start().results[0]
    return timed


def _looped(subject: Subject, leg: Leg) -> Timed:
    call, todo = subject.work.call, list(subject.items or ())
    errors: list[BaseException] = []
    with _emptied_by_cancel(todo):
        started, begin = time.time(), perf_counter()
        if isinstance(call, CoroutineCall):
            _await_each(call, todo, errors)
        else:
            _call_each(call, todo, errors)
        seconds = perf_counter() - begin
    failed, first = len(errors), errors[0] if errors else None
    return Timed(leg, started, seconds, subject.tasks, failed, first)


def _call_each(
    call: Callable[[Any], Any], todo: list[Any], errors: list[BaseException]
) -> None:
    results: list[Any] = []
    keep = results.append
    for item in todo:
        try:
            keep(call(item))
        except BaseException as error:  # as in a parallel run: noted, not raised
            errors.append(without_the_call(error))


def _await_each(
    call: CoroutineCall, todo: list[Any], errors: list[BaseException]
) -> None:
    """Do so in the loop of the parallel legs: what the tasks share may belong to it."""
    from asyncio import run_coroutine_threadsafe

    from nbparallel.workers.loop import the_loop

    async def go_through() -> None:
        results: list[Any] = []
        for item in todo:
            try:
                results.append(await call.begin(item))
            except BaseException as error:  # as above
                errors.append(without_the_call(error))

    run_coroutine_threadsafe(go_through(), the_loop().events).result()


def _called(subject: Subject, leg: Leg) -> Timed:
    failure = None
    started, begin = time.time(), perf_counter()
    try:
        subject.work.call({"workers": leg.workers})
    except BaseException as error:  # as in a parallel run: noted, not raised
        failure = without_the_call(error)
    seconds = perf_counter() - begin
    failed = 0 if failure is None else 1
    return Timed(leg, started, seconds, subject.tasks, failed, failure)


@contextmanager
def _emptied_by_cancel(todo: list[Any]) -> Iterator[None]:
    """Empty *todo* once the leg is cancelled: a loop over it then ends by itself.

    So the loop that is measured needs no look at a flag.
    """
    scope = calling_scope()
    assert scope is not None
    assert isinstance(scope.run, Scheduler)
    crew, halt = scope.run.crew, scope.halt

    def look() -> None:
        if halt.is_set():
            todo.clear()

    crew.watch_ends(look, tasks=False)
    try:
        look()
        yield
    finally:
        crew.unwatch(look)
