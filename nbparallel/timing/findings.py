"""What the legs of a measurement add up to: tables, factors and fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbparallel.timing.fitting import fit
from nbparallel.timing.legs import LOOP
from nbparallel.timing.measuring import Timed
from nbparallel.timing.scaling import Fit
from nbparallel.timing.spread import Spread
from nbparallel.timing.table import table_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class ComparisonFindings:
    """The legs of a `Comparison`, and what they add up to."""

    name: str
    workers: int
    legs: tuple[Timed, ...]
    planned: int

    @property
    def baseline(self) -> str:
        """What it is compared with: ``"one after another"`` or ``"1 worker"``."""
        return self._sequential[0].leg.way if self._sequential else LOOP

    @property
    def df(self) -> pd.DataFrame:
        """One row per measured leg, in the order in which they were carried out.

        Columns: ``round``, ``how`` (``"sequential"``: the plain loop, or
        ``"parallel"``), ``workers``, ``seconds``, ``speedup`` over the baseline in the
        same round, ``tasks``, ``failed``, ``error`` and ``started``.
        """
        return table_of(self.legs, self._sequential)

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
class SweepFindings:
    """The legs of a `Sweep`, and what they add up to."""

    name: str
    workers: tuple[int, ...]
    legs: tuple[Timed, ...]
    planned: int

    @property
    def df(self) -> pd.DataFrame:
        """One row per measured leg, in the order in which they were carried out.

        The columns are those of `Comparison.df`; the ``speedup`` is over `base`.
        """
        return table_of(self.legs, self._of(self.base))

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
