"""The page of memory that a worker process and its parent share.

On it the process notes each task that it begins and each that has ended, with the
result, before it goes on. So its parent knows what it was doing when it died, and
nothing that had ended is lost with it. And the parent can take back what the process
has been sent and has not begun.

Guarantees
----------
- One side writes each word, the other only reads it.
- What a task has sent in messages is noted with its end: who has read so many has all
  of it.
- A result is on the page before the count of ended tasks says so. The parent believes a
  count only at its next look (see `Page.ended`), or once the process is known to have
  finished or died: by then everything written before it can be read, too.
- To take back, the parent lowers the limit, lets `SETTLED` seconds pass, and then reads
  how many tasks were begun. The process notes a task as begun and only then looks at
  the limit. Memory may deliver the two late, but not that late: so no task is both
  begun and taken back.
"""

from __future__ import annotations

import math
import mmap
import os
import pickle
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from nbparallel.types import MISSING
from nbparallel.workers.packing import memory_file

#: The most tasks that are sent at once.
MOST_TASKS: Final = 4096
#: Seconds after which what one processor has written is seen by all others.
SETTLED: Final = 0.001

#: What each word counts, or says.
BEGUN, ENDED, LIMIT, _HALT, _WORDS = range(5)
_TEXT = 1 << 20
_SIZE: Final = 8 * (_WORDS + 3 * MOST_TASKS + 1) + _TEXT


class Page:
    """The shared memory behind *file*.

    Attributes
    ----------
    words
        Counts of the tasks sent last: begun, ended, how many may be begun; and whether
        the run is being cancelled.
    stamps
        When each of those tasks ended, by `time.perf_counter`; behind that, when the
        first of them was begun.
    stops
        Where the result of each ends in *text*. It begins where the one before ends; of
        no length where it has been sent instead.
    sent
        How many messages had been sent when each of those tasks ended.
    text
        Pickled results.
    """

    def __init__(self, file: int) -> None:
        self.file = file
        self._file = mmap.mmap(file, _SIZE)
        memory = memoryview(self._file)
        counted = 8 * _WORDS
        stamped = counted + 8 * (MOST_TASKS + 1)
        stopped = stamped + 8 * MOST_TASKS
        told = stopped + 8 * MOST_TASKS
        self.words = memory[:counted].cast("Q")
        self.stamps = memory[counted:stamped].cast("d")
        self.stops = memory[stamped:stopped].cast("Q")
        self.sent = memory[stopped:told].cast("Q")
        self.text = memory[told:]
        self._seen = self._tasks = 0

    # -- In the parent ----------------------------------------------------------------

    def reset(self, tasks: int) -> None:
        """Make ready for so many tasks, before they are sent."""
        self.words[BEGUN] = self.words[ENDED] = self.words[_HALT] = self._seen = 0
        self.words[LIMIT] = self._tasks = tasks
        self.stamps[MOST_TASKS] = 0.0

    def result(self, task: int) -> Any:
        """Return the result of *task*; MISSING if it is not on the page."""
        text = self.text[self._begin(task) : self.stops[task]]
        return pickle.loads(text) if text else MISSING  # noqa: S301 # its own process

    def results_of(self, tasks: range) -> Iterator[Any]:
        """Return what yields the results of *tasks*.

        It raises for the first that is not on the page or cannot be unpickled.
        """
        stops = self.stops[tasks.start : tasks.stop].tolist()
        begins = [self._begin(tasks.start), *stops]
        parts = map(self.text.__getitem__, map(slice, begins, stops))
        return map(pickle.loads, parts)

    def _begin(self, task: int) -> int:
        return self.stops[task - 1] if task else 0

    def begun(self) -> int:
        """Return how many tasks the process has begun.

        It looks for one more at the end, which there is not.
        """
        return min(self.words[BEGUN], self._tasks)

    def ended(self, *, surely: bool = False) -> int:
        """Return how many tasks have ended: at the last look, or *surely* by now."""
        now = self.words[ENDED]
        seen, self._seen = self._seen, now
        return now if surely else seen

    def since(self) -> float:
        """Return when the running task was begun; infinity if none is known to run."""
        begun, ended = self.begun(), self.words[ENDED]
        if begun <= ended:
            return math.inf
        return self.stamps[ended - 1 if ended else MOST_TASKS] or math.inf

    def limit(self, tasks: int) -> int:
        """Let the process begin no further task than so many; return how many it may.

        It is never raised again: what has been taken back stays so.
        """
        found = self.words[LIMIT] = min(tasks, self.words[LIMIT])
        return found

    def begin_no_more(self) -> int:
        """Let the process begin no further task; return how many it has begun."""
        limit = self.limit(self.begun())
        time.sleep(SETTLED)
        return max(limit, self.begun())

    def halt(self) -> None:
        """Let the tasks know that the run is being cancelled."""
        self.words[_HALT] = 1

    # -- In the process ---------------------------------------------------------------

    def is_halted(self) -> bool:
        """Whether the run is being cancelled."""
        return bool(self.words[_HALT])

    def begin(self, instant: float) -> None:
        """Note when the first task was begun."""
        self.stamps[MOST_TASKS] = instant

    def results(self) -> Callable[[bytes], int]:
        """Return what writes one pickled result after the other from the beginning on.

        It returns how many bytes that were; a `ValueError` says that there is no room.
        """
        self._file.seek(_SIZE - _TEXT)
        return self._file.write


def new_file() -> int:
    """Return the descriptor of a file in memory for a page."""
    with memory_file() as file:
        file.truncate(_SIZE)
        return os.dup(file.fileno())
