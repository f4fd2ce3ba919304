r"""Fit the scalability law to measured times.

The time for a given amount of work is proportional to 1 / *C(N)*:

.. math:: T(N) = p \frac{1}{N} + q \frac{N - 1}{N} + r (N - 1),
          \quad a = q / p, \quad b = r / p

which is linear in *p*, *q* and *r*; workers beyond the number of tasks have nothing to
do and don't count. So the least squares of the relative errors of the
times, under :math:`0 \le q \le p` and :math:`0 \le r`, need no iteration: their
optimum is the best of the free optima on the faces of that cone that lie inside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from nbparallel.timing.scaling import FOR_ALL, Fit, most_useful

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
#: So many different counts determine two parameters.
FOR_AMDAHL: Final = 2
#: Measured so much faster than the ideal, a speed-up has a reason the law lacks.
BEYOND_IDEAL: Final = 1.1
#: The noise of measurements, relative to them: at least, and where none was repeated.
LEAST_NOISE, UNKNOWN_NOISE = 0.03, 0.1
#: A miss so many times the noise, in squares, is no accident in 19 of 20 sweeps.
NO_ACCIDENT: Final = 7.5


def fit(
    workers: Sequence[int], seconds: Sequence[float], *, tasks: int = 1
) -> Fit | None:
    """Fit the law to measured legs.

    Parameters
    ----------
    workers, seconds
        The number of workers of each leg, and how long it took.
    tasks
        How many tasks each leg had; 1 where only the caller's function knows.

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

    count = np.minimum(workers, most_useful(tasks))
    times = np.asarray(seconds, dtype=float)
    counts = tuple(sorted(set(map(int, count))))
    if len(counts) < FOR_AMDAHL or not (times > 0).all():
        return None
    # Each row divided by its time: the residuals are relative errors.
    terms = np.stack([1 / count, (count - 1) / count, count - 1], axis=1)
    rows = terms / times[:, None]
    p, q, r = found = _least_squares(rows, all_three=len(counts) >= FOR_ALL)
    residuals = rows @ found - 1
    errors = _standard_errors(rows, found, residuals, len(counts))
    legs = [times[count == each] for each in counts]
    one = legs[0].min() * counts[0]
    return Fit(
        tasks=tasks,
        rate=float(tasks / p),
        contention=float(q / p),
        coherency=float(r / p),
        contention_error=errors[0],
        coherency_error=errors[1],
        miss=float(np.sqrt(np.mean(residuals**2))),
        counts=counts,
        off=_is_off([np.log(rows[count == each] @ found) for each in counts]),
        beyond_ideal=any(
            one > BEYOND_IDEAL * each * took.max()
            for each, took in zip(counts, legs, strict=True)
        ),
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


def _is_off(errors: list[Matrix]) -> bool:
    """Return whether a fit with these relative errors, by count, lacks something.

    That is the test for lack of fit: the legs of one count tell the noise, for the law
    has one time for all of them, and their means tell how far it is off besides.
    """
    free, repeated = len(errors) - FOR_ALL, sum(map(len, errors)) - len(errors)
    if free < 1:
        return False
    noise = UNKNOWN_NOISE**2
    if repeated:
        own = sum(float(each.var()) * len(each) for each in errors) / repeated
        noise = max(own, LEAST_NOISE**2)
    lack = sum(float(each.mean()) ** 2 * len(each) for each in errors) / free
    return lack > NO_ACCIDENT * noise
