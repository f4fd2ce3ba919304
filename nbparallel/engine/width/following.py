"""Has the number of workers of a run follow what the work rewards.

The timer looks at what has been done, a thread of its own decides and has workers come
or go: what an error says of itself is the user's code, and threads take a moment to
start. One at a time; `nbparallel.engine.width.policy` is what it asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import process_time
from typing import Final

from nbparallel import daemons
from nbparallel.engine import steering
from nbparallel.engine.scheduler import Scheduler
from nbparallel.engine.sharing import bounds_of
from nbparallel.engine.timer import TIMER
from nbparallel.engine.width.gauge import Gauge, Seen
from nbparallel.engine.width.policy import WidthPolicy
from nbparallel.engine.width.strain import is_strain
from nbparallel.workers import load
from nbparallel.workers.bounds import Bounds

#: Seconds between two looks: while the number is sought, afterwards, and more for each
#: claim that is looked at.
QUICK: Final = 0.01
CALM: Final = 0.05
EACH: Final = 0.000_02


class Width:
    """The number of workers of one run.

    Parameters
    ----------
    run
        The run. That of a task, whose workers carry it out, decides for it.
    cpu
        Returns the processor time of this process so far.

    Attributes
    ----------
    gauge
        What measures the run, while its number follows.
    """

    def __init__(self, run: Scheduler, cpu: Callable[[], float] = process_time) -> None:
        self._run, self._cpu = run, cpu
        self._alarm = run.phase.alarm(self._look)
        self._policy: WidthPolicy | None = None
        self.gauge: Gauge | None = None

    def begin(self) -> None:
        """Look from now on, if the number is to follow; the run has been started."""
        run = self._run
        if not run.limits.follows:
            return
        bounds = None if steering.is_guest(run) else self._bounds()
        with run.crew.lock:
            if bounds is None:
                self._take_the_outers()
            elif self._is_wanted():
                first = min(run.limits.workers, bounds.most)
                known = self._policy
                if known is None or known.width != run.limits.workers:
                    self._policy = WidthPolicy(replace(bounds, first=first))
                self._measure(run.limits.workers)
                self._look_again()

    def end(self) -> None:
        """Keep nothing of what was measured; the run has ended."""
        with self._run.crew.lock:
            if self._run.phase.over.is_set():
                self._measure_with(None)

    def fix(self, workers: int) -> None:
        """Have *workers* from now on, whatever the work rewards.

        Raises
        ------
        BadValue
            There can't be so many.
        """
        self._bounds(str(workers))
        steering.resize(self._run, workers)

    def free(self) -> None:
        """Have the number follow from now on.

        Raises
        ------
        BadValue
            It can't.
        """
        self._bounds()
        with self._run.crew.lock:
            self._run.limits.follows = True
        self.begin()

    def _bounds(self, asked: str = "'auto'") -> Bounds:
        return bounds_of(load(self._run.options.backend), asked)

    # -- The lock is held -------------------------------------------------------------

    def _take_the_outers(self) -> None:
        run = self._run
        if run.parent is not None and run.limits.follows:
            steering.set_width(run, run.parent.limits.workers)

    def _is_wanted(self) -> bool:
        run, phase = self._run, self._run.phase
        ends = phase.over.is_set() or phase.halt.is_set()
        return run.limits.follows and not ends and not steering.is_guest(run)

    def _measure(self, skip: int) -> None:
        """Begin another stretch."""
        self._measure_with(Gauge(TIMER.clock(), self._cpu(), skip))

    def _measure_with(self, gauge: Gauge | None) -> None:
        observers = self._run.intake.observers
        if self.gauge is not None:
            observers.remove(self.gauge)
        if gauge is not None:
            observers.append(gauge)
        self.gauge = gauge

    def _look_again(self) -> None:
        seeks = self._policy is not None and self._policy.is_searching
        pause = (QUICK if seeks else CALM) + EACH * len(self._run.open)
        self._alarm.by(TIMER.clock() + pause)

    def _seen(self, gauge: Gauge, policy: WidthPolicy) -> Seen | None:
        """Return what has been done, if that is enough to decide by."""
        run, workers = self._run, self._run.limits.workers
        ends_soon = run.source.exhausted and run.source.at_hand < workers
        if run.phase.holds_back or ends_soon:
            self._measure(workers)
            return None
        run.intake.take_all(run.open)
        going = [claim.since for claim in run.open if claim.running is not None]
        seen = gauge.look(TIMER.clock(), self._cpu(), going, workers)
        return seen if policy.is_enough(seen) else None

    # -- Without the lock -------------------------------------------------------------

    def _look(self) -> None:
        run = self._run
        with run.crew.lock:
            gauge, policy = self.gauge, self._policy
            if not self._is_wanted() or gauge is None or policy is None:
                self._measure_with(None)
                return
            seen = self._seen(gauge, policy)
            if seen is None:
                self._look_again()
        run.crew.flush()
        if seen is not None:
            decide = partial(self._decide, policy, gauge, seen)
            daemons.have_done("nbparallel-width", decide)

    def _decide(self, policy: WidthPolicy, gauge: Gauge, seen: Seen) -> None:
        """Ask how many workers there are to be, and have as many."""
        run, errors = self._run, gauge.errors
        strained = sum(map(is_strain, errors))  # which asks objects of the user's
        seen = replace(seen, strain=gauge.share_of(strained, len(errors)))
        with run.crew.lock:
            if self.gauge is not gauge or not self._is_wanted():
                return  # it was set meanwhile, or started again
            before = run.limits.workers
            width = policy.decide(seen)
            if width != before:
                steering.set_width(run, width)
            self._measure(0 if width == before else max(before, width))
            self._look_again()
        steering.follow(run)
