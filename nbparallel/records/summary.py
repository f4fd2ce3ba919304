"""The numbers of a run, computed from its columns and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nbparallel.quantities import duration, factor, significant
from nbparallel.records.columns import Columns
from nbparallel.records.measures import Measures
from nbparallel.records.snapshot import Snapshot

#: The overhead is that of so many tasks, the first ones.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a run did and how well.

    Attributes
    ----------
    counts
        Tasks by status word; they add up to *tasks*.
    tasks
        Number of tasks.
    wall
        Seconds from start to end (or until now).
    busy
        Seconds that tasks took, added up over all tasks and their attempts.
    throughput
        Tasks carried out per second of wall time.
    workers
        How many workers the run might use.
    estimated_speedup
        ``busy / wall``: how much longer the same tasks would have taken one after
        another *if each took as long alone*. An estimate: tasks that compete for a
        processor or a server take longer together than alone. None before any task.
    restored
        How many of the tasks came from a journal; they count for nothing but *tasks*
        and *counts*.
    widths
        The history of *workers*: pairs of the second of the run since when there were
        so many, and the number. Of more than 500 changes, some.
    cpu
        CPU seconds per second that this process and its child processes used while it
        ran: 1.0 is one CPU in full use. None for a run of less than about two seconds,
        and for one that is neither shown nor on processes.
    locked
        The share, from 0 to 1, of the time in which tasks took turns at the interpreter
        lock, so that never more than one computed. None where that was not looked at.
    waited_for_rate
        Seconds during which a task and a worker were ready and the rate let none start.
    waited_for_backoff
        Seconds during which nothing was left to do but to wait for the instant at which
        failed tasks were tried again; by looks 0.05 s apart.
    overhead
        Seconds per task between the end of what a worker was given and the beginning of
        what it was given next, by the median: what it costs to hand tasks out, and
        waiting where most had to. None where no worker was given something twice.
    """

    counts: Mapping[str, int]
    tasks: int
    wall: float
    busy: float
    throughput: float
    workers: int
    estimated_speedup: float | None
    cpu: float | None
    locked: float | None
    waited_for_rate: float
    waited_for_backoff: float
    overhead: float | None
    restored: int = 0
    widths: tuple[tuple[float, int], ...] = ()

    def __str__(self) -> str:
        counts = ", ".join(f"{n} {word}" for word, n in self.counts.items() if n)
        kept = f", {self.restored} of them from the journal" if self.restored else ""
        lines = [
            f"{self.tasks} tasks: {counts or 'none'}{kept}",
            (
                f"{duration(self.wall)} with {self.workers} workers, "
                f"{significant(self.throughput)} tasks per second"
            ),
        ]
        if self.estimated_speedup is not None:
            lines.append(
                f"the tasks took {duration(self.busy)} in all: an estimated "
                f"{factor(self.estimated_speedup)} times as fast as one after another"
            )
        waits = [
            (self.waited_for_rate, "for the rate"),
            (self.waited_for_backoff, "to try again"),
        ]
        lines += [f"{duration(each)} of waiting {what}" for each, what in waits if each]
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001, ARG002
        printer.text(str(self))

    def _repr_html_(self) -> str | None:
        return None if _html is None else _html(self)


_html: Callable[[Metrics], str] | None = None


def shown_by(html: Callable[[Metrics], str]) -> None:
    """Have notebooks show what *html* makes of metrics: views lie above this layer."""
    global _html  # noqa: PLW0603 # once per process
    _html = html


def busy_in(columns: Columns) -> float:
    """Return the seconds that all attempts of this run took, added up."""
    started, ended = columns.started, columns.ended
    busy = sum(ended) - sum(started)
    for task, tries in columns.tries.items():
        busy += sum(each.ended - each.started for each in tries)
        if columns.attempts[task] == tries[-1].number:  # it waits to be tried again
            busy -= ended[task] - started[task]
    return busy - sum(ended[task] - started[task] for task in columns.restored)


def metrics(
    snapshot: Snapshot, busy: float, overhead: float | None, measures: Measures
) -> Metrics:
    """Compute the metrics of a run whose tasks took *busy* seconds, added up."""
    wall = snapshot.active
    done = snapshot.carried_out - snapshot.restored
    return Metrics(
        counts={status.word: n for status, n in snapshot.counts.items()},
        tasks=snapshot.known,
        wall=wall,
        busy=busy,
        throughput=done / wall if wall > 0 else 0.0,
        workers=snapshot.workers,
        estimated_speedup=busy / wall if done and wall > 0 else None,
        cpu=measures.usage.cpu if measures.usage else None,
        locked=measures.locked,
        waited_for_rate=measures.waited_for_rate,
        waited_for_backoff=measures.waited_for_backoff,
        overhead=overhead,
        restored=snapshot.restored,
        widths=snapshot.widths,
    )


def overhead_in(columns: Columns) -> float | None:
    """Return the seconds per task that workers spent between two claims."""
    latest: dict[int, float] = {}
    gaps = []
    tried = [task for task in range(min(MOST, len(columns))) if columns.ended[task]]
    for task in sorted(tried, key=columns.started.__getitem__):
        worker = columns.workers[task]
        gap = columns.started[task] - latest.get(worker, columns.started[task])
        if gap > 0:
            gaps.append(gap)
        latest[worker] = columns.ended[task]
    if not gaps:
        return None
    return sorted(gaps)[len(gaps) // 2] * len(gaps) / len(tried)
