"""What all runs of this process came to, since it began."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

from nbparallel.daemons import anew_in_a_child
from nbparallel.quantities import count, counted, duration
from nbparallel.types import FINAL


@dataclass(frozen=True, slots=True)
class Totals:
    """What the runs of this process came to, as far as they have ended.

    Attributes
    ----------
    parallel, sequential
        How many runs had several workers, and how many had one.
    nested
        How many of those were started inside a task of another.
    tasks
        Tasks by status word. A task that ``run.retry()`` ran again counts once, as it
        ended last.
    timeouts, retries
        How many attempts lasted too long; how many were made again.
    busy
        Seconds that attempts took, added up.
    wall
        Seconds during which at least one run was going on, the runs that still are
        included. Runs at the same time count once, and so do nested ones.
    """

    parallel: int
    sequential: int
    nested: int
    tasks: Mapping[str, int]
    timeouts: int
    retries: int
    busy: float
    wall: float

    @property
    def runs(self) -> int:
        """How many runs there were."""
        return self.parallel + self.sequential

    def __str__(self) -> str:
        nested = f", {count(self.nested)} of them nested" if self.nested else ""
        tally = counted(*((n, word) for word, n in self.tasks.items()))
        again = counted((self.timeouts, "timed out"), (self.retries, "made again"))
        lines = [
            (
                f"runs: {count(self.parallel)} parallel, {count(self.sequential)} "
                f"sequential{nested}"
            ),
            f"tasks: {tally or 'none'}",
            f"attempts: {again}" if again else "",
            f"{duration(self.wall)} of wall time, {duration(self.busy)} of tasks",
        ]
        return "\n".join(filter(None, lines))

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:  # noqa: FBT001, ARG002
        printer.text(str(self))  # type: ignore[attr-defined] # IPython's


class Tally:
    """Adds the runs of this process up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sum: Counter[str] = Counter()
        self._busy = self._wall = 0.0
        self._going = 0
        self._since = 0.0

    def begun(self) -> None:
        """Note that a run goes on from now on."""
        with self._lock:
            if not self._going:
                self._since = perf_counter()
            self._going += 1

    def ended(self, came: Counter[str], busy: float, before: Counter[str]) -> None:
        """Note that a run has ended.

        Parameters
        ----------
        came
            What it came to: numbers by the words of `Totals`, and tasks by status word.
        busy
            The seconds of its attempts since the start that has ended now.
        before
            What it had come to at the end before this one; empty unless it was retried.
        """
        with self._lock:
            self._going -= 1
            if not self._going:
                self._wall += perf_counter() - self._since
            self._busy += busy
            self._sum.update(came)
            self._sum.subtract(before)

    def totals(self) -> Totals:
        """Return the sums so far."""
        with self._lock:
            found = self._sum
            going = perf_counter() - self._since if self._going else 0.0
            return Totals(
                parallel=found["parallel"],
                sequential=found["sequential"],
                nested=found["nested"],
                tasks={status.word: found[status.word] for status in FINAL},
                timeouts=found["timeouts"],
                retries=found["retries"],
                busy=self._busy,
                wall=self._wall + going,
            )


#: That of this process.
TALLY = Tally()
anew_in_a_child(TALLY)


def metrics() -> Totals:
    """Return what all runs of this process came to: runs, tasks, seconds.

    Runs count once they have ended. What worker processes run themselves is not known
    here.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> before = nbp.metrics()
    >>> run = nbp.pmap(abs, [-1, 2], workers=2, progress=False)
    >>> nbp.metrics().parallel - before.parallel
    1
    >>> nbp.metrics().tasks["ok"] - before.tasks["ok"]
    2
    """
    return TALLY.totals()
