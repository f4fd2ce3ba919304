r"""The Universal Scalability Law, fitted to measured times.

.. math:: C(N) = \frac{N}{1 + a (N - 1) + b N (N - 1)}

*C* is the capacity of *N* workers relative to one, *a* the share of the work that has
to wait its turn (contention), *b* the cost of keeping workers in step with each other
(coherency). With *b* = 0 it is Amdahl's law and grows up to 1/*a*; with *b* > 0 it has
a peak at :math:`\sqrt{(1 - a) / b}`, beyond which more workers make it slower.

Sources: N. J. Gunther, *Guerrilla Capacity Planning*, Springer 2007; G. M. Amdahl,
"Validity of the single processor approach to achieving large scale computing
capabilities", AFIPS Spring Joint Computer Conference 1967, pages 483-485.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from nbparallel.quantities import factor
from nbparallel.timing.legs import workers_in_words

#: So many different counts determine all three parameters.
FOR_ALL: Final = 3
#: A smaller share would be told as 0.0 %.
LEAST_SHARE: Final = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fit:
    """A fitted scalability law; displays as a few sentences.

    Attributes
    ----------
    tasks
        How many tasks each measured leg had; 1 where only the function knows.
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
        The different numbers of workers that had something to do in measured legs.
    off
        Whether it misses the measurements by clearly more than their noise explains.
    beyond_ideal
        Whether all legs of some count were clearly faster than their share of the
        one-worker time, which no parameters of the law explain.
    """

    tasks: int
    rate: float
    contention: float
    coherency: float
    contention_error: float
    coherency_error: float
    miss: float
    counts: tuple[int, ...]
    off: bool
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
        """The predicted best number of workers, or None if it is not in sight.

        More workers than tasks have nothing to do: it is never beyond `tasks`, unless
        that is 1. Where the law has no peak, it is `tasks` if so many were measured.
        """
        peak = min(self.peak, most_useful(self.tasks))
        if math.isinf(self.peak) and self.counts[-1] != peak:
            return None
        around = math.floor(peak), math.ceil(peak)
        return max(around, key=lambda count: float(self.speedup(count)))

    @property
    def limit(self) -> float:
        """The greatest speed-up that any number of workers gives; may be infinite."""
        most = self.best or most_useful(self.tasks)
        if math.isfinite(most):
            return float(self.speedup(most))
        return 1 / self.contention if self.contention else math.inf

    def speedup(self, workers: Any) -> Any:
        """Return C(*workers*): the predicted speed-up over one worker.

        *workers* is a number or a NumPy array; those beyond `tasks` add nothing.
        """
        import numpy as np

        workers = np.minimum(workers, most_useful(self.tasks))
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

    def __repr__(self) -> str:
        return " ".join([*_sentences(self), *self.caveats])


def most_useful(tasks: int) -> float:
    """Return how many workers have something to do.

    A leg of one task may be a function of ``workers``, which divides it further.
    """
    return tasks if tasks > 1 else math.inf


def _sentences(found: Fit) -> Iterator[str]:
    parts = []
    if found.contention >= LEAST_SHARE:
        parts.append(f"{found.contention:.1%} of the work waits its turn")
    if found.coherency:
        parts.append(f"working together costs {found.coherency:.2g} per pair")
    yield f"{found.law}: {', '.join(parts) or 'nothing waits its turn'}."
    if found.best is not None:
        best, gain = workers_in_words(found.best), factor(found.limit)
        yield f"It predicts {best} as best, {gain} times as fast as one worker."


def _caveats(found: Fit) -> Iterator[str]:
    most = found.counts[-1]
    if len(found.counts) < FOR_ALL:
        yield (
            "Two counts cannot tell waiting from the cost of working together: "
            "Amdahl's law is assumed."
        )
    elif found.best is None:
        yield (
            f"Up to {most} workers nothing slowed down: "
            "these measurements predict no best count."
        )
    if found.best is not None and found.best > most:
        yield f"That lies beyond the {most} workers that were measured."
    if found.coherency and not found.coherency > 2 * found.coherency_error:
        yield "The measurements are too few or too far apart to be sure of it."
    if found.off:
        yield (
            f"The law misses the measurements by {found.miss:.0%}, more than their "
            "noise explains: something else is at work, such as tasks that are few or "
            "uneven."
        )
    if found.beyond_ideal:
        yield "Some counts were faster than their share, which no law explains."
