"""The numbers of a run, computed from its columns and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbparallel.records.columns import Columns
from nbparallel.records.snapshot import Snapshot

#: Below this mean duration, in seconds, starting a task costs more than the task.
TINY = 20e-6
#: Below this busy share of the workers, most of them had nothing to do.
IDLE = 0.5


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
        Seconds that tasks took, added up over all tasks.
    throughput
        Tasks carried out per second of wall time.
    workers
        How many workers the run might use.
    estimated_speedup
        ``busy / wall``: how much longer the same tasks would have taken one after
        another *if each took as long alone*. An estimate: tasks that compete for a
        processor or a server take longer together than alone. None before any task.
    advice
        One sentence for next time, or an empty string.
    """

    counts: Mapping[str, int]
    tasks: int
    wall: float
    busy: float
    throughput: float
    workers: int
    estimated_speedup: float | None
    advice: str

    def __str__(self) -> str:
        counts = ", ".join(f"{n} {word}" for word, n in self.counts.items() if n)
        lines = [
            f"{self.tasks} tasks: {counts or 'none'}",
            (
                f"{self.wall:.3g} s with {self.workers} workers, "
                f"{self.throughput:.4g} tasks per second"
            ),
        ]
        if self.estimated_speedup is not None:
            lines.append(
                f"the tasks took {self.busy:.3g} s in all: an estimated "
                f"{self.estimated_speedup:.3g} times as fast as one after another"
            )
        return "\n".join([*lines, *filter(None, [self.advice])])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001, ARG002
        printer.text(str(self))


def metrics(snapshot: Snapshot, columns: Columns) -> Metrics:
    """Compute the metrics of a run."""
    busy = sum(columns.ended) - sum(columns.started)
    wall = snapshot.active
    done = snapshot.carried_out
    speedup = busy / wall if done and wall > 0 else None
    return Metrics(
        counts={status.word: n for status, n in snapshot.counts.items()},
        tasks=snapshot.known,
        wall=snapshot.elapsed,
        busy=busy,
        throughput=done / wall if wall > 0 else 0.0,
        workers=snapshot.workers,
        estimated_speedup=speedup,
        advice=_advice(snapshot, busy, speedup),
    )


def _advice(snapshot: Snapshot, busy: float, speedup: float | None) -> str:
    done = snapshot.carried_out
    if not done or speedup is None:
        return ""
    if snapshot.failed:
        return f"{snapshot.failed} failed: run.errors says why."
    if busy / done < TINY:
        return (
            f"Tasks take {busy / done * 1e6:.1f} µs each: a plain loop is as fast. "
            "Give each task more to do."
        )
    if done >= snapshot.workers and speedup < IDLE * snapshot.workers:
        return (
            f"On average {speedup:.1f} of {snapshot.workers} workers were busy: "
            "fewer workers would do."
        )
    return ""
