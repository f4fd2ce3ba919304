"""What `nbparallel.plot_speedup` draws: sequential against parallel, as two bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbparallel.quantities import measured_time
from nbparallel.timing.findings import ComparisonFindings
from nbparallel.timing.legs import workers_in_words
from nbparallel.timing.plots import canvas, figures
from nbparallel.timing.sentences import times_as_fast
from nbparallel.timing.spread import Spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_speedup(comparison: ComparisonFindings, ax: Axes | None) -> Axes:
    """Draw one bar per way and each leg as a dot."""
    ax = figures.axes_for(ax, (6.4, 2.4))
    rows = (
        (workers_in_words(comparison.workers), comparison.parallel, canvas.BLUE),
        (comparison.baseline, comparison.sequential, canvas.FAINT),
    )
    if comparison.sequential is None and comparison.parallel is None:
        return canvas.say_empty(ax, "nothing has been measured")
    for height, (_, took, colour) in enumerate(rows):
        if took is not None:
            _bar(ax, height, took, colour)
    for timed in comparison.legs:
        height = 0 if timed.leg.way == rows[0][0] else 1
        ax.plot(timed.seconds, height - 0.2, ".", color=canvas.ink(ax), markersize=4)
    canvas.tidy(ax, "x")
    ax.set_yticks([0, 1], [label for label, _, _ in rows])
    ax.set_ylim(-0.55, 1.55)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    longest = max(took.high for _, took, _ in rows if took is not None)
    ax.set_xlim(0, longest * 1.18)
    ax.set_xlabel("seconds")
    canvas.write_title(ax, comparison.name, _finding(comparison))
    return ax


def _bar(ax: Axes, height: int, took: Spread, colour: str) -> None:
    ax.barh(height, took.median, height=0.62, color=colour)
    if took.count > 1:
        reach = [[took.median - took.low], [took.high - took.median]]
        ax.errorbar(
            took.median, height, xerr=reach, fmt="none", color=canvas.ink(ax), capsize=4
        )
    ax.annotate(
        measured_time(took.median),
        (took.high, height),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        color=canvas.ink(ax),
    )


def _finding(comparison: ComparisonFindings) -> str:
    if comparison.speedup is not None:
        who = workers_in_words(comparison.workers)
        return f"{who}: {times_as_fast(comparison.speedup)}"
    if comparison.failed:
        tasks = comparison.legs[0].tasks
        return f"no factor: {comparison.failed} of {tasks} tasks failed"
    return "no factor: cancelled before both were measured"
