"""What `nbparallel.plot_sweep` draws: speed-up and time against numbers of workers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from nbparallel.quantities import measured_time
from nbparallel.timing.findings import SweepFindings
from nbparallel.timing.legs import workers_in_words
from nbparallel.timing.plots import canvas, figures
from nbparallel.timing.sentences import times_as_fast
from nbparallel.timing.spread import Spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: So many numbers fit beside each other on the axis.
ROOM: Final = 18
#: Up to this share of the axis a point has room for its name on the right.
ROOMY: Final = 0.6


def draw_sweep(sweep: SweepFindings, ax: Axes | None) -> Axes:
    """Draw points per count, the ideal, the fit, the fastest and the predicted best."""
    ax = figures.axes_for(ax, (6.4, 4.2))
    if not sweep.speedup:
        why = "tasks failed" if sweep.failed else "nothing has been measured"
        return canvas.say_empty(ax, f"no speed-up: {why}")
    base = sweep.seconds[sweep.base].median
    ax.set_xscale("log", base=2)
    ax.set_yscale("log", base=2)
    _ideal(ax, sweep)
    _fit(ax, sweep, base)
    _points(ax, sweep.speedup)
    _best(ax, sweep)
    _failed(ax, sweep)
    _scales(ax, sweep, base)
    canvas.tidy(ax)
    ax.spines["right"].set_visible(True)
    canvas.write_title(ax, sweep.name, _finding(sweep))
    return ax


def _finding(sweep: SweepFindings) -> str:
    if sweep.best is None or sweep.best not in sweep.speedup:
        return ""
    best = workers_in_words(sweep.best)
    if len(sweep.seconds) == 1:
        return f"{best} took {measured_time(sweep.seconds[sweep.best].median)}"
    if sweep.best == sweep.base:
        return f"no number of workers was faster than {best}"
    gain = "" if sweep.best == max(sweep.speedup) else ", then no gain"
    return f"{best}: {times_as_fast(sweep.speedup[sweep.best])}{gain}"


def _ideal(ax: Axes, sweep: SweepFindings) -> None:
    ends = [sweep.base, max(sweep.speedup)]
    ideal = [count / sweep.base for count in ends]
    ax.plot(ends, ideal, "--", color=canvas.GREY, linewidth=1.2, label="ideal")
    if len(sweep.speedup) > 1:
        at = (math.sqrt(ends[0] * ends[1]), math.sqrt(ideal[0] * ideal[1]))
        canvas.write_beside(ax, "ideal", at, canvas.GREY, away=(-6, 4))


def _fit(ax: Axes, sweep: SweepFindings, base: float) -> None:
    import numpy as np

    law = sweep.fit
    if law is None:
        return
    most = max(sweep.speedup)
    if law.best is not None and most < law.best <= 4 * most:
        most = law.best
    counts = np.geomspace(sweep.base, most, 200)
    ax.plot(
        counts,
        base / law.seconds(counts),
        color=canvas.SKY,
        linewidth=2,
        label=law.law,
    )
    near = float(sweep.base**0.75 * most**0.25)
    rises = law.seconds(most) < law.seconds(sweep.base)
    beside = (6, -6) if rises else (6, 6)
    canvas.write_beside(
        ax, law.law, (near, base / law.seconds(near)), canvas.BLUE_INK, away=beside
    )
    if law.best is not None and sweep.base < law.best <= most:
        peak = base / law.seconds(law.best)
        told = f"predicted best: {law.best}"
        above = (0 if law.best < max(sweep.speedup) else -2, 9)
        canvas.write_beside(ax, told, (law.best, peak), canvas.BLUE_INK, away=above)
        ax.plot(
            law.best,
            peak,
            "D",
            color=canvas.SKY,
            markersize=7,
            label=f"predicted best: {law.best}",
        )


def _points(ax: Axes, found: dict[int, Spread]) -> None:
    medians = [spread.median for spread in found.values()]
    below = [spread.median - spread.low for spread in found.values()]
    above = [spread.high - spread.median for spread in found.values()]
    ax.errorbar(
        list(found),
        medians,
        yerr=[below, above],
        fmt="o",
        color=canvas.ink(ax),
        capsize=3,
        markersize=5,
        label="measured",
    )


def _best(ax: Axes, sweep: SweepFindings) -> None:
    best = sweep.best
    if best is None or best not in sweep.speedup:
        return
    gain = sweep.speedup[best].median
    ax.plot(
        best,
        gain,
        "o",
        markersize=13,
        markerfacecolor="none",
        markeredgecolor=canvas.VERMILLION,
        markeredgewidth=2,
        linestyle="none",
        label=f"fastest: {best}",
    )
    side = 6 if best < ROOMY * ax.get_xlim()[1] else 0
    canvas.write_beside(
        ax, f"fastest: {best}", (best, gain), canvas.VERMILLION, away=(side, -9)
    )


def _failed(ax: Axes, sweep: SweepFindings) -> None:
    """Mark at the foot the counts at which tasks failed, which have no point."""
    if sweep.failed:
        ax.plot(
            list(sweep.failed),
            [0.03] * len(sweep.failed),
            "x",
            color=canvas.VERMILLION,
            markeredgewidth=2,
            transform=ax.get_xaxis_transform(),
            label="tasks failed",
        )
        at = (min(sweep.failed), 0.03)
        across = ax.get_xaxis_transform()
        canvas.write_beside(
            ax,
            "tasks failed",
            at,
            canvas.VERMILLION,
            away=(-8, 0),
            coordinates=across,
        )


def _scales(ax: Axes, sweep: SweepFindings, base: float) -> None:
    """Write counts, factors and, on the right, seconds as plain numbers."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    ax.xaxis.set_major_locator(FixedLocator(_apart(sweep.workers)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_major_locator(LogLocator(base=2))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
    lows = [spread.low for spread in sweep.speedup.values()]
    # What is predicted may lie above all that was measured.
    ax.set_ylim(min(*lows, 1) / 1.25, ax.dataLim.y1 * 1.6)
    ax.set_xlabel("workers")
    ax.set_ylabel("times as fast")

    def other(value: Any) -> Any:
        import numpy as np

        with np.errstate(divide="ignore"):
            return base / np.asarray(value, dtype=float)

    right = ax.secondary_yaxis("right", functions=(other, other))
    right.set_ylabel("time")
    canvas.ink_in(right, canvas.ink(ax))
    low, high = ax.get_ylim()
    steps = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
    right.yaxis.set_major_locator(FixedLocator([base / 2**step for step in steps]))
    right.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: measured_time(value))
    )
    right.yaxis.set_minor_locator(NullLocator())


def _apart(counts: tuple[int, ...]) -> list[int]:
    """Return those of the counts that have room for their number on the axis."""
    room = counts[-1] / counts[0]
    shown = [counts[-1]]
    for count in reversed(counts):
        if (shown[-1] / count) ** ROOM >= room:
            shown.append(count)
    return shown[::-1]
