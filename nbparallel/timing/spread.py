"""A measured number, with how far its measurements lie apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from nbparallel.quantities import factor


@dataclass(frozen=True, slots=True)
class Spread:
    """A few measurements of one thing.

    Attributes
    ----------
    median, low, high
        Their median, the least and the greatest of them.
    count
        How many they are.

    Examples
    --------
    >>> Spread.of([7.25, 7.5, 7.75])
    7.5 (7.2 to 7.8)
    """

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the spread of *values*, of which there must be at least one."""
        return cls(median(values), min(values), max(values), len(values))

    def __float__(self) -> float:
        return float(self.median)

    def words(self, number: Callable[[float], str]) -> str:
        """Return the median as *number* writes it, and the range where there is one."""
        ends = number(self.low), number(self.high)
        if self.count == 1 or ends[0] == ends[1]:
            return number(self.median)
        return f"{number(self.median)} ({ends[0]} to {ends[1]})"

    def __repr__(self) -> str:
        return self.words(factor)
