"""The metrics of a run as a small table: the name of each, its value, what it is."""

from __future__ import annotations

from collections.abc import Iterator

from nbparallel.quantities import count, counted, duration, factor, rate
from nbparallel.records.summary import Metrics
from nbparallel.views import sheets

HEAD = ("metric", "value", "what it is")


def html(metrics: Metrics) -> str:
    """Return metrics as a table; what was not measured has no row."""
    rows = [*_counts(metrics), *_times(metrics), *_measures(metrics)]
    return sheets.page("", sheets.sheet("What the run did and how well", HEAD, rows))


def _counts(found: Metrics) -> Iterator[tuple[str, str, str]]:
    tally = counted(*((number, word) for word, number in found.counts.items()))
    yield "tasks", count(found.tasks), tally
    if found.restored:
        yield "restored", count(found.restored), "of the tasks came from a journal"
    numbers = [number for _, number in found.widths]
    changed = f"from {count(min(numbers))} to {count(max(numbers))} meanwhile"
    yield "workers", count(found.workers), changed if len(numbers) > 1 else ""


def _times(found: Metrics) -> Iterator[tuple[str, str, str]]:
    yield "wall", duration(found.wall), "from start to end"
    yield "busy", duration(found.busy), "what the tasks took, added up"
    yield "throughput", rate(found.throughput), "tasks carried out"
    if found.estimated_speedup is not None:
        told = "times as fast as one after another, if each took as long alone"
        yield "estimated_speedup", factor(found.estimated_speedup), told


def _measures(found: Metrics) -> Iterator[tuple[str, str, str]]:
    if found.cpu is not None:
        yield "cpu", f"{found.cpu:.2f} CPUs", "this process and its children"
    if found.locked is not None:
        told = "of the time tasks took turns at the interpreter lock"
        yield "locked", f"{100 * found.locked:.0f} %", told
    if found.waited_for_rate:
        told = "a task and a worker were ready, and the rate let none start"
        yield "waited_for_rate", duration(found.waited_for_rate), told
    if found.waited_for_backoff:
        told = "nothing was left to do but to wait to try again"
        yield "waited_for_backoff", duration(found.waited_for_backoff), told
    if found.overhead is not None:
        told = "per task, from what a worker was given to the next"
        yield "overhead", duration(found.overhead), told
