"""What `compare` and `sweep` give back: tables, factors and sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbparallel.timing import words
from nbparallel.timing.fitting import fit
from nbparallel.timing.measure import Timed
from nbparallel.timing.scaling import Fit
from nbparallel.timing.spread import Spread
from nbparallel.timing.table import table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False)
class Comparison:
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

    name: str
    workers: int
    legs: tuple[Timed, ...]
    planned: int

    @property
    def baseline(self) -> str:
        """What it is compared with: ``"one after another"`` or ``"1 worker"``."""
        return words.way(self._sequential[0]) if self._sequential else words.LOOP

    @property
    def df(self) -> pd.DataFrame:
        """One row per measured leg, in the order in which they were carried out.

        Columns: ``round``, ``how`` (``"sequential"``: the plain loop, or
        ``"parallel"``), ``workers``, ``seconds``, ``speedup`` over the baseline in the
        same round, ``tasks``, ``failed``, ``error`` and ``started``.
        """
        return table(self.legs, self._sequential)

    @property
    def sequential(self) -> Spread | None:
        """Seconds of the sequential legs; None if there is none yet."""
        return _spread(timed.seconds for timed in self._sequential)

    @property
    def parallel(self) -> Spread | None:
        """Seconds of the parallel legs; None if there is none yet."""
        return _spread(timed.seconds for timed in self._parallel)

    @property
    def failed(self) -> int:
        """How many tasks failed, at most in one leg."""
        return max((timed.failed for timed in self.legs), default=0)

    @property
    def speedup(self) -> Spread | None:
        """How many times as fast the parallel leg of a round was as its sequential one.

        None if no round was completed, or if tasks failed: what fails may well be
        quicker, and proves nothing.
        """
        if self.failed:
            return None
        return _spread(_ratios(self._sequential, self._parallel))

    @property
    def best(self) -> int | None:
        """The faster of the two: *workers* or 1; None where `speedup` is."""
        if self.speedup is None:
            return None
        return self.workers if self.speedup.median >= 1 else 1

    @property
    def fit(self) -> Fit | None:
        """Amdahl's law through the two points; None where `speedup` is."""
        return None if self.speedup is None else _fit(self.legs)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both with their spread; see `nbparallel.plot_speedup`."""
        from nbparallel.timing.plots.speedup import plot_speedup

        return plot_speedup(self, ax)

    def __repr__(self) -> str:
        return words.comparison(self)

    def _repr_html_(self) -> str:
        return words.as_html(words.comparison(self))

    @property
    def _parallel(self) -> list[Timed]:
        return [
            timed
            for timed in self.legs
            if timed.leg.workers == self.workers and not timed.leg.sequential
        ]

    @property
    def _sequential(self) -> list[Timed]:
        parallel = self._parallel
        return [timed for timed in self.legs if timed not in parallel]


@dataclass(frozen=True, repr=False)
class Sweep:
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

    name: str
    workers: tuple[int, ...]
    legs: tuple[Timed, ...]
    planned: int

    @property
    def df(self) -> pd.DataFrame:
        """One row per measured leg, in the order in which they were carried out.

        The columns are those of `Comparison.df`; the ``speedup`` is over `base`.
        """
        return table(self.legs, self._of(self.base))

    @property
    def base(self) -> int:
        """The number of workers that speed-ups refer to: the smallest."""
        return self.workers[0]

    @property
    def failed(self) -> dict[int, int]:
        """By number of workers: how many tasks failed, at most in one leg."""
        found: dict[int, int] = {}
        for timed in self.legs:
            if timed.failed:
                count = timed.leg.workers
                found[count] = max(timed.failed, found.get(count, 0))
        return dict(sorted(found.items()))

    @property
    def seconds(self) -> dict[int, Spread]:
        """By number of workers: how long a leg took."""
        sound = {count: self._of(count) for count in self._sound}
        return {
            count: Spread.of([timed.seconds for timed in legs])
            for count, legs in sound.items()
        }

    @property
    def speedup(self) -> dict[int, Spread]:
        """By number of workers: how many times as fast as `base`, round by round."""
        if self.base not in self._sound:
            return {}
        base = self._of(self.base)
        found = {c: _spread(_ratios(base, self._of(c))) for c in self._sound}
        return {count: spread for count, spread in found.items() if spread is not None}

    @property
    def best(self) -> int | None:
        """The number of workers that was fastest, by the median; None before any."""
        found = self.seconds
        return min(found, key=lambda count: found[count].median, default=None)

    @property
    def fit(self) -> Fit | None:
        """The Universal Scalability Law through all legs; None below two counts."""
        return _fit([timed for timed in self.legs if timed.leg.workers in self._sound])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw time and speed-up against workers; see `nbparallel.plot_sweep`."""
        from nbparallel.timing.plots.sweep import plot_sweep

        return plot_sweep(self, ax)

    def __repr__(self) -> str:
        return words.sweep(self)

    def _repr_html_(self) -> str:
        return words.as_html(words.sweep_line(self), words.sweep_table(self))

    def _of(self, count: int) -> list[Timed]:
        return [timed for timed in self.legs if timed.leg.workers == count]

    @property
    def _sound(self) -> list[int]:
        measured = {timed.leg.workers for timed in self.legs}
        return sorted(measured - self.failed.keys())


def _spread(values: Iterable[float]) -> Spread | None:
    found = list(values)
    return Spread.of(found) if found else None


def _ratios(before: list[Timed], after: list[Timed]) -> list[float]:
    """Return how many times as fast *after* was, for each round that has both."""
    first = {timed.leg.round: timed.seconds for timed in before}
    return [
        first[timed.leg.round] / timed.seconds
        for timed in after
        if timed.leg.round in first and timed.seconds > 0
    ]


def _fit(legs: Iterable[Timed]) -> Fit | None:
    some = list(legs)
    return fit(
        [timed.leg.workers for timed in some],
        [timed.seconds for timed in some],
        tasks=some[0].tasks if some else 1,
    )
