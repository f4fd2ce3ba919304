"""What the end of a run raises, in the thread that waited for it."""

from __future__ import annotations

from types import TracebackType

from nbparallel.engine.lifecycle import Lifecycle
from nbparallel.errors import InputError, TaskCancelled


class Conclusion:
    """What one run raises to those who ask for its end or its results."""

    def __init__(self, life: Lifecycle) -> None:
        self._life = life
        #: By identity, the errors raised so far, as tasks left them.
        self._raised: dict[int, tuple[BaseException, TracebackType | None]] = {}

    def draw(self) -> None:
        """Raise what the end calls for, if anything."""
        __tracebackhide__ = True
        life, scheduler = self._life, self._life.scheduler
        if (fatal := scheduler.phase.fatal) is not None:
            errors = scheduler.records.errors.copy()
            task = next((n for n, e in errors.items() if e is fatal), None)
            raise self.explained(fatal, task)
        if scheduler.source.error is not None:
            count = len(scheduler.records)
            message = (
                f"the input raised {type(scheduler.source.error).__name__} at position "
                f"{count}; the {count} tasks before it are in nbparallel.last.df"
            )
            raise InputError(message) from scheduler.source.error
        if life.is_cut_short:
            message = "the run that this task belongs to was cancelled"
            raise TaskCancelled(message)

    def explained(self, error: BaseException, task: int | None) -> BaseException:
        """Return *error* with a note that tells which task raised it, if one has."""
        by = "" if task is None else f"raised by task {task}; "
        note = f"nbparallel: {by}every row is in nbparallel.last.df"
        told = self._life.scheduler.work.measurement
        if not told and note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        # Raising lengthens the traceback each time: begin with the task's own.
        _, trace = self._raised.setdefault(id(error), (error, error.__traceback__))
        return BaseException.with_traceback(error, trace)

    def forget(self) -> None:
        """Keep no traceback."""
        self._raised.clear()
