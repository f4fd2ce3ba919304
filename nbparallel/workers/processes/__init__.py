"""Workers that are processes: they compute at the same time, and can be killed.

::

    thread of ours ── Driver ──socket──▶ worker process: carry_out, piece by piece
          │                ◀──page────── what has begun, what has ended, the results
        the desk

They are processes of our own, not those of a pool: which task was running when one
died, what had ended by then, and a task that is killed alone are things that no pool of
the standard library tells or does.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from time import perf_counter, sleep
from typing import Any, ClassVar

from nbparallel.errors import Abandoned, BackendBroken, BadValue
from nbparallel.workers import packing
from nbparallel.workers.base import Desk
from nbparallel.workers.bounds import Bounds, processors
from nbparallel.workers.claim import Claim
from nbparallel.workers.processes import warm
from nbparallel.workers.processes.driving import Driver, Gone
from nbparallel.workers.processes.generators import Generators
from nbparallel.workers.processes.page import SETTLED
from nbparallel.workers.processes.surroundings import here
from nbparallel.workers.threads import Threads

#: The most worker processes of a run; each takes some 20 MB and a thread of ours.
MOST_WORKERS = 256
#: So many may die one after the other without having begun a task; what the next one
#: was sent is taken for the reason.
FREE_DEATHS = 2


class Processes(Threads):
    """Have each thread hand its claims to a process."""

    kills: ClassVar[bool] = True
    nests = False
    sees_names = False

    def __init__(self, desk: Desk, workers: int) -> None:
        _check(workers)
        super().__init__(desk, workers)
        self._busy: dict[Claim, Driver] = {}
        self._call = self._surroundings = packing.NOTHING
        self._place = threading.local()
        self._lost = 0

    @classmethod
    def default_workers(cls) -> int:
        """Return the number of processors that this process may use."""
        return processors()

    @classmethod
    def bounds(cls) -> Bounds | None:
        """Return what ``workers="auto"`` chooses from: all processors, or fewer."""
        most = cls.default_workers()
        return Bounds(first=most, most=most, processors=most)

    def prepare(self, call: Callable[[Any], Any]) -> None:
        """Pickle what is to be called, and what it is to find around it."""
        self._surroundings = packing.pack(here())
        generators = Generators()
        try:
            self._call = packing.pack(call, generators.notice)
        except Exception as error:
            refused = packing.refusal("the function", call, error)
            raise refused from None
        generators.warn()

    def resize(self, workers: int) -> None:
        """Have that many processes from now on."""
        _check(workers)
        super().resize(workers)

    def recall(self, claims: Collection[Claim]) -> None:
        """Have the processes begin no further task of *claims*."""
        drivers = ((claim, self._busy.get(claim)) for claim in claims)
        found = [driver.recall(claim) for claim, driver in drivers if driver]
        if found:
            sleep(SETTLED)
        for give_back in found:
            give_back()

    def since(self, claim: Claim) -> float:
        """Return when the running task of *claim* was begun, as its process says."""
        driver = self._busy.get(claim)
        return math.inf if driver is None else driver.since(claim)

    def strike(self, claim: Claim) -> None:
        """Raise `Abandoned` in the process, which a call into C doesn't hear."""
        if driver := self._busy.get(claim):
            driver.process.strike()

    def replace(self, claim: Claim) -> None:
        """Do nothing: its thread takes another process for the one that was killed."""

    def stop(self, claims: Sequence[Claim]) -> bool:
        """Kill the processes that carry *claims* out; those come back with the rest."""
        for claim in claims:
            if driver := self._busy.get(claim):
                driver.process.kill()
        return bool(claims)

    def _work(self, worker: int, team: set[int]) -> None:
        self._place.driver = None
        try:
            super()._work(worker, team)
        finally:
            if (driver := self._place.driver) is not None:
                warm.keep(driver.process)

    def _carry_one(self, worker: int) -> bool:
        claim = self.desk.claim(worker)
        if claim is None:
            return False
        try:
            driver = self._driver()
            self._busy[claim] = driver
            try:
                driver.carry(claim)
            finally:
                del self._busy[claim]
            self._lost = 0
        except Gone as gone:
            self._leave(claim, gone)
        except OSError as error:
            self.desk.settle(claim)
            message = f"worker processes can't be started: {error}"
            self.desk.broken(BackendBroken(message))
            return False
        except BaseException as error:  # nobody else would ever hand the claim back
            self._place.driver.process.kill()
            self._leave(claim, Gone(running=True), error)
        else:
            self.desk.settle(claim)
        return True

    def _driver(self) -> Driver:
        """Return what drives the process of this thread, which knows the run."""
        while True:
            driver: Driver | None = self._place.driver
            if driver is not None and not driver.process.is_alive():
                driver.process.close()
                driver = None
            if driver is None:
                driver = Driver(warm.take(), self.desk.give_back)
                self._place.driver = driver
            if driver.learn(self._call, self._surroundings):
                return driver
            driver.process.close()  # a module has been edited since it loaded that
            self._place.driver = None

    def _leave(
        self, claim: Claim, gone: Gone, error: BaseException | None = None
    ) -> None:
        """Go on without the process, which has died with *claim* in its hands."""
        process, self._place.driver = self._place.driver.process, None
        death: BaseException = process.death()
        if process.killed:
            death = Abandoned()
        else:
            self._lost += 1
        if gone.running or self._lost > FREE_DEATHS:
            claim.begun = claim.begun or perf_counter()
            self.desk.lost(claim, error or death)
        else:
            self.desk.settle(claim)


def _check(workers: int) -> None:
    if sys.platform == "win32":
        message = (
            "backend='processes' needs Linux or macOS. On Windows take an executor of "
            "your own: backend=concurrent.futures.ProcessPoolExecutor()"
        )
        raise BadValue(message)
    if workers > MOST_WORKERS:
        message = (
            f"workers={workers}: each is a process of some 20 MB at least, and more "
            f"than there are processors ({Processes.default_workers()}) compute no "
            f"faster. Up to {MOST_WORKERS} are started; threads and coroutines wait "
            "in thousands: backend='threads', backend='asyncio'"
        )
        raise BadValue(message)
