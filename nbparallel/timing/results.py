"""What `compare` and `sweep` give back: findings that can be shown and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbparallel.errors import BadType
from nbparallel.timing import sentences, shown
from nbparallel.timing.findings import ComparisonFindings, SweepFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False)
class Comparison(ComparisonFindings):
    """Parallel against one after another, both measured.

    Attributes
    ----------
    name
        What was measured.
    workers
        How many workers the parallel legs had.
    legs
        Every measured leg, in the order in which they were carried out.
    planned
        How many legs there would have been, had nobody cancelled.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> found = nbp.compare(nbp.sleep, [0.01] * 4, workers=2, progress=False)
    >>> found.speedup.low <= found.speedup.median <= found.speedup.high
    True
    >>> sorted(found.df["how"].unique())
    ['parallel', 'sequential']
    >>> found.fit.law
    "Amdahl's law"
    """

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both with their spread; see `nbparallel.plot_speedup`."""
        return plot_speedup(self, ax)

    def __repr__(self) -> str:
        return sentences.comparison_in_words(self)

    def _repr_html_(self) -> str:
        return shown.comparison_html(self)


@dataclass(frozen=True, repr=False)
class Sweep(SweepFindings):
    """The same work with several numbers of workers, all measured.

    A count at which tasks failed has its rows in `df` and counts for nothing else: what
    fails may well be quicker, and proves nothing.

    Attributes
    ----------
    name
        What was measured.
    workers
        The numbers of workers, in order.
    legs
        Every measured leg, in the order in which they were carried out.
    planned
        How many legs there would have been, had nobody cancelled.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> found = nbp.sweep(nbp.sleep, [0.01] * 8, workers=(1, 2, 4), progress=False)
    >>> found.base, found.best > 1, len(found.df)
    (1, True, 9)
    >>> float(found.fit.speedup(2)) > 1
    True
    """

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw time and speed-up against workers; see `nbparallel.plot_sweep`."""
        return plot_sweep(self, ax)

    def __repr__(self) -> str:
        return sentences.sweep_in_words(self)

    def _repr_html_(self) -> str:
        return shown.sweep_html(self)


def plot_speedup(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Draw what both ways of a comparison took, each leg as a dot.

    Parameters
    ----------
    comparison
        What `nbparallel.compare` returned.
    ax
        Where to draw; None: on a figure of its own, which Jupyter shows.

    Returns
    -------
    Axes
        One bar per way, in seconds: the median, with a line from the least to the
        greatest. The title tells the factor in words, or why there is none.

    Raises
    ------
    BadType
        *comparison* is something else, or *ax* is no Axes.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> found = nbp.compare(nbp.sleep, [0.01] * 4, workers=4, progress=False)
    >>> nbp.plot_speedup(found).get_xlabel()
    'seconds'
    """
    from nbparallel.timing.plots.speedup import draw_speedup

    write = "plot_speedup(nbp.compare(fetch, urls)), or nbp.compare(run) of a run"
    _check_is(comparison, Comparison, write)
    return draw_speedup(comparison, ax)


def plot_sweep(sweep: Sweep, ax: Axes | None = None) -> Axes:
    """Draw how speed-up and time depend on the number of workers.

    Parameters
    ----------
    sweep
        What `nbparallel.sweep` returned.
    ax
        Where to draw; None: on a figure of its own, which Jupyter shows.

    Returns
    -------
    Axes
        Both axes are logarithmic, so that the ideal is a straight line. The scale on
        the left is the speed-up, the one on the right the same in seconds. Points are
        medians, with lines from the least to the greatest; the fastest count is marked,
        and so is the predicted best one where the fit has one.

    Raises
    ------
    BadType
        *sweep* is something else, or *ax* is no Axes.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> found = nbp.sweep(
    ...     nbp.sleep, [0.01] * 4, workers=(1, 2), repeats=1, progress=False
    ... )
    >>> nbp.plot_sweep(found).get_xlabel()
    'workers'
    """
    from nbparallel.timing.plots.sweep import draw_sweep

    write = "plot_sweep(nbp.sweep(fetch, urls)), or nbp.sweep(run) of a run"
    _check_is(sweep, Sweep, write)
    return draw_sweep(sweep, ax)


def _check_is(value: Any, kind: type, write: str) -> None:
    """Refuse what is no *kind*; the message says what to write."""
    if not isinstance(value, kind):
        message = (
            f"this draws a {kind.__name__}, not {type(value).__name__}: write {write}"
        )
        raise BadType(message)
