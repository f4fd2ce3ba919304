"""What a worker process sends while a task goes on: its results, and what it prints."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from threading import Lock

from nbparallel.workers.packing import Packed, pack
from nbparallel.workers.printed import Printed
from nbparallel.workers.processes.channel import Channel
from nbparallel.workers.processes.page import ENDED, Page

#: The kinds of message to the parent.
READY, STALE, UNREADABLE, VALUE, FAILURE, PRINTED, DONE = range(7)

#: So many lines of a task are sent as they end; and seconds between two more, at least.
_AT_ONCE, _PAUSE = 20, 0.02


class Teller:
    """Sends what is told of the tasks of a piece; any thread of a task may.

    Attributes
    ----------
    sent
        How many messages that were.
    """

    def __init__(self, page: Page, channel: Channel) -> None:
        self._words, self._channel = page.words, channel
        self._lock = Lock()
        self._is_over = False
        self.sent = 0

    def close(self) -> None:
        """Send nothing any more: what threads of its tasks still print goes elsewhere.

        The numbers of tasks are those of the next piece from now on.
        """
        with self._lock:
            self._is_over = True

    def tell(self, kind: int, packed: Packed, task: int) -> None:
        """Send a message about *task*."""
        with self._lock:
            self._send(kind, packed, task)

    def tell_printed(self, task: int, text: str) -> bool:
        """Send what a task has printed, unless that has ended."""
        with self._lock:
            if self._is_over or task < self._words[ENDED]:
                return False
            self._send(PRINTED, pack(text), task)
            return True

    def _send(self, kind: int, packed: Packed, task: int) -> None:
        self._channel.send(kind, packed, task)
        self.sent += 1


class Texts(dict[int, "Text"]):
    """What each task has printed."""

    def __init__(self, teller: Teller) -> None:
        super().__init__()
        self._teller = teller

    def setdefault(self, task: int, made: Printed) -> Text:
        """Return what *task* prints to, in place of *made*."""
        tell = partial(self._teller.tell_printed, task)
        return super().setdefault(task, Text(tell, made.through))


class Text(Printed):
    """What one task prints: each line is sent as it ends, but for those of a flood.

    So it is seen while the task goes on, and is not lost with the process. What comes
    after the task goes where it was printed to.

    Parameters
    ----------
    tell
        Sends it, or says that the task has ended.
    late
        Where it goes then.
    """

    def __init__(
        self, tell: Callable[[str], bool], late: Callable[[str], object]
    ) -> None:
        super().__init__(0, (), self._pass_on, echoes=True)
        self._tell, self._late = tell, late
        self._lock = Lock()
        self._unsent = ""
        self._allowed, self._due = _AT_ONCE, 0.0

    def switch(self, through: Callable[[str], object]) -> None:
        """Go on: where it is printed to makes no difference."""

    def end(self) -> None:
        """Send the rest, which may have no end of line, and all that comes, at once."""
        self._allowed = sys.maxsize
        self.line_ended()
        self._pass_on("")

    def _pass_on(self, text: str) -> None:
        with self._lock:
            unsent = self._unsent = self._unsent + text
            if not self._may_send():
                return
            self._unsent = ""
            if not unsent or self._tell(unsent):
                return
        self._late(unsent)

    def _may_send(self) -> bool:
        now = time.perf_counter()
        if self._allowed <= 0 and now < self._due:
            return False
        self._allowed, self._due = self._allowed - 1, now + _PAUSE
        return True
