"""The one thread that writes a journal: all that has ended meanwhile in one commit.

Guarantees
----------
- What was handed in before a call of `assure` is committed when that returns, unless
  the journal has failed.
- Handing in takes no lock and never waits.
- A journal that fails is not written any more. What it lacks is kept, and tried once
  more at the end.
- Nobody waits for ever for a result that does not come to an end of being pickled.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Final, Protocol

from nbparallel.journal.drafts import Ended
from nbparallel.journal.journal import Journal
from nbparallel.journal.values import to_pickle
from nbparallel.records.store import Finished
from nbparallel.short_text import error_line

#: Seconds for which what ends is gathered, unless somebody waits for it.
LINGER: Final = 0.01
#: Seconds that the pickling of one result may take while somebody waits; and if that
#: one has asked for an end.
PATIENCE, HURRY = 60.0, 1.0
#: So many batches are much to be left to be written.
MUCH: Final = 256
#: Seconds between two looks whether it does.
LOOK: Final = 0.25

_log = logging.getLogger("nbparallel")


class Owner(Protocol):
    """Whose journal it is."""

    def keys_of(self, finished: Finished) -> list[str]:
        """Return the keys of tasks that have ended."""

    def wrote(self, finished: Finished) -> None:
        """Hear that those tasks have been committed."""

    def unwritable(self) -> None:
        """Hear, once, that the journal is not written any more."""

    def strike(self, thread: int) -> None:
        """End what is being pickled in the thread of that number, if it can be."""


class Writer:
    """Writes one journal.

    Parameters
    ----------
    journal
        Where to.
    owner
        Who is asked, and told.
    epoch
        What to add to an instant to get seconds since 1970.

    Attributes
    ----------
    failed
        Why the journal is not written any more, or None.
    unwritten
        What was handed in and is not in the journal, since it has failed.
    unkept
        How many results could not be kept, and why not the first of them.
    """

    def __init__(self, journal: Journal, owner: Owner, epoch: float) -> None:
        self.failed: BaseException | None = None
        self.unwritten: list[Ended] = []
        self.unkept: tuple[int, BaseException] | None = None
        self._journal, self._owner, self._epoch = journal, owner, epoch
        self._patience = PATIENCE
        self._pickles: float | None = None  # one result since then
        self._struck: float | None = None
        self._queue: SimpleQueue[Ended | None] = SimpleQueue()
        self._hurry = threading.Event()
        self._news = threading.Condition()
        self._handed = self._done = 0
        self._closed = self._ended = False
        # (first, stop, ticket) of what is not committed yet, oldest first.
        self._open: list[tuple[int, int, int]] = []
        self._thread = threading.Thread(
            target=self._work, name="nbparallel-journal", daemon=True
        )
        self._thread.start()

    def hand_in(self, ended: Ended) -> None:
        """Have *ended* written soon; one thread at a time may call."""
        if self._closed:
            return
        self._handed += 1
        first = ended.finished.first
        self._open.append((first, first + len(ended.finished.ends), self._handed))
        self._queue.put(ended)

    def assure(self, task: int | None = None) -> None:
        """Return once what was handed in of *task*, or of all, is committed."""
        ticket = self._handed
        if task is not None:
            of_task = [t for first, stop, t in self._open[:] if first <= task < stop]
            ticket = max(of_task, default=0)
        if self._done >= ticket or threading.current_thread() is self._thread:
            return
        self._hurry.set()
        self._wait(lambda: self._done >= ticket)

    def make_room(self) -> None:
        """Return once not much is left to be written of what was handed in."""
        is_much = self._handed - self._done > MUCH
        if is_much and threading.current_thread() is not self._thread:
            self._hurry.set()
            self._wait(lambda: self._handed - self._done <= MUCH)

    def hasten(self) -> None:
        """Have less patience from now on; a handler of signals may call."""
        self._patience = HURRY

    def close(self) -> None:
        """Write what is left, and let the journal go."""
        self._closed = True
        self._queue.put(None)
        self._hurry.set()
        self._wait(lambda: self._ended)

    def _wait(self, ready: Callable[[], bool]) -> None:
        while not (ready() or self._is_stuck()):
            with self._news:
                self._news.wait_for(ready, min(LOOK, self._patience))

    def _is_stuck(self) -> bool:
        """Strike what is pickled for too long; return whether that was in vain."""
        since = self._pickles
        late = 0.0 if since is None else perf_counter() - since
        if late < self._patience:
            return False
        if self._struck != since:
            self._struck = since
            self._owner.strike(self._thread.ident or 0)
        elif late >= 2 * self._patience:
            self._fail(
                TimeoutError("a result does not come to an end of being pickled")
            )
            return True
        return False

    def _pickle(self, value: object) -> bytes:
        since = self._pickles = perf_counter()
        try:
            return to_pickle(value)
        except BaseException:
            if self._struck == since:
                message = f"it took more than {self._patience:g} s to be pickled"
                raise TimeoutError(message) from None
            raise
        finally:
            self._pickles = None

    def _work(self) -> None:
        goes_on = True
        try:
            while goes_on:
                batches, goes_on = self._gather()
                if batches:
                    self._write(batches)
                self._note(len(batches))
            self._end()
        finally:
            with suppress(Exception):  # what was committed is there all the same
                self._journal.close()
            self._ended = True
            self._note(self._handed - self._done)

    def _gather(self) -> tuple[list[Ended], bool]:
        """Wait for what has ended; return it, and whether more may come."""
        found = [self._queue.get()]
        if found[0] is not None:
            self._hurry.wait(LINGER)
        self._hurry.clear()
        with suppress(Empty):
            while found[-1] is not None:
                found.append(self._queue.get_nowait())
        batches = [each for each in found if each is not None]
        return batches, len(batches) == len(found)

    def _write(self, batches: list[Ended]) -> None:
        if self.failed is not None:
            self.unwritten += batches
            return
        try:
            self._commit(batches)
        except BaseException as error:  # the disk's; it becomes a note of the run
            self.unwritten += batches
            self._fail(error)

    def _commit(self, batches: list[Ended]) -> None:
        owner = self._owner
        unkept = self._journal.write(batches, owner.keys_of, self._pickle, self._epoch)
        for each in batches:
            owner.wrote(each.finished)
        if unkept:
            if self.unkept is None:
                _log.warning(
                    "a result could not be kept in the journal %r, its task will run "
                    "again: %s",
                    self._journal.path,
                    error_line(unkept[0]),
                )
            count, first = self.unkept or (0, unkept[0])
            self.unkept = count + len(unkept), first

    def _end(self) -> None:
        """Look after what is missing: there may be room on the disk again."""
        try:
            if self.unwritten:
                self._commit(self.unwritten)
                self.failed, self.unwritten = None, []
            else:
                self._journal.check_place()
        except BaseException as error:  # as in _write
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self.failed is None:
            self.failed = error
            _log.error("the journal is not written any more: %s", error)
            self._owner.unwritable()

    def _note(self, count: int) -> None:
        with self._news:
            del self._open[:count]
            self._done += count
            self._news.notify_all()
