"""How a scheduler's state becomes a snapshot. Called with the tree's lock held."""

from __future__ import annotations

from itertools import islice
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING

from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.types import Status

if TYPE_CHECKING:
    from nbparallel.engine.scheduler import Scheduler
    from nbparallel.workers.claim import Claim

#: The most pieces of captured output in a snapshot.
MOST_LOG = 200


class Stopwatch:
    """Seconds of a run: all of them, and those in which it was not paused."""

    def __init__(self) -> None:
        self._elapsed = self._active = 0.0
        self._elapsed_since: float | None = None
        self._active_since: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds between the starts and the ends so far."""
        return self._elapsed + _since(self._elapsed_since)

    @property
    def active(self) -> float:
        """The seconds of `elapsed` that were not paused."""
        return self._active + _since(self._active_since)

    def start(self) -> None:
        """Go on, from a stop or from a pause."""
        now = perf_counter()
        self._elapsed_since = self._elapsed_since or now
        self._active_since = self._active_since or now

    def pause(self) -> None:
        """Stop counting active seconds."""
        self._active, self._active_since = self.active, None

    def stop(self) -> None:
        """Stop counting."""
        self.pause()
        self._elapsed, self._elapsed_since = self.elapsed, None


def snapshot(run: Scheduler, rows: int) -> Snapshot:
    """Return *run* as it stands; its open claims have just been harvested."""
    records, state = run.records, run.state
    # Workers go on meanwhile: what a claim is at is looked at once.
    running = sorted(
        (
            (claim.since, task, claim)
            for claim in run.open
            if (task := claim.running) is not None
        ),
        key=itemgetter(0),
    )
    counts = {Status.PENDING: 0, Status.RUNNING: len(running), **records.counts}
    counts[Status.PENDING] = len(records) - sum(counts.values())
    first: tuple[Row, ...] = ()
    failures: tuple[Row, ...] = ()
    if state.ended:
        first = tuple(records.row(n, run.epoch) for n in range(len(records))[:rows])
        failures = tuple(
            records.row(n, run.epoch) for n in islice(sorted(records.errors), rows)
        )
    return Snapshot(
        name=run.options.desc or run.work.name,
        state=state,
        total=len(records) if run.source.exhausted else run.work.total,
        counts=counts,
        elapsed=run.clock.elapsed,
        active=run.clock.active,
        workers=run.workers,
        running=tuple(_running(run, *each) for each in running[:rows]),
        latest=tuple(records.row(n, run.epoch) for n in records.latest(rows)),
        first=first,
        failures=failures,
        log=_log(run),
        abandoned=run.abandoned,
        input_error=run.source.error,
        measurement=run.work.measurement,
    )


def _running(run: Scheduler, since: float, task: int, claim: Claim) -> Row:
    return Row(
        task=task,
        item=run.records.items[task],
        status=Status.RUNNING,
        result=run.records.results[task],
        error=None,
        seconds=max(0.0, perf_counter() - since),
        started=since + run.epoch,
        worker=claim.worker,
        attempts=run.records.attempts[task] + 1,
        output=claim.printed(task - claim.first),
    )


def _log(run: Scheduler) -> tuple[tuple[int, str], ...]:
    texts = run.records.output
    latest = list(islice(reversed(texts), MOST_LOG))
    return tuple((task, texts[task]) for task in reversed(latest))


def _since(instant: float | None) -> float:
    return 0.0 if instant is None else perf_counter() - instant
