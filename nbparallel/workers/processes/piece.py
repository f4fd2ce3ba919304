"""The tasks that a worker process was sent at once, as `carry_out` sees a claim.

Each task that ends is put where the parent finds it before the next is begun: on the
page, or in a message if it is large or failed. What it prints is sent line by line.
"""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Callable, Sequence
from contextvars import Context
from functools import partial
from threading import Lock
from typing import Any

from nbparallel.types import MISSING
from nbparallel.workers.packing import Packed, pack, refusal
from nbparallel.workers.printed import Printed
from nbparallel.workers.processes.channel import Channel
from nbparallel.workers.processes.page import Page
from nbparallel.workers.remote_errors import pack_error

#: The kinds of message from the parent, and to it.
ENVIRONMENT, RUN, PIECE, FORGET = range(4)
READY, STALE, VALUE, FAILURE, PRINTED, DONE = range(6)

#: Seconds between two looks of a task that waits for a cancel.
_LOOK = 0.01
#: So many lines of a task are sent as they end; and seconds between two more, at least.
_AT_ONCE, _PAUSE = 20, 0.02


class Halt:
    """Whether the run is being cancelled, as a `threading.Event` tells it."""

    def __init__(self, page: Page) -> None:
        self.is_set = page.is_halted

    def wait(self, timeout: float | None = None) -> bool:
        """Wait that many seconds for it, or for ever; say whether it has come."""
        end = None if timeout is None else time.perf_counter() + timeout
        while not self.is_set():
            left = _LOOK if end is None else min(_LOOK, end - time.perf_counter())
            if left <= 0:
                return False
            time.sleep(left)
        return True


class Refused:
    """Stands for an item that cannot be pickled."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class Remote:
    """The run as a worker process knows it."""

    keeps_text, echo = True, False

    def __init__(self, call: Any, context: Context) -> None:
        self.call, self.context = call, context


class Piece:
    """Tasks in a worker process; the attributes are those of a `Claim`."""

    def __init__(
        self, owner: Remote, items: Sequence[Any], page: Page, channel: Channel
    ) -> None:
        self.owner, self.halt = owner, Halt(page)
        self.failures: dict[int, BaseException] = {}
        self.thread, self.begun = 0, 0.0
        self.items = _Items(items, page)
        self.values = _Values(self, page)
        self.ends = _Ends(self, page, channel)
        self.texts = _Texts(self.ends)


class _Items:
    def __init__(self, items: Sequence[Any], page: Page) -> None:
        self._items = list(items)
        self._next = 0
        self._may_begin = page.may_begin

    def popleft(self) -> Any:
        task = self._next
        if task >= len(self._items) or not self._may_begin(task):
            raise IndexError
        self._next = task + 1
        item, self._items[task] = self._items[task], None
        return item


class _Values:
    """Where results go: to the page, or into `large`, to be sent."""

    def __init__(self, piece: Piece, page: Page) -> None:
        self._piece, self._text = piece, page.text
        self.stop = 0
        self.large: Packed | None = None

    def append(self, value: Any) -> None:
        if value is MISSING:
            return
        found: list[pickle.PickleBuffer] = []
        try:
            data = pickle.dumps(value, 5, buffer_callback=found.append)
        except Exception:
            self._append_by_value(value)
            return
        stop = self.stop + len(data)
        if found or stop > len(self._text):
            self.large = Packed(data, [each.raw() for each in found])
        else:
            self._text[self.stop : stop] = data
            self.stop = stop

    def _append_by_value(self, value: Any) -> None:
        """Send what only cloudpickle can pickle, or say why nothing can."""
        try:
            self.large = pack(value)
        except BaseException as error:  # whatever its own code does
            failures, task = self._piece.failures, len(self._piece.ends)
            failures[task] = refusal("what the task returned", value, error)


class _Texts(dict[int, "_Told"]):
    """What each task has printed."""

    def __init__(self, ends: _Ends) -> None:
        super().__init__()
        self._ends = ends

    def setdefault(self, task: int, made: Printed) -> _Told:
        """Return what *task* prints to, in place of *made*."""
        return super().setdefault(task, _Told(task, self._ends, made.through))


class _Told(Printed):
    """What one task prints: each line is sent as it ends, but for those of a flood.

    So it is seen while the task goes on, and is not lost with the process. What comes
    after the task goes where it was printed to.
    """

    def __init__(self, task: int, ends: _Ends, late: Callable[[str], object]) -> None:
        super().__init__(task, ends, self._tell, echoes=True)
        self._sends, self._late = partial(ends.tell, task), late
        self._lock = Lock()
        self._unsent = ""
        self._allowed, self._due = _AT_ONCE, 0.0

    def switch(self, through: Callable[[str], object]) -> None:
        """Go on: where it is printed to makes no difference."""

    def end(self) -> None:
        """Send the rest, which may have no end of line, and all that comes, at once."""
        self._allowed = sys.maxsize
        self.line_ended()
        self._tell("")

    def _tell(self, text: str) -> None:
        with self._lock:
            unsent = self._unsent = self._unsent + text
            if not self._may_send():
                return
            self._unsent = ""
            if not unsent or self._sends(unsent):
                return
        self._late(unsent)

    def _may_send(self) -> bool:
        now = time.perf_counter()
        if self._allowed <= 0 and now < self._due:
            return False
        self._allowed, self._due = self._allowed - 1, now + _PAUSE
        return True


class _Ends:
    def __init__(self, piece: Piece, page: Page, channel: Channel) -> None:
        self._piece, self._channel, self._note = piece, channel, page.note_end
        self._lock = Lock()
        self._count = self._sent = 0

    def tell(self, task: int, text: str) -> bool:
        """Send what a task has printed, unless that has ended; any thread may."""
        with self._lock:
            if task < self._count:
                return False
            self._send(PRINTED, pack(text), task)
            return True

    def _send(self, kind: int, packed: Packed, task: int) -> None:
        self._channel.send(kind, packed, task)
        self._sent += 1

    def __len__(self) -> int:
        return self._count

    def append(self, stamp: float) -> None:
        piece, task = self._piece, self._count
        if piece.texts and task in piece.texts:
            piece.texts.pop(task).end()
        with self._lock:
            self._send_the_rest(piece, task)
            self._note(task, stamp, piece.values.stop, self._sent)
            self._count = task + 1

    def _send_the_rest(self, piece: Piece, task: int) -> None:
        values = piece.values
        if values.large is not None:
            large, values.large = values.large, None
            self._send(VALUE, large, task)
        if piece.failures and task in piece.failures:
            self._send(FAILURE, pack_error(piece.failures.pop(task)), task)
