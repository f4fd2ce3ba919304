"""A run whose loop outlives an interrupt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from nbparallel.engine import stopping
from nbparallel.engine.run import Run
from nbparallel.engine.waiting import Waiter

T = TypeVar("T")


class LoopedRun(Run[T]):
    """A run whose loop goes on after an interrupt, with what that has cancelled.

    A second one ends that, and leaves running tasks no grace.

    Attributes
    ----------
    struck
        The interrupt that has cancelled it, or None.
    """

    struck: KeyboardInterrupt | None = None

    def give_up(self) -> None:
        """Leave running tasks behind, without their grace."""
        stopping.cancel(self._life.scheduler, hard=True)

    def _waiter(self, **how: Any) -> Waiter:
        return super()._waiter(patience=1 if self.struck is None else 0, **how)

    def _wait_for(self, ready: Callable[[], bool]) -> bool:
        __tracebackhide__ = True
        try:
            return super()._wait_for(ready)
        except KeyboardInterrupt as error:
            stopping.cancel(self._life.scheduler)  # the wait may not have begun
            if self.struck is not None:
                raise
            self.struck = error
            return True
