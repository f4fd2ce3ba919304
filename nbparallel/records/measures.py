"""Where the time of a run went, as far as it was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nbparallel.records.usage import Usage

#: Seconds below which a run is short enough as it is, and was hardly looked at.
SHORT: Final = 0.2


@dataclass(frozen=True, slots=True)
class Straggler:
    """The task that ended last.

    Attributes
    ----------
    task, seconds
        Which one, and how long it took.
    alone
        For how many seconds no other task was being carried out, at the end.
    late
        How many seconds after the start of the run it was begun.
    """

    task: int
    seconds: float
    alone: float
    late: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What was measured of a run; advice is made from this and nothing else.

    Attributes
    ----------
    active
        Seconds from start to end that the run was not paused.
    done
        Number of tasks that were carried out.
    busy
        Seconds that tasks took, added up over all attempts.
    workers, cpus
        How many workers there were, and how many CPUs they could use.
    backend
        The word for the kind of worker.
    near
        Whether the tasks can be carried out in this process alone.
    looked
        Seconds during which somebody looked at who holds the interpreter lock.
    contended
        The seconds of *looked* in which tasks took turns at it, so that never more than
        one computed.
    rate, rate_waits, waited_for_rate
        The rate as it was written; how many tasks waited for it; the seconds during
        which a worker and a task were ready and had to wait for it.
    backoff_waits, waited_for_backoff, waited_as_asked
        How many tasks waited to be tried again; the seconds during which nothing else
        was left to do; those of them that no backoff would have shortened, since an
        error asked for the wait.
    usage
        What this process and its children used, or None.
    straggler
        The task that ended last, or None: nobody can tell yet.
    """

    active: float
    done: int
    busy: float = 0.0
    workers: int = 1
    cpus: int = 1
    backend: str = "threads"
    near: bool = False
    looked: float = 0.0
    contended: float = 0.0
    rate: str = ""
    rate_waits: int = 0
    waited_for_rate: float = 0.0
    backoff_waits: int = 0
    waited_for_backoff: float = 0.0
    waited_as_asked: float = 0.0
    usage: Usage | None = None
    straggler: Straggler | None = None

    @property
    def locked(self) -> float | None:
        """The share of the time in which tasks took turns at the interpreter lock."""
        return self.contended / self.looked if self.looked else None
