"""Interleaved repetitions, medians and ratios.

Contenders take turns, so that a slow minute of the machine hits all of them. A ratio is
taken within one round, and its spread is that over the rounds.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

Measured = Mapping[str, list[float]]

ROUNDS = 5
BASE = "nbparallel"


@dataclass(frozen=True)
class Table:
    """One result as it is printed: a title, what was done, a header and rows."""

    title: str
    note: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)


def seconds(
    work: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return how long *work* takes; its result is thrown away after the clock stops."""
    gc.collect()
    start = clock()
    kept = work()
    taken = clock() - start
    del kept
    return taken


def interleave(
    contenders: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Call every contender once per round, each round beginning with another one."""
    names = list(contenders)
    figures: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            figures[name].append(contenders[name]())
    return figures


def compare_over(
    contenders: Mapping[str, Callable[[list[int]], object]], count: int
) -> list[tuple[str, ...]]:
    """Compare, in µs per item, what each does with *count* items, once warm."""
    items = list(range(count))
    for contender in contenders.values():
        contender(items[:100])
    once = {
        name: partial(seconds, partial(contender, items))
        for name, contender in contenders.items()
    }
    return compare(interleave(once), 1e6 / count)


def ratios(figures: Measured, name: str, base: str = BASE) -> list[float]:
    """Return *name* over *base*, round by round."""
    return [
        one / other for one, other in zip(figures[name], figures[base], strict=True)
    ]


def figure(value: float) -> str:
    """Return *value* with three digits or more, and never with an exponent."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def spread(values: list[float]) -> str:
    """Return ``median (lowest to highest)``."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{figure(middle)} ({figure(low)} to {figure(high)})"


def compare(figures: Measured, scale: float, base: str = BASE) -> list[tuple[str, ...]]:
    """Return a row per contender: its name, its scaled median, its ratio to *base*."""
    rows = []
    for name in sorted(figures, key=lambda name: statistics.median(figures[name])):
        ratio = "1" if name == base else spread(ratios(figures, name, base))
        middle = figure(statistics.median(figures[name]) * scale)
        rows.append((name, middle, ratio))
    return rows
