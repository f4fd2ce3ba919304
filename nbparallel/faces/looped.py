"""A run whose loop outlives an interrupt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nbparallel.engine import stopping
from nbparallel.engine.run import Run

T = TypeVar("T")


class LoopedRun(Run[T]):
    """A run whose loop goes on after an interrupt, with what that has cancelled.

    Attributes
    ----------
    struck
        The interrupt that has cancelled it, or None.
    """

    struck: KeyboardInterrupt | None = None

    def _wait_for(self, ready: Callable[[], bool]) -> bool:
        __tracebackhide__ = True
        try:
            return super()._wait_for(ready)
        except KeyboardInterrupt as error:
            if self.struck is not None:  # the second has no patience
                stopping.cancel(self._life.scheduler, hard=True)
                raise
            self.struck = error
            return True
