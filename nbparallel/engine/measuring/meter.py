"""Measures where the time of one run goes.

What is exact is counted where it happens: the seconds of attempts, waiting for the
rate. The rest is looked at a few times a second: who holds the interpreter lock,
whether nothing is left but what waits to be tried again, and what the processes use. A
run inside a task of another is not looked at: the outer one is.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from time import perf_counter
from typing import Final

from nbparallel.engine.measuring import contention
from nbparallel.engine.measuring.resources import RESOURCES
from nbparallel.engine.measuring.sampler import SAMPLER
from nbparallel.engine.measuring.totals import TALLY
from nbparallel.engine.measuring.watch import Watch, log
from nbparallel.engine.scheduler import Scheduler
from nbparallel.engine.snapshotting import snapshot
from nbparallel.kinds import word_of
from nbparallel.quantities import counted, duration
from nbparallel.records.measures import SHORT, Measures, Straggler
from nbparallel.records.snapshot import Snapshot
from nbparallel.records.straggling import straggler_of
from nbparallel.records.usage import Usage, joined
from nbparallel.types import FAILED, Status
from nbparallel.workers.bounds import processors

#: How old a run must be before the processes are looked at.
YOUNG: Final = 0.2


class Meter:
    """Measures one run.

    Parameters
    ----------
    run
        What is measured.
    looks
        Whether it is looked at while it goes on.
    """

    def __init__(self, run: Scheduler, *, looks: bool) -> None:
        self.watch = Watch(run.options.desc or run.work.name, run.crew, run.clock)
        self._run, self._looks = run, looks
        self._contention = (
            contention.Contention()
            if run.backend.has_thread_clocks and contention.is_possible()
            else None
        )
        self._began = self._looked = 0.0
        self._backoff = self._asked = 0.0  # seconds
        # Whether somebody sees what the processes use, or advice hangs on it: a first
        # look loads psutil, which takes as long as a thousand of ours.
        self._is_seen = run.options.backend == "processes"
        self._usage: Usage | None = None
        self._taken: Usage | None = None
        self._came: Counter[str] = Counter()
        self._busy = 0.0
        self._going = False
        self._found: Measures | None = None

    def begin(self) -> None:
        """Measure from now on."""
        TALLY.begun()
        self._going, self._found = True, None
        self._began = self._looked = perf_counter()
        if self._contention is not None:
            self._contention.begin({})  # its threads are yet to come
        if self._looks:
            SAMPLER.add(self)
        if log.isEnabledFor(logging.INFO):
            run = self._run
            kind = word_of(run.options.backend)
            self.watch.say(logging.INFO, "%d workers (%s)", run.limits.workers, kind)

    def end(self) -> None:
        """Measure no more."""
        if not self._going:
            return
        self._going = False
        SAMPLER.remove(self)
        before, self._came = self._came, self._sum()
        busy, self._busy = self.watch.busy - self._busy, self.watch.busy
        TALLY.ended(self._came, busy, before)
        if log.isEnabledFor(logging.INFO):
            self._say_end()

    def look(self, late: float) -> None:
        """Look at how the run stands; the last look was some time ago."""
        now, run = perf_counter(), self._run
        span, self._looked = now - self._looked, now
        with run.crew.lock:
            stands_still = run.phase.holds_back or run.phase.over.is_set()
            shelf = run.source.shelf
            idle = not (run.open or run.source.at_hand)
            waits = idle and run.source.exhausted and shelf.waiting_for_time > 0
            asked = shelf.waits_as_asked
        if waits and not stands_still:
            self._backoff += span
            self._asked += span if asked else 0.0
        if self._contention is not None:
            threads = run.backend.thread_seconds()
            if stands_still:
                self._contention.begin(threads)
            else:
                self._contention.look(span, late, threads)
        if self._is_seen and now - self._began >= YOUNG:
            RESOURCES.ask()
            self._take_usage()

    def measures(self) -> Measures:
        """Return what was measured so far."""
        if self._found is not None:
            return self._found
        run = self._run
        with run.crew.lock:
            over = run.phase.over.is_set()
            run.intake.take_all(run.open)
            found = self._measures(over=over)
        run.crew.flush()
        if over and not self._going:
            self._found = found
        return found

    def advice(self) -> str:
        """Return what to change, in one sentence; or an empty one."""
        from nbparallel.records.advice import advice

        found = self.measures()
        return advice(found) if found.active >= SHORT else ""

    def snapshot(self, rows: int) -> Snapshot:
        """Return the run as it stands, with what was measured."""
        shot = snapshot(self._run, rows, self.watch.timeline)
        ended = shot.state.ended
        self._is_seen = self._is_seen or not ended
        usage = self._usage
        if not ended and self._looks and RESOURCES.looked >= self._began:
            usage = RESOURCES.latest
        said = "" if not ended or shot.measurement else self.advice()
        locked = self.measures().locked if ended else None
        if not said and usage is None and locked is None:
            return shot
        return replace(shot, advice=said, usage=usage, locked=locked)

    # -- Inside -----------------------------------------------------------------------

    def _take_usage(self) -> None:
        found = RESOURCES.latest
        if found is None or found is self._taken:
            return
        self._taken = found
        if RESOURCES.looked - found.span >= self._began - YOUNG:
            self._usage = joined(self._usage, found)

    def _measures(self, *, over: bool) -> Measures:
        run, pacing = self._run, self._run.limits.pacing
        looks = self._contention
        counts = run.records.counts
        active, restored = run.clock.active, run.records.restored_count
        return Measures(
            active=active,
            done=run.records.finished - counts[Status.CANCELLED] - restored,
            busy=self.watch.busy,
            workers=run.limits.workers,
            cpus=processors(),
            backend=word_of(run.options.backend),
            near=run.work.near,
            looked=looks.looked if looks else 0.0,
            contended=looks.contended if looks else 0.0,
            rate=pacing.rate.text if pacing.rate else "",
            rate_waits=pacing.waits,
            waited_for_rate=pacing.waited,
            backoff_waits=len(run.records.tries),
            waited_for_backoff=self._backoff,
            waited_as_asked=self._asked,
            usage=self._usage,
            straggler=self._straggler() if over and active >= SHORT else None,
        )

    def _straggler(self) -> Straggler | None:
        clock = self._run.clock
        if clock.elapsed - clock.active > YOUNG:  # it was paused: so was the task
            return None
        if not self._run.options.keep_results:
            return None
        found = straggler_of(self._run.records, self._began)
        # What has to come after others could not have come first.
        waits = found is not None and found.task in (self._run.work.needs or ())
        return None if waits else found

    def _sum(self) -> Counter[str]:
        run = self._run
        with run.crew.lock:
            records = run.records
            tries = [each for some in records.tries.values() for each in some]
            counts = {status.word: n for status, n in records.counts.items()}
        late = sum(each.status is Status.TIMEOUT for each in tries)
        several = run.limits.workers > 1 and not run.backend.waits_itself
        words = {
            "parallel": int(several),
            "sequential": int(not several),
            "nested": int(run.parent is not None),
            "timeouts": counts[Status.TIMEOUT.word] + late,
            "retries": len(tries),
        }
        return Counter({**counts, **words})

    def _say_end(self) -> None:
        counts = self._run.records.counts
        tally = counted(*((n, status.word) for status, n in counts.items()))
        failed = sum(counts[status] for status in FAILED)
        self.watch.say(
            logging.WARNING if failed else logging.INFO,
            "%s in %s: %s",
            self._run.phase.state.value,
            duration(self._run.clock.elapsed),
            tally or "no tasks",
        )
