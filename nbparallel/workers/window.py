"""A window of futures: a claim under way in each place, and the next when it ends.

For workers that are somebody else's, and can only be handed work. Nobody waits for
work and nothing is polled: whoever hears that a claim has ended fills its place again,
or has the *feeder* do it, a thread that sleeps until the desk says that there may be
work.
"""

from __future__ import annotations

import heapq
import logging
import threading
from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, Self

from nbparallel import daemons
from nbparallel.workers.base import Backend, Desk
from nbparallel.workers.claim import Claim

_log = logging.getLogger("nbparallel")


class Future(Protocol):
    """A claim that has been sent, as far as the window needs to know it."""

    def cancel(self) -> bool:
        """Cancel it, unless it has been begun."""

    def add_done_callback(self, fn: Callable[[Self], Any], /) -> Any:
        """Call *fn* once it has ended, in whatever way and thread."""


class Window(Backend):
    """Keep claims under way, one in each place.

    The numbers of the places are the numbers of the workers. A kind says how a claim is
    sent and what came of it.
    """

    def __init__(self, desk: Desk, workers: int) -> None:
        super().__init__(desk, workers)
        self._places = _Places()
        self._lock = threading.Lock()
        self._sent: dict[Future, Claim] = {}
        self._bell: _Bell | None = None  # of the feeder, while there is one
        self._ended = False  # no worker will come any more
        self.answers_all = False  # whatever was sent; so nothing is cancelled
        self._filling: set[int] = set()  # the threads that are at it

    # -- What a kind says -------------------------------------------------------------

    @property
    def width(self) -> int:
        """How many claims may be under way at a time."""
        return self.workers + self.spare

    @abstractmethod
    def send(self, claim: Claim) -> Future:
        """Have *claim* carried out.

        Raises
        ------
        Exception
            No worker will come any more: neither for this claim nor for another.
        """

    @abstractmethod
    def take(self, claim: Claim, future: Future) -> bool:
        """Settle or lose *claim*, whose future has ended.

        Returns
        -------
        bool
            Whether this thread may send the next one.
        """

    # -- What the engine says ---------------------------------------------------------

    def start(self, tasks: int | None) -> None:  # noqa: ARG002 # places cost nothing
        """See to it that places are filled."""
        with self._lock:
            self._ended = False
            bell, is_new = self._bell, self._bell is None
            if bell is None:
                bell = self._bell = _Bell()
        bell.ring()
        if is_new:
            self.desk.watch(bell.ring)
            try:
                daemons.start("nbparallel-feeder", self._feed, bell)
            except RuntimeError:  # at the exit of the interpreter
                self._bell = None
                self.desk.unwatch(bell.ring)
                self.fill()

    def resize(self, workers: int) -> None:
        """Have that many places from now on; those that are too many empty first."""
        super().resize(workers)
        self.ring()

    def close(self) -> None:
        """Have places for all again: what is still under way counts for nothing."""
        self._places = _Places()

    # -- For kinds --------------------------------------------------------------------

    def ring(self) -> None:
        """Have the feeder look; it is no error if there is none."""
        bell = self._bell
        if bell is not None:
            bell.ring()

    def end(self, error: BaseException) -> None:
        """Send no claim any more: there are no workers, because of *error*."""
        self._ended = True
        self.desk.broken(error)

    def fill(self, *, reads: bool = True) -> None:
        """Send claims as long as there are places, and tasks for them."""
        me = threading.get_ident()
        if me in self._filling:  # a claim that has ended while it was sent
            return
        self._filling.add(me)
        try:
            while not self._ended and self._fill_one(reads=reads):
                pass
        finally:
            self._filling.discard(me)

    # -- Inside -----------------------------------------------------------------------

    def _feed(self, bell: _Bell) -> None:
        while True:
            self._call_off()
            self.fill()
            if self.desk.over and self._retire():
                self.desk.unwatch(bell.ring)
                return
            bell.wait()

    def _retire(self) -> bool:
        """Have the next start make a new feeder, unless one has come meanwhile."""
        with self._lock:
            if self.desk.over:
                self._bell = None
            return self._bell is None

    def _call_off(self) -> None:
        """Cancel what was sent and has not been begun, where it is not wanted."""
        if self.answers_all:
            return
        with self._lock:
            sent = [*self._sent.items()]
        for future, claim in sent:
            if claim.halt.is_set() or claim.is_void:
                future.cancel()

    def _fill_one(self, *, reads: bool) -> bool:
        """Send a claim if there is one; return whether there may be another."""
        places = self._places
        place = places.take(self.width)
        if place is None:
            return False
        claim = self.desk.try_claim(place, reads=reads)
        if claim is None:
            if places.give_back(place) or not reads:
                self.ring()
            return False
        self._send(claim, partial(places.give_back, place))
        return True

    def _send(self, claim: Claim, leave: Callable[[], bool]) -> None:
        try:
            future = self.send(claim)
        except Exception as error:  # whatever it is, it ends the run, which raises it
            self.end(error)
            self.desk.settle(claim)
            leave()
            return
        with self._lock:
            self._sent[future] = claim
        future.add_done_callback(partial(self._hear, claim, leave))
        if claim.halt.is_set():  # since before the feeder could see it
            self._call_off()

    def _hear(self, claim: Claim, leave: Callable[[], bool], future: Future) -> None:
        """Hear that a claim has ended; what is raised on the way is not the caller's.

        It may be a thread that would die of it, and the next task with it.
        """
        with self._lock:
            self._sent.pop(future, None)
        fills = False
        try:
            with suppress(SystemExit):  # of a listener that hears the end
                fills = self.take(claim, future)
        except BaseException as error:
            _log.exception("what a worker brought back could not be taken")
            with suppress(BaseException):  # it is logged already
                self.desk.lost(claim, error)
        leave()
        if fills:
            self.fill(reads=False)
        else:
            self.ring()


class _Bell:
    """What the feeder sleeps on; to ring it takes no time, wherever that is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wake who waits, or who waits next; once is as good as often."""
        with suppress(RuntimeError):
            self._lock.release()

    def wait(self) -> None:
        """Return once it has been rung since the last wait."""
        self._lock.acquire()


class _Places:
    """The numbers of the places, the lowest first; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[int] = []  # a heap
        self._next = 0  # the lowest that was never taken
        self._missed = False

    def take(self, width: int) -> int | None:
        """Return a free place below *width*, or None if there is none."""
        with self._lock:
            if self._free and self._free[0] < width:
                return heapq.heappop(self._free)
            if self._next < width:
                self._next += 1
                return self._next - 1
            self._missed = True
            return None

    def give_back(self, place: int) -> bool:
        """Free *place*; return whether somebody has looked for one in vain."""
        with self._lock:
            heapq.heappush(self._free, place)
            missed, self._missed = self._missed, False
            return missed
