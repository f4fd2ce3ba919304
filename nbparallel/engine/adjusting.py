"""What can be asked of a run while it goes on: to end, to pause, its workers."""

from __future__ import annotations

from typing import Literal

from nbparallel.engine import steering, stopping
from nbparallel.engine.lifecycle import Lifecycle
from nbparallel.options import AUTO, width


class Adjustable:
    """The half of a run's handle that steers it."""

    _life: Lifecycle

    @property
    def workers(self) -> int:
        """How many tasks are carried out at the same time, at this moment.

        Set it to another number while the run goes on: more begin at once; those that
        are too many finish the task that they are at, and what they have not begun goes
        to the others. A number ends ``workers="auto"``, and ``"auto"`` begins it; what
        is set of a run that has ended holds for its `retry`.

        Raises
        ------
        BadType, BadValue
            It is set to neither a whole number of at least 1 nor ``"auto"``, or there
            can't be so many workers of that kind.

        Examples
        --------
        >>> import nbparallel as nbp
        >>> run = nbp.pmap(
        ...     nbp.sleep, [0.001] * 9, workers=2, block=False, progress=False
        ... )
        >>> run.workers = 4
        >>> run.workers
        4
        >>> run.wait()
        True
        >>> run.workers = 0
        Traceback (most recent call last):
        nbparallel.errors.BadValue: workers=0: must be a whole number of at least 1
        """
        return self._life.scheduler.limits.workers

    @workers.setter
    def workers(self, value: int | Literal["auto"]) -> None:
        wanted = width(value)
        if wanted == AUTO:
            self._life.width.free()
        else:
            self._life.width.fix(wanted)

    def cancel(self) -> None:
        """Start no further task, and end the run.

        Tasks being carried out get `Options.grace` seconds to end; then their rows say
        cancelled and they are left behind. Returns at once; `wait` for the end.
        """
        stopping.cancel(self._life.scheduler)

    def pause(self) -> None:
        """Start no further task until `resume`; tasks being carried out go on."""
        steering.pause(self._life.scheduler)

    def resume(self) -> None:
        """Go on after `pause`."""
        steering.resume(self._life.scheduler)
