r"""The Universal Scalability Law, fitted to measured times.

.. math:: C(N) = \frac{N}{1 + a (N - 1) + b N (N - 1)}

*C* is the capacity of *N* workers relative to one, *a* the share of the work that has
to wait its turn (contention), *b* the cost of keeping workers in step with each other
(coherency). With *b* = 0 it is Amdahl's law and grows up to 1/*a*; with *b* > 0 it has
a peak at :math:`\sqrt{(1 - a) / b}`, beyond which more workers make it slower.

Sources: N. J. Gunther, *Guerrilla Capacity Planning*, Springer 2007; G. M. Amdahl,
"Validity of the single processor approach to achieving large scale computing
capabilities", AFIPS Spring Joint Computer Conference 1967, pages 483-485.

How it is fitted
----------------
The time for a given amount of work is proportional to 1 / *C(N)*:

.. math:: T(N) = p \frac{1}{N} + q \frac{N - 1}{N} + r (N - 1),
          \quad a = q / p, \quad b = r / p

which is linear in *p*, *q* and *r*. So the least squares of the relative errors of the
times, under :math:`0 \le q \le p` and :math:`0 \le r`, need no iteration: their
optimum is the best of the free optima on the faces of that cone that lie inside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

#: The faces of the cone 0 <= q <= p, 0 <= r: (p, q, r) as combinations of these rows.
FACES: Final = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((1, 0, 0), (0, 1, 0)),
    ((1, 0, 0), (0, 0, 1)),
    ((1, 1, 0), (0, 0, 1)),
    ((1, 0, 0),),
    ((1, 1, 0),),
)
#: So many different counts determine all three parameters, and so many only two.
FOR_ALL: Final = 3
FOR_AMDAHL: Final = 2
#: A law that misses the measurements by more than this share does not describe them.
MISSES: Final = 0.1
#: Measured so much faster than the ideal, a speed-up has a reason the law lacks.
BEYOND_IDEAL: Final = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted scalability law.

    Attributes
    ----------
    tasks
        How many tasks each measured leg had.
    rate
        Tasks per second with one worker, according to the fit (Gunther's lambda).
    contention
        Share of the work that waits its turn, 0 to 1 (*a*, also called sigma).
    coherency
        Cost of keeping a pair of workers in step, relative to the work (*b*, kappa).
    contention_error, coherency_error
        Standard errors of the two; nan where the measurements cannot tell.
    miss
        Root mean square of the relative errors of the fitted times.
    counts
        The different numbers of workers that were measured.
    beyond_ideal
        Whether some measured leg was clearly faster than its share of the one-worker
        time, which no parameters of the law explain.
    """

    tasks: int
    rate: float
    contention: float
    coherency: float
    contention_error: float
    coherency_error: float
    miss: float
    counts: tuple[int, ...]
    beyond_ideal: bool

    @property
    def law(self) -> str:
        """The name of the law: Amdahl's is the special case without coherency."""
        return "Universal Scalability Law" if self.coherency else "Amdahl's law"

    @property
    def peak(self) -> float:
        """The number of workers at which the law peaks; infinite where it does not."""
        if not self.coherency:
            return 1.0 if self.contention == 1 else math.inf
        return max(1.0, math.sqrt((1 - self.contention) / self.coherency))

    @property
    def best(self) -> int | None:
        """The predicted best number of workers, or None if more always help."""
        if math.isinf(self.peak):
            return None
        around = math.floor(self.peak), math.ceil(self.peak)
        return max(around, key=lambda count: float(self.speedup(count)))

    @property
    def limit(self) -> float:
        """The greatest speed-up that any number of workers gives; may be infinite."""
        if self.best is not None:
            return float(self.speedup(self.best))
        return 1 / self.contention if self.contention else math.inf

    def speedup(self, workers: Any) -> Any:
        """Return C(*workers*): the predicted speed-up over one worker.

        *workers* is a number or a NumPy array.
        """
        others = workers - 1
        queue = self.contention * others + self.coherency * workers * others
        return workers / (1 + queue)

    def seconds(self, workers: Any) -> Any:
        """Return the predicted seconds for all tasks; a number or an array."""
        return self.tasks / (self.rate * self.speedup(workers))

    @property
    def caveats(self) -> tuple[str, ...]:
        """What the fit cannot tell, in sentences; empty where all is well."""
        return tuple(_caveats(self))


