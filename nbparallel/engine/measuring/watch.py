"""Hears of each attempt that has ended: for the log, what is counted, the timeline.

The log is that of the standard library, ``nbparallel.run``; each of its records has
``run``, ``task`` and ``worker``. Nothing of it is printed unless the user asks for it.
What is written is written once the crew's lock is free: handlers are foreign code.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Final

from nbparallel.engine.crew import Crew
from nbparallel.engine.observer import Observer
from nbparallel.engine.stopwatch import Stopwatch
from nbparallel.quantities import duration
from nbparallel.records.store import Finished
from nbparallel.records.timeline import Timeline
from nbparallel.short_text import error_line, one_line
from nbparallel.types import Status

#: So many failures of a run are warnings, each; of all others the end tells.
MOST_WARNINGS: Final = 20

log = logging.getLogger("nbparallel.run")
log.addHandler(logging.NullHandler())


class Watch(Observer):
    """Hears of the attempts of one run; called with the crew's lock held.

    Attributes
    ----------
    name
        What the run is called in the log.
    timeline
        When which worker was busy.
    """

    def __init__(self, name: str, crew: Crew, clock: Stopwatch) -> None:
        self.name = one_line(name, 80) or "run"
        self.timeline = Timeline(clock.at)
        self._crew = crew
        self._warned = 0

    @property
    def busy(self) -> float:
        """Seconds that attempts took, added up."""
        return self.timeline.busy

    def took(self, batch: Finished) -> None:
        """Hear of attempts that have ended."""
        self.timeline.took(batch)
        if log.isEnabledFor(logging.DEBUG):
            # The batch is not changed any more, but it holds results: not those.
            failed = {n: status for n, (status, _) in batch.failures.items()}
            ends = [batch.begun, *batch.ends]
            self._after(self._say_ends, batch.first, batch.worker, ends, failed)

    def failed(self, task: int, worker: int, error: BaseException) -> None:
        """Hear that a task has failed for good."""
        self._warned += 1
        if self._warned <= MOST_WARNINGS and log.isEnabledFor(logging.WARNING):
            self._after(self._say_failure, task, worker, error)

    def tries_again(
        self, task: int, worker: int, error: BaseException, pause: float
    ) -> None:
        """Hear that a task is tried again in so many seconds."""
        if log.isEnabledFor(logging.INFO):
            self._after(self._say_retry, task, worker, error, pause)

    def say(self, level: int, message: str, *args: object) -> None:
        """Write of the run as a whole; without the lock."""
        extra = {"run": self.name, "task": None, "worker": None}
        text = message % args if args else message
        log.log(level, "%s: %s", self.name, text, extra=extra)

    # -- Inside: without the lock -----------------------------------------------------

    def _after(self, say: Any, *args: Any) -> None:
        self._crew.after(partial(_guarded, say, *args))

    def _write(
        self, level: int, task: int, worker: int, message: str, *args: object
    ) -> None:
        extra = {"run": self.name, "task": task, "worker": worker}
        log.log(level, "%s: task %d %s", self.name, task, message % args, extra=extra)

    def _say_ends(
        self, first: int, worker: int, ends: list[float], failed: dict[int, Status]
    ) -> None:
        for offset, end in enumerate(ends[1:]):
            word = failed.get(offset, Status.OK).word
            took = duration(end - ends[offset])
            self._write(
                logging.DEBUG, first + offset, worker, "ended %s in %s", word, took
            )

    def _say_failure(self, task: int, worker: int, error: BaseException) -> None:
        self._write(logging.WARNING, task, worker, "failed: %s", error_line(error))

    def _say_retry(
        self, task: int, worker: int, error: BaseException, pause: float
    ) -> None:
        message = "is tried again in %s, for it failed: %s"
        again = duration(pause)
        self._write(logging.INFO, task, worker, message, again, error_line(error))


def _guarded(say: Any, *args: Any) -> None:
    """Write; a handler of the user's that raises must not stop the engine."""
    try:
        say(*args)
    except Exception:
        logging.getLogger("nbparallel").exception("a line of the log was not written")
