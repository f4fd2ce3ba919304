"""Workers that are coroutines on the event loop of this process.

A window: each place carries the tasks of one claim out, one after the other. Plain
functions would keep the loop from turning: threads carry those out, and bring to the
loop only what they return to be awaited.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import filterfalse, islice
from typing import Any, Final, NamedTuple

from nbparallel.coroutines import CoroutineCall
from nbparallel.errors import Abandoned
from nbparallel.workers.base import Backend, Desk
from nbparallel.workers.bounds import Bounds, processors
from nbparallel.workers.claim import Claim
from nbparallel.workers.loop import Loop, loop_at_hand, the_loop
from nbparallel.workers.places import InThread, OnLoop, Place
from nbparallel.workers.raising import raise_in

#: The most claims that are begun before the loop turns again.
MOST_AT_ONCE: Final = 256
#: The most coroutines at a time that ``workers="auto"`` takes.
MOST_BY_ITSELF: Final = 4096


class _Held(NamedTuple):
    """A place that a worker of that team has."""

    place: Place
    team: set[int]


class Asyncio(Backend):
    """Carry claims out on the event loop; those of plain functions in threads.

    At the exit of an interpreter, whoever waits for the run carries its tasks out.
    """

    replaces = True

    def __init__(self, desk: Desk, workers: int) -> None:
        super().__init__(desk, workers)
        self._loop: Loop | None = None
        self._team: set[int] = set()  # the workers that have a claim
        self._places: dict[Claim, _Held] = {}
        self._woken = False

    @classmethod
    def default_workers(cls) -> int:
        """Return 64: coroutines cost next to nothing, but servers have their limits."""
        return 64

    @classmethod
    def bounds(cls) -> Bounds | None:
        """Return what ``workers="auto"`` chooses from; one loop turns for all."""
        return Bounds(
            first=8, most=MOST_BY_ITSELF, processors=processors(), one_lock=True
        )

    def needs(self, thread: int) -> bool:
        """Whether *thread* is that of the loop."""
        loop = self._loop or loop_at_hand()
        return loop is not None and loop.thread == thread

    def start(self, tasks: int | None) -> None:  # noqa: ARG002 # places cost nothing
        """Have the loop look for work."""
        try:
            loop = the_loop()
        except RuntimeError:  # at the exit of an interpreter there is no thread for it
            self.waits_itself = True
            return
        if loop is not self._loop:
            self._loop, self._team, self._woken = loop, set(), False
        self.desk.unwatch(self._wake)
        self.desk.watch(self._wake)
        self._wake()

    def stop(self, claims: Sequence[Claim]) -> bool:
        """Cancel what is awaited for *claims*, and end what computes in threads."""
        found = [self._places[claim] for claim in claims if claim in self._places]
        places = [held.place for held in found]
        for place in places:
            place.give_up()
        raise_in((place.thread for place in places if place.thread), Abandoned)
        return bool(places)

    def strike(self, claim: Claim) -> None:
        """Do as `stop`."""
        self.stop([claim])

    def replace(self, claim: Claim) -> None:
        """Free the place of *claim*, whose task goes on for as long as it likes."""
        held = self._places.pop(claim, None)
        if held is not None:  # else it is about to be free by itself
            held.team.discard(claim.worker)

    def close(self) -> None:
        """Look for no more work; who is still busy counts for nothing."""
        self.desk.unwatch(self._wake)
        self._team = set()

    def _wake(self) -> None:
        """Have the loop look for work, once for any number of calls."""
        loop = self._loop
        if loop is not None and not self._woken:
            self._woken = True
            loop.soon(self._fill, loop)

    # -- In the loop's thread ---------------------------------------------------------

    def _fill(self, loop: Loop) -> None:
        if loop is not self._loop:
            return
        self._woken = False
        team = self._team
        free = filterfalse(team.__contains__, range(self.workers))
        for worker in islice(free, MOST_AT_ONCE):
            if not self._takes(worker, team, loop):
                return
        if len(team) < self.workers:
            self._wake()

    def _takes(self, worker: int, team: set[int], loop: Loop) -> bool:
        """Have *worker* begin a claim, if there is one now."""
        claim = self.desk.try_claim(worker)
        if claim is None:
            return False
        team.add(worker)
        call = self._call_of(claim)
        kind = OnLoop if isinstance(call, CoroutineCall) else InThread
        place = kind(claim, call, loop, partial(self._ended, team), self._lags)
        self._places[claim] = _Held(place, team)
        place.begin()
        return True

    def _call_of(self, claim: Claim) -> Callable[[Any], Any]:
        return claim.owner.call

    def _ended(self, team: set[int], place: Place) -> None:
        claim, loop = place.claim, place.loop
        replaced = self._places.pop(claim, None) is None
        self.desk.hand_back(claim)
        if replaced:
            return
        team.discard(claim.worker)
        is_current = team is self._team and loop is self._loop
        if is_current and claim.worker < self.workers:
            self._takes(claim.worker, team, loop)
        else:  # one that is wanted may have been turned away while it was full
            self._wake()

    def _lags(self, task: int, seconds: float) -> None:
        if self.lag is None or seconds > self.lag[1]:
            self.lag = task, seconds
