"""Several threads that wait for one instant, so that one of them is in time.

Among tasks that compute, who has waited gets a turn by chance: with sixty of them it
takes up to a tenth of a second. Of several who wait for the same, one is lucky. What it
has to do then, it does within that turn.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Final

from nbparallel import daemons, turns

_log = logging.getLogger("nbparallel")

#: How many there are.
NUMBER: Final = 4
#: Seconds before the instant from which on turns are as long as the first will need.
AHEAD: Final = 0.1


class Heralds:
    """Have *call* called at *instant*, by `perf_counter`, by each of several threads.

    It must see to it that only the first has an effect, and call `turns.settle` when
    that has done what must not be interrupted. Where the system gives no threads, it is
    not called.
    """

    def __init__(self, instant: float, call: Callable[[], None]) -> None:
        self._instant, self._call = instant, call
        self._dismissed = threading.Lock()
        self._dismissed.acquire()
        for _ in range(NUMBER):
            with suppress(RuntimeError):
                daemons.start("nbparallel-herald", self._wait)

    def dismiss(self) -> None:
        """Let them go; what has begun goes on."""
        with suppress(RuntimeError):  # they have been
            self._dismissed.release()

    def _wait(self) -> None:
        left = self._instant - perf_counter()
        if self._is_dismissed(left - AHEAD):
            return
        turns.lengthen()
        try:
            if not self._is_dismissed(self._instant - perf_counter()):
                self._call()
        except Exception:
            _log.exception("the end of a grace could not be seen to")
        finally:
            turns.settle()

    def _is_dismissed(self, seconds: float) -> bool:
        """Whether they are within so many seconds."""
        found = self._dismissed.acquire(
            timeout=min(max(0.0, seconds), threading.TIMEOUT_MAX)
        )
        if found:
            self.dismiss()  # the others
        return found
