"""How the state of a run becomes a snapshot, or columns."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING, Final

from nbparallel.engine.scheduler import Scheduler
from nbparallel.records.columns import Columns
from nbparallel.records.errors import Errors
from nbparallel.records.groups import MOST
from nbparallel.records.measures import Measures
from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.records.strip import Strip
from nbparallel.records.timeline import Timeline
from nbparallel.types import Status
from nbparallel.workers.claim import Claim

if TYPE_CHECKING:
    from nbparallel.records.summary import Metrics

#: Of so many tasks that ended last a forecast is made.
RECENT: Final = 64
#: How many rows of a sort there are once the run has ended, and of the slowest.
ENDED: Final = 500
SLOWEST: Final = 10


def snapshot(run: Scheduler, rows: int, timeline: Timeline | None = None) -> Snapshot:
    """Return the run as it stands, with up to *rows* rows of each sort.

    Of a run that has ended there are as many as its page can show; none if *rows* is 0.
    """
    with run.crew.lock:
        run.intake.take_all(run.open)
        found = _snapshot(run, rows)
        if timeline is not None:
            found = replace(found, strip=_strip(run, timeline, found))
    run.crew.flush()
    run.source.keeper.assure()
    if exhibits := run.work.exhibits:
        found = replace(found, exhibits=tuple(exhibits()))
    if caption := run.work.caption:
        said = caption()
        found = replace(found, name=said.name or found.name, postfix=said.postfix)
    return found


def columns(run: Scheduler) -> Columns:
    """Return every cell of every task as it stands."""
    with run.crew.lock:
        run.intake.take_all(run.open)
        going = [task for _, task, _ in run.open.going()]
        found = run.records.columns(run.epoch, going)
    run.crew.flush()
    run.source.keeper.assure()
    return found


def errors(run: Scheduler) -> Errors:
    """Return what tasks raised, by task."""
    with run.crew.lock:
        run.intake.take_all(run.open)
        found = sorted(run.records.errors.items())
        rows = run.records.rows([task for task, _ in found[:ENDED]], run.epoch)
    run.crew.flush()
    run.source.keeper.assure()
    return Errors(found, {row.task: row.item for row in rows})


def metrics(run: Scheduler, shot: Snapshot, measures: Measures) -> Metrics:
    """Return what the run comes to, by a snapshot of it and what was measured."""
    from nbparallel.records import summary

    if not run.options.keep_results:
        return summary.metrics(shot, run.records.busy, None, measures)
    found = columns(run)
    busy, overhead = summary.busy_in(found), summary.overhead_in(found)
    return summary.metrics(shot, busy, overhead, measures)


def _snapshot(run: Scheduler, rows: int) -> Snapshot:
    records, state = run.records, run.phase.state
    running = sorted(run.open.going(), key=itemgetter(0))
    counts = {Status.PENDING: 0, Status.RUNNING: len(running), **records.counts}
    counts[Status.PENDING] = len(records) - sum(counts.values())
    ended = state.ended
    most, slow = (ENDED, SLOWEST) if ended and rows else (0, 0)
    return Snapshot(
        name=run.options.desc or run.work.name,
        state=state,
        total=len(records) if run.source.exhausted else run.work.total,
        counts=counts,
        elapsed=run.clock.elapsed,
        active=run.clock.active,
        workers=run.limits.workers,
        recent=() if ended else records.recent_seconds(RECENT),
        running=tuple(running_row(run, *each) for each in running[:rows]),
        latest=records.rows(records.latest(rows), run.epoch),
        first=records.rows(range(len(records))[:most], run.epoch),
        failures=records.rows(records.failed(most), run.epoch),
        slowest=records.rows(records.slowest(slow), run.epoch) if slow else (),
        errors=dict(islice(records.errors.items(), MOST)),
        log=records.latest_output(),
        abandoned=len(run.open.revoked),
        lag=run.backend.lag,
        input_error=run.source.error,
        broken_by=run.phase.broken_by,
        elsewhere=run.backend.elsewhere,
        guessed=run.backend.guessed,
        waiting=run.source.shelf.waiting_for_time,
        held_by=run.limits.held_by(run.source, run.open),
        fatal=run.phase.fatal,
        deadline=run.phase.deadline,
        measurement=run.work.measurement,
        once=run.work.once,
        near=run.work.near,
        handle=run.work.handle,
        keeps_results=run.options.keep_results,
        restored=records.restored_count,
        recovered=records.recovered if ended else 0,
        journal_notes=run.source.keeper.notes,
        widths=tuple(run.limits.widths),
        reasons=run.work.reasons,
    )


def _strip(run: Scheduler, timeline: Timeline, shot: Snapshot) -> Strip | None:
    going = [(since, task, claim.worker) for since, task, claim in run.open.going()]
    return timeline.strip(
        shot.elapsed,
        going,
        widths=shot.widths,
        guessed=shot.guessed,
        whole=shot.state.ended,
    )


def running_row(run: Scheduler, since: float, task: int, claim: Claim) -> Row:
    """Return the row of *task*, begun at *since*; the lock is held."""
    return run.records.running_row(
        task,
        worker=claim.worker,
        seconds=max(0.0, perf_counter() - since),
        started=since + run.epoch,
        output=claim.printed(task - claim.first),
    )
