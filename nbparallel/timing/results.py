"""What `compare` and `sweep` give back: findings that show themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbparallel.timing import sentences
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
        from nbparallel.timing.plots.speedup import plot_speedup

        return plot_speedup(self, ax)

    def __repr__(self) -> str:
        return sentences.comparison_in_words(self)

    def _repr_html_(self) -> str:
        return sentences.as_html(sentences.comparison_in_words(self))


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
    >>> found.base, found.best, len(found.df)
    (1, 4, 9)
    >>> float(found.fit.speedup(2)) > 1.5
    True
    """

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw time and speed-up against workers; see `nbparallel.plot_sweep`."""
        from nbparallel.timing.plots.sweep import plot_sweep

        return plot_sweep(self, ax)

    def __repr__(self) -> str:
        return sentences.sweep_in_words(self)

    def _repr_html_(self) -> str:
        return sentences.as_html(
            sentences.sweep_line(self), sentences.sweep_table(self)
        )
