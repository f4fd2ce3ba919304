"""What this process and its child processes use of the machine.

It is measured at most once a second and never takes more than a hundredth of the time,
in a thread of its own: to look at child processes takes milliseconds.
"""

from __future__ import annotations

import time
from time import perf_counter
from typing import Any, Final

from nbparallel import daemons
from nbparallel.records.usage import Usage

#: Seconds between two looks.
PERIOD: Final = 1.0
#: So many times as long as a look took nobody looks again.
REST: Final = 100
#: So many times as long after the last look there was nothing to look at meanwhile.
STALE: Final = 3


class Resources:
    """Looks at the processes now and then, as long as somebody asks for it.

    Attributes
    ----------
    latest
        What was used between the last two looks, or None.
    looked
        The instant of the last look, by `time.perf_counter`.
    """

    def __init__(self) -> None:
        self.latest: Usage | None = None
        self.looked = 0.0
        self._next, self._pause = 0.0, PERIOD
        self._seen: dict[int, float] = {}  # CPU seconds by process
        self._looking = False

    def ask(self) -> None:
        """Have somebody look, if it is time; returns at once."""
        if self._looking or perf_counter() < self._next:
            return
        self._looking = True
        daemons.have_done("nbparallel-meter", self.look)

    def look(self) -> None:
        """Look now."""
        began = time.thread_time()
        try:
            self.latest = self._look()
        except ImportError:  # without psutil there is nothing to tell
            self._next = float("inf")
        finally:
            took = time.thread_time() - began
            self._pause = max(PERIOD, REST * took)
            self._next = max(self._next, perf_counter() + self._pause)
            self._looking = False

    def _look(self) -> Usage | None:
        import psutil

        now = perf_counter()
        me = psutil.Process()
        found = [facts for each in _family(me) if (facts := _facts(each))]
        seen = {pid: seconds for pid, seconds, _, _ in found}
        before, span = self._seen, now - self.looked
        self._seen, self.looked = seen, now
        if not before or span > STALE * self._pause:
            return None
        # Of one that has ended meanwhile, what it used since the last look is lost.
        used = sum(seconds - before.get(pid, 0.0) for pid, seconds in seen.items())
        return Usage(
            cpu=max(0.0, used) / span,
            memory=sum(memory for _, _, memory, _ in found),
            children=len(found) - 1,
            computing=sum(runs for pid, _, _, runs in found if pid != me.pid),
            span=span,
        )


def _family(me: Any) -> list[Any]:
    return [me, *me.children(recursive=True)]


def _facts(process: Any) -> tuple[int, float, int, bool] | None:
    """Return its number, CPU seconds, memory, and whether it computes."""
    import psutil

    try:
        with process.oneshot():
            times = process.cpu_times()
            memory = process.memory_info().rss
            runs = process.status() == psutil.STATUS_RUNNING
    except psutil.Error:  # it has ended, or is not ours to look at
        return None
    return process.pid, times.user + times.system, memory, runs


#: Those of this process.
RESOURCES = Resources()
daemons.anew_in_a_child(RESOURCES)
