"""`plot_throughput`: tasks per second and busy workers over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbparallel.quantities import rate
from nbparallel.timing.plots import canvas, figures
from nbparallel.types import FINAL, Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from nbparallel.engine.run import Run
    from nbparallel.records.columns import Columns

MOST_BINS: Final = 60
#: So many tasks should end in a stretch of time on average.
TASKS_PER_BIN: Final = 5


def plot_throughput(run: Run | Columns, ax: Axes | None = None) -> Axes:
    """Draw how many tasks ended per second, and how many workers were busy.

    Parameters
    ----------
    run
        A run, ended or not, or its columns. Tasks that have not ended are left out; of
        a task that was retried the last attempt counts.
    ax
        Where to draw; None: on a figure of its own, which Jupyter shows.

    Returns
    -------
    Axes
        Seconds since the first start against tasks per second, each an average over
        a stretch of time. The line, with its scale on the right, is the number of
        workers that were busy on average in that stretch.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(nbp.sleep, [0.01] * 4, workers=2, progress=False)
    >>> nbp.plot_throughput(run).get_ylabel()
    'tasks per second'
    """
    import numpy as np

    columns = canvas.columns_of(run)
    ax = figures.axes_for(ax)
    starts, ends = np.asarray(columns.started), np.asarray(columns.ended)
    status = np.frombuffer(columns.status, dtype=np.uint8)
    tried = (ends > 0) & np.isin(status, FINAL)
    if not tried.any():
        return canvas.say_empty(ax)
    origin = starts[tried].min()
    starts, ends = starts[tried] - origin, ends[tried] - origin
    count = int(np.clip(len(ends) / TASKS_PER_BIN, 1, MOST_BINS))
    edges = np.linspace(0, max(float(ends.max()), 1e-9), count + 1)
    carried_out = ends[status[tried] != Status.CANCELLED]
    tally, _ = np.histogram(carried_out, edges)
    ax.stairs(tally / np.diff(edges), edges, fill=True, color=canvas.SKY, alpha=0.75)
    ax.set_xlim(0, edges[-1])
    ax.set_ylim(bottom=0)
    ax.set_xlabel("seconds")
    ax.set_ylabel("tasks per second")
    canvas.tidy(ax, "y")
    _draw_busy(ax, busy(starts, ends, edges), edges)
    mean = len(carried_out) / edges[-1]
    canvas.write_finding(ax, f"{len(carried_out):,} tasks, {rate(mean)} on average")
    return ax


def busy(starts: NDArray[Any], ends: NDArray[Any], edges: NDArray[Any]) -> NDArray[Any]:
    """Return how many workers were busy on average between each two *edges*."""
    import numpy as np

    seconds = np.diff(_until(starts, edges) - _until(ends, edges))
    return np.asarray(seconds / np.diff(edges))


def _until(instants: NDArray[Any], edges: NDArray[Any]) -> NDArray[Any]:
    """Return, for each edge, the time that has gone by since each earlier instant."""
    import numpy as np

    ordered = np.sort(instants)
    before = np.searchsorted(ordered, edges)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    return np.asarray(before * edges - sums[before])


def _draw_busy(ax: Axes, found: NDArray[Any], edges: NDArray[Any]) -> None:
    from matplotlib.ticker import MaxNLocator

    right = ax.twinx()
    right.stairs(
        found,
        edges,
        baseline=None,
        color=canvas.VERMILLION,
        linewidth=1.8,
    )
    right.set_ylim(0, max(1.0, float(found.max())) * 1.08)
    right.set_ylabel("busy workers")
    canvas.ink_in(right, canvas.VERMILLION)
    right.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
    right.spines[["top", "left", "bottom"]].set_visible(False)
