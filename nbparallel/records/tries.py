"""The attempts of tasks that were tried more than once, but for the last of each."""

from __future__ import annotations

from dataclasses import dataclass

from nbparallel.types import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """An attempt that has failed and was not the last one of its task.

    Attributes
    ----------
    number
        Of the attempt, from 1.
    status, error, output
        How it ended, and what it had printed.
    started, ended
        Seconds by `time.perf_counter`.
    worker
        Who made it.
    """

    number: int
    status: Status
    error: BaseException
    started: float
    ended: float
    worker: int
    output: str
