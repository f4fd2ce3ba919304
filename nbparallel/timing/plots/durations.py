"""`plot_durations`: how long the tasks took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbparallel.quantities import measured_time
from nbparallel.timing.plots import canvas, figures
from nbparallel.types import FAILED, Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from nbparallel.engine.run import Run
    from nbparallel.records.columns import Columns

#: From this ratio of the slowest to the quickest on, the scale is logarithmic.
WIDE: Final = 30
#: Shorter than any clock can tell; keeps a zero on a logarithmic scale.
SHORTEST: Final = 1e-8
MOST_BINS: Final = 60
#: Up to this ratio there is room for more numbers on the scale than powers of ten.
DECADES: Final = 1000


def plot_durations(run: Run | Columns, ax: Axes | None = None) -> Axes:
    """Draw the distribution of the tasks' durations, with median and 95th percentile.

    Parameters
    ----------
    run
        A run, ended or not, or its columns. Tasks that were cancelled or have not ended
        are left out; of a task that was retried the last attempt counts.
    ax
        Where to draw; None: on a figure of its own, which Jupyter shows.

    Returns
    -------
    Axes
        Seconds, on a logarithmic scale where they span more than a factor of 30,
        against the number of tasks; failed tasks are hatched, on top of the others.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(nbp.sleep, [0.01] * 4, workers=2, progress=False)
    >>> nbp.plot_durations(run).get_ylabel()
    'tasks'
    """
    import numpy as np

    columns = canvas.columns_of(run)
    ax = figures.axes_for(ax)
    took = np.asarray(columns.ended) - np.asarray(columns.started)
    status = np.frombuffer(columns.status, dtype=np.uint8)
    good, bad = took[status == Status.OK], took[np.isin(status, FAILED)]
    every = np.concatenate([good, bad])
    if not len(every):
        return canvas.say_empty(ax)
    logarithmic = every.max() > WIDE * max(every.min(), SHORTEST)
    bins = _bins(every, logarithmic=logarithmic)
    if logarithmic:
        ax.set_xscale("log")
    parts = [(good, "ok", canvas.GREEN, ""), (bad, "failed", canvas.VERMILLION, "////")]
    _stack(ax, [part for part in parts if len(part[0])], bins)
    _mark(ax, float(np.median(every)), "median", "-")
    _mark(ax, float(np.quantile(every, 0.95)), "95 % within", "--")
    _scales(ax)
    canvas.write_finding(ax, _finding(every), above_legend=True)
    return ax


def _finding(every: NDArray[Any]) -> str:
    """Return how long tasks took, in a line."""
    import numpy as np

    median, longest = float(np.median(every)), float(every.max())
    half = f"half took at most {measured_time(median)}"
    return f"{half}, the longest {measured_time(longest)}"


def _bins(every: NDArray[Any], *, logarithmic: bool) -> NDArray[Any]:
    import numpy as np

    low, high = float(every.min()), float(every.max())
    count = int(np.clip(2 * len(every) ** 0.5, 10, MOST_BINS)) if low < high else 1
    if logarithmic:
        return np.geomspace(max(low, SHORTEST), high, count + 1)
    margin = 0.05 * (high - low) or max(0.05 * high, SHORTEST)
    return np.linspace(max(0.0, low - margin), high + margin, count + 1)


def _stack(ax: Axes, parts: list[Any], bins: NDArray[Any]) -> None:
    import numpy as np

    floor = np.zeros(len(bins) - 1)
    for took, word, colour, hatch in parts:
        tally, _ = np.histogram(np.clip(took, bins[0], bins[-1]), bins)
        ax.stairs(
            floor + tally,
            bins,
            baseline=floor,
            fill=True,
            facecolor=colour,
            edgecolor="white",
            hatch=hatch,
            linewidth=0,
            label=f"{len(took):,} {word}",
        )
        floor = floor + tally


def _mark(ax: Axes, value: float, word: str, style: str) -> None:
    label = f"{word} {measured_time(value)}"
    ink = canvas.ink(ax)
    ax.axvline(value, color=ink, linestyle=style, linewidth=1.4, label=label)


def _scales(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    ax.set_xlabel("seconds")
    ax.set_ylabel("tasks")
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
    if ax.get_xscale() == "log":
        low, high = ax.get_xlim()
        steps = (1, 2, 5) if high < DECADES * low else (1,)
        ax.xaxis.set_major_locator(LogLocator(subs=steps))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    canvas.tidy(ax, "y")
    canvas.legend_above(ax)
