"""How a thread of the parent has a claim carried out by a worker process.

It sends a few tasks at a time, as many as last `PIECE_SECONDS`. What it has not sent
can be taken back as from any claim; what it has sent and turns out to wait behind a
slow task, it takes back itself.
"""

from __future__ import annotations

import io
import math
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any, Final

from nbparallel.types import MISSING
from nbparallel.workers.claim import Claim
from nbparallel.workers.packing import Packed, by_value, pack, refusal, unpacked
from nbparallel.workers.printed import Printed
from nbparallel.workers.processes.page import MOST_TASKS, Page
from nbparallel.workers.processes.piece import (
    PIECE,
    Apart,
    Refused,
)
from nbparallel.workers.processes.process import WorkerProcess
from nbparallel.workers.processes.telling import (
    DONE,
    FAILURE,
    PRINTED,
    UNREADABLE,
    VALUE,
)
from nbparallel.workers.remote_errors import revived

#: Seconds that the tasks which are sent at once should last.
PIECE_SECONDS: Final = 0.01
#: Seconds between two looks at a process that is busy.
LOOK: Final = 0.02


_Note = tuple[int, bytes, list[memoryview]]


class Driver:
    """Has claims carried out by one process.

    Parameters
    ----------
    process
        The process, which knows the run of those claims.
    give_back
        Called with a claim and the first task of it that nobody is going to begin.
    """

    def __init__(
        self, process: WorkerProcess, give_back: Callable[[Claim, int], object]
    ) -> None:
        self.process = process
        self._give_back = give_back
        self._size = 1
        self._lock = threading.Lock()
        self._piece: tuple[Claim, int] | None = None

    def learn(self, call: Packed, surroundings: Packed) -> bool:
        """Have the process load what is to be called; see `WorkerProcess.learn`."""
        try:
            return self.process.learn(call, surroundings)
        except (EOFError, OSError) as error:
            raise Gone(running=False) from error

    def carry(self, claim: Claim) -> None:
        """Carry *claim* out, as far as nobody takes anything of it back.

        Raises
        ------
        Gone
            The process has died; what it had finished is in the claim.
        """
        while items := self._next_items(claim):
            begun = perf_counter()
            claim.begun = claim.begun or begun
            done = self._carry_piece(claim, items)
            lasted = perf_counter() - begun
            if done < len(items):
                self._size = max(1, done)
                return
            if lasted < PIECE_SECONDS / 2:
                self._size = min(2 * self._size, MOST_TASKS)
            elif lasted > 2 * PIECE_SECONDS:
                self._size = max(1, int(self._size * PIECE_SECONDS / lasted))

    def since(self, claim: Claim) -> float:
        """Return when the running task of *claim* was begun; see `Backend.since`."""
        with self._lock:
            has_it = self._piece is not None and self._piece[0] is claim
            return self.process.page.since() if has_it else math.inf

    def recall(self, claim: Claim) -> Callable[[], object]:
        """Have the process begin no further task of *claim*, nor take any more of it.

        For another thread, which holds the desk's lock from before until after it has
        called what this returns: that gives back what has not been begun, and must be
        called `SETTLED` seconds later. The first task that was sent is said to run: it
        may begin.
        """
        page = self.process.page
        with self._lock:
            if self._piece is None or self._piece[0] is not claim:
                return lambda: None
            first, limit = self._piece[1], page.limit(max(1, page.begun()))
            if claim.halt.is_set():
                page.halt()
        return lambda: self._give_back(claim, first + max(limit, page.begun()))

    def _next_items(self, claim: Claim) -> list[Any]:
        """Return what is to be sent next; from now on it can be recalled."""
        with self._lock:
            if items := claim.take(self._size):
                self._piece = claim, claim.first + len(claim.ends)
                self.process.page.reset(len(items))
        return items

    def _carry_piece(self, claim: Claim, items: list[Any]) -> int:
        """Return how many of *items* have been carried out."""
        page, harvest = self.process.page, _Harvest(claim, self.process.page)
        first = claim.first + len(claim.ends)
        try:
            self._send(items, first)
            sent, look = len(items), perf_counter() + LOOK
            while (heard := self._hear(harvest, look)) != DONE:
                if heard == UNREADABLE:
                    self.process.channel.send(PIECE, _each_by_itself(items, first), 1)
                if perf_counter() < look:
                    continue
                self.process.check()
                harvest.take(page.ended())
                if sent > page.begun():
                    with self._lock:
                        sent = page.begin_no_more()
                    self._give_back(claim, first + sent)
                look = perf_counter() + LOOK
        except (EOFError, OSError) as error:
            harvest.take(page.ended(surely=True))
            raise Gone(running=page.begun() > harvest.taken) from error
        harvest.take(page.ended(surely=True))
        return harvest.taken

    def _send(self, items: list[Any], first: int) -> None:
        try:
            packed, apart = pack(items), 0
        except Exception:
            packed, apart = _each_by_itself(items, first), 1
        self.process.channel.send(PIECE, packed, apart)

    def _hear(self, harvest: _Harvest, look: float) -> int | None:
        """Listen until *look* at most; return the kind of message that has come."""
        channel = self.process.channel
        if not channel.is_ready(max(0.0, look - perf_counter())):
            return None
        kind, number, data, buffers = channel.receive()
        if kind not in {DONE, UNREADABLE}:
            harvest.note(kind, number, data, buffers)
        return kind