def fit(
    workers: Sequence[int], seconds: Sequence[float], *, tasks: int = 1
) -> Fit | None:
    """Fit the law to measured legs.

    Parameters
    ----------
    workers, seconds
        The number of workers of each leg, and how long it took.
    tasks
        How many tasks each leg had.

    Returns
    -------
    Fit or None
        None if there are fewer than two different counts, or times of zero. With just
        two, coherency cannot be told from contention and is taken as zero.

    Examples
    --------
    >>> found = fit([1, 2, 4, 8], [8.0, 4.2, 2.3, 1.35], tasks=100)
    >>> round(found.contention, 3), found.law
    (0.05, "Amdahl's law")
    """
    import numpy as np

    count = np.asarray(workers, dtype=float)
    times = np.asarray(seconds, dtype=float)
    counts = tuple(sorted(set(map(int, workers))))
    if len(counts) < FOR_AMDAHL or not (times > 0).all():
        return None
    # Each row divided by its time: the residuals are relative errors.
    terms = np.stack([1 / count, (count - 1) / count, count - 1], axis=1)
    rows = terms / times[:, None]
    p, q, r = found = _least_squares(rows, all_three=len(counts) >= FOR_ALL)
    residuals = rows @ found - 1
    errors = _standard_errors(rows, found, residuals, len(counts))
    one = times[count == counts[0]].mean() * counts[0]
    return Fit(
        tasks=tasks,
        rate=float(tasks / p),
        contention=float(q / p),
        coherency=float(r / p),
        contention_error=errors[0],
        coherency_error=errors[1],
        miss=float(np.sqrt(np.mean(residuals**2))),
        counts=counts,
        beyond_ideal=bool((one / (times * count)).max() > BEYOND_IDEAL),
    )


def _least_squares(rows: Matrix, *, all_three: bool) -> Matrix:
    """Return the (p, q, r) of the cone that bring ``rows @ (p, q, r)`` closest to 1."""
    import numpy as np

    best, least = np.zeros(3), math.inf
    for face in FACES:
        basis = np.array(face, dtype=float)
        if not all_three and basis[:, 2].any():
            continue
        free = np.linalg.lstsq(rows @ basis.T, np.ones(len(rows)), rcond=None)[0]
        found = free @ basis
        if not (0 <= found[1] <= found[0] and found[2] >= 0 < found[0]):
            continue
        squares = float(((rows @ found - 1) ** 2).sum())
        if squares < least:
            best, least = found, squares
    return best


def _standard_errors(
    rows: Matrix, found: Matrix, residuals: Matrix, counts: int
) -> tuple[float, float]:
    """Return the standard errors of a and b, by linear propagation from p, q and r."""
    import numpy as np

    unknowns = min(counts, FOR_ALL)
    spare = len(rows) - unknowns
    if spare < 1:
        return math.nan, math.nan
    used = rows[:, :unknowns]
    covariance = np.zeros((3, 3))
    covariance[:unknowns, :unknowns] = (
        np.linalg.pinv(used.T @ used) * (residuals**2).sum() / spare
    )
    p, q, r = found
    to_a = np.array([-q / p**2, 1 / p, 0])
    to_b = np.array([-r / p**2, 0, 1 / p])
    of_a, of_b = (math.sqrt(max(0.0, g @ covariance @ g)) for g in (to_a, to_b))
    return of_a, of_b if unknowns == FOR_ALL else math.nan


def _caveats(found: Fit) -> list[str]:
    most = found.counts[-1]
    said = []
    if len(found.counts) < FOR_ALL:
        said.append(
            "Two counts cannot tell waiting from the cost of working together: "
            "Amdahl's law is assumed."
        )
    elif found.best is None:
        said.append(
            f"Up to {most} workers nothing slowed down: "
            "these measurements predict no best count."
        )
    if found.best is not None and found.best > most:
        said.append(f"That lies beyond the {most} workers that were measured.")
    if found.coherency and not found.coherency > 2 * found.coherency_error:
        said.append("The measurements are too few or too far apart to be sure of it.")
    if found.miss > MISSES:
        said.append(
            f"The law misses the measurements by {found.miss:.0%}: "
            "something else is at work."
        )
    if found.beyond_ideal:
        said.append("Some counts were faster than their share, which no law explains.")
    return said
