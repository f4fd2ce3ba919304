"""`plot_timeline`: which worker carried out what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbparallel.quantities import measured_time
from nbparallel.timing.legs import workers_in_words
from nbparallel.timing.plots import canvas, figures
from nbparallel.types import FINAL, Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from nbparallel.engine.run import Run
    from nbparallel.records.columns import Columns

#: Bars of one colour closer than this share of the whole time are drawn as one: less
#: than can be seen, and the reason why any number of tasks is drawn quickly.
SHARE: Final = 1 / 4000
#: Up to so many tasks every bar is drawn by itself, with a gap to the next.
FEW: Final = 2000
#: The gap, as a share of the whole time; it takes no more than half of a bar.
GAP: Final = 1 / 800
#: Up to so many workers each has its number beside its line.
NAMED: Final = 24
#: A failed task is at least this share of the whole time wide, so that one is seen;
#: but many together look wider by no more than the other share than they are.
LEAST: Final = 1 / 1000
MOST_WIDER: Final = 0.1


def plot_timeline(run: Run | Columns, ax: Axes | None = None) -> Axes:
    """Draw a line per worker with the tasks it carried out, coloured by status.

    Parameters
    ----------
    run
        A run, ended or not, or its columns. Tasks that have not ended are left out; of
        a task that was retried the last attempt is drawn.
    ax
        Where to draw; None: on a figure of its own, which Jupyter shows.

    Returns
    -------
    Axes
        Time in seconds since the first start against the number of the worker. Bars of
        tasks that did not end well are taller, and wide enough to be seen. Of many
        short tasks neighbours are drawn as one bar.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(nbp.sleep, [0.01] * 4, workers=2, progress=False)
    >>> nbp.plot_timeline(run).get_ylabel()
    'worker'
    """
    import numpy as np
    from matplotlib.patches import Patch
    from matplotlib.ticker import MaxNLocator

    columns = canvas.columns_of(run)
    workers = np.asarray(columns.workers)
    starts, ends = np.asarray(columns.started), np.asarray(columns.ended)
    status = np.frombuffer(columns.status, dtype=np.uint8)
    drawn = (ends > 0) & np.isin(status, FINAL)
    small = len(columns) <= FEW
    ax = figures.axes_for(ax, _size(workers[drawn]))
    if not drawn.any():
        return canvas.say_empty(ax)
    origin = starts[drawn].min()
    span = max(ends[drawn].max() - origin, 1e-9)
    handles = []
    for state in FINAL:
        chosen = drawn & (status == state)
        if not chosen.any():
            continue
        count = np.count_nonzero(chosen)
        bars = _bars(workers[chosen], starts[chosen], ends[chosen], span * SHARE)
        wide = min(LEAST, MOST_WIDER * (workers.max() + 1) / count)
        least = 0.0 if state is Status.OK else span * wide
        _draw(ax, bars, origin, state, least, gap=span * GAP if small else 0.0)
        label = f"{count:,} {state.word}"
        handles.append(Patch(color=canvas.COLOURS[state], label=label))
    ax.set_xlim(0, span)
    ax.set_ylim(workers[drawn].max() + 0.6, -0.6)
    lines = int(workers[drawn].max()) + 1
    if lines <= NAMED:
        ax.set_yticks(range(lines))
    else:
        ax.yaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
    ax.set_xlabel("seconds")
    ax.set_ylabel("worker")
    canvas.tidy(ax, "x")
    canvas.legend_above(ax, handles=handles)
    busy = float((ends[drawn] - starts[drawn]).sum()) / (lines * span)
    canvas.write_finding(ax, _finding(lines, span, busy), above_legend=True)
    return ax


def _finding(workers: int, seconds: float, busy: float) -> str:
    """Return what the picture shows, in a line."""
    share = f"busy {100 * min(1.0, busy):.0f} % of the time"
    return f"{workers_in_words(workers)}, {measured_time(seconds)}: {share}"


def _size(workers: NDArray[Any]) -> tuple[float, float]:
    """Return a figure with room for the lines of the workers."""
    lines = int(workers.max()) + 1 if len(workers) else 1
    return figures.SIZE[0], min(max(2.0, 1.1 + 0.22 * lines), 6.0)


def _bars(
    workers: NDArray[Any], starts: NDArray[Any], ends: NDArray[Any], gap: float
) -> NDArray[Any]:
    """Return (worker, start, end) of each bar; neighbours closer than *gap* are one."""
    import numpy as np

    order = np.lexsort((starts, workers))
    workers, starts, ends = workers[order], starts[order], ends[order]
    if len(workers) <= FEW:
        return np.stack([workers, starts, ends], axis=1)
    first = np.ones(len(workers), dtype=bool)
    first[1:] = (workers[1:] != workers[:-1]) | (starts[1:] - ends[:-1] > gap)
    last = np.roll(first, -1)
    return np.stack([workers[first], starts[first], ends[last]], axis=1)


def _draw(
    ax: Axes,
    bars: NDArray[Any],
    origin: float,
    state: Status,
    least: float,
    *,
    gap: float,
) -> None:
    import numpy as np
    from matplotlib.collections import PolyCollection

    half = 0.32 if state is Status.OK else 0.44
    lines, left = bars[:, 0], bars[:, 1] - origin
    right = np.maximum(bars[:, 2] - origin, left + least)
    if gap:
        right = np.maximum(right - gap, (left + right) / 2)
    corners = [
        (left, lines - half),
        (left, lines + half),
        (right, lines + half),
        (right, lines - half),
    ]
    outline = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
    ax.add_collection(
        PolyCollection(
            outline,  # type: ignore[arg-type] # an array of outlines is one
            facecolors=canvas.COLOURS[state],
            linewidths=0,
            zorder=2 if state is Status.OK else 3,
        ),
        autolim=False,
    )