class Gone(Exception):
    """The process has died.

    Attributes
    ----------
    running
        Whether it was carrying out a task then.
    """

    def __init__(self, *, running: bool) -> None:
        super().__init__()
        self.running = running


def _each_by_itself(items: list[Any], first: int) -> Packed:
    """Pack *items* so that what is wrong with one concerns no other."""
    packed: list[Refused | Apart] = []
    for task, item in enumerate(items, first):
        try:
            packed.append(Apart(by_value(item)))
        except Exception as error:
            packed.append(Refused(refusal(f"the item of task {task}", item, error)))
    return pack(packed)


class _Harvest:
    """Takes what a process has finished of one piece into the claim."""

    def __init__(self, claim: Claim, page: Page) -> None:
        self._claim, self._page = claim, page
        self._notes: dict[int, list[_Note]] = {}
        self._first = len(claim.ends)
        self._heard = 0
        self.taken = 0

    def note(
        self, kind: int, number: int, data: bytes, buffers: list[memoryview]
    ) -> None:
        """Keep what was sent about task *number* of the piece until it has ended.

        What it prints is heard at once.
        """
        self._heard += 1
        if kind == PRINTED:
            self._hear(self._first + number, unpacked(data, buffers))
        else:
            self._notes.setdefault(number, []).append((kind, data, buffers))

    def take(self, ended: int) -> None:
        """Take in the tasks up to *ended* of which all that was sent has been read.

        The end stamp of each comes last.
        """
        claim, page, notes = self._claim, self._page, self._notes
        keep, stamp = claim.values.append, claim.ends.append
        if ended > self.taken and not notes and page.sent[ended - 1] <= self._heard:
            self._take_at_once(ended)
        for task in range(self.taken, ended):
            if page.sent[task] > self._heard:
                break
            try:
                value = page.result(task)
                if task in notes:
                    value = self._told(notes.pop(task), value)
            except BaseException as error:  # what it is made of can't be imported here
                claim.failures[len(claim.ends)], value = error, MISSING
            keep(value)
            stamp(page.stamps[task])
            self.taken = task + 1

    def _take_at_once(self, ended: int) -> None:
        """Take in results that are all on the page, up to the first that is not."""
        claim, page, first = self._claim, self._page, self.taken
        with suppress(BaseException):  # it is met again, and told, in its turn
            claim.values.extend(page.results_of(range(first, ended)))
        self.taken = first + len(claim.values) - len(claim.ends)
        claim.ends.extend(page.stamps[first : self.taken])

    def _told(self, notes: list[_Note], value: Any) -> Any:
        claim = self._claim
        offset = len(claim.ends)
        for kind, data, buffers in notes:
            told = unpacked(data, buffers)
            if kind == VALUE:
                value = told
            elif kind == FAILURE:
                claim.failures[offset] = revived(told)
        return value

    def _hear(self, offset: int, text: str) -> None:
        """Keep what a task has printed, and let it through where nobody shows it."""
        owner, texts = self._claim.owner, self._claim.texts
        if owner.keeps_text:
            if offset not in texts:
                texts[offset] = Printed.of("")
            texts[offset].add(text)
        if owner.echo:
            owner.context.copy().run(_let_through, text)


def _let_through(text: str) -> None:
    """Write *text*; into a pipe at once, for the task may have asked for that.

    What is wrong with the stream, a reader that has gone for instance, is no fault of
    the process.
    """
    with suppress(OSError, ValueError):
        sys.stdout.write(text)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.flush()
