"""Strike runs with signals at random instants: ``python -m … threads interrupt 300``.

Each round sends one real signal, a SIGINT or a SIGALRM whose handler raises. It arrives
before, during or after a blocking run, and in any case is raised exactly once. Prints
how many struck a run that was going on.
"""

from __future__ import annotations

import asyncio
import os
import queue
import random
import signal
import sys
import threading
import time
from collections import Counter

import nbparallel as nbp
from nbparallel.kinds import KINDS
from nbparallel.types import FINAL, State, Status
from tests.engine.afar import AFAR
from tests.engine.fakes import FAKES
from tests.engine.pools import POOLS
from tests.support.threads import ours

TASKS = 60
#: Seconds: a run takes about this long, and interrupts come up to that late.
LONG = 0.01
DEADLINE = 20.0


class Alarm(BaseException):
    """What the handler of SIGALRM raises."""


def raise_alarm(*_: object) -> None:
    raise Alarm


class Storm:
    """The rounds, and what came of them."""

    def __init__(self, backend: str, kind: str) -> None:
        self.backend = backend
        self.struck = 0
        #: What struck a destructor; Python itself raises that no further.
        self.swallowed: list[object] = []
        self.delays: queue.SimpleQueue[float] = queue.SimpleQueue()
        self.shoot = self.delays.put if kind == "interrupt" else self.set_alarm

    def set_alarm(self, delay: float) -> None:
        """Have a SIGALRM come after *delay*."""
        signal.setitimer(signal.ITIMER_REAL, delay)

    def interrupt(self) -> None:
        """Send a SIGINT after each of the delays."""
        while True:
            time.sleep(self.delays.get())
            os.kill(os.getpid(), signal.SIGINT)

    def go_through(self, rounds: int) -> None:
        """Carry the rounds out and check each."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGALRM, raise_alarm)
        threading.Thread(target=self.interrupt, daemon=True).start()
        sys.unraisablehook = lambda lost: self.swallowed.append(lost.exc_type)
        chance = random.Random(11)
        for _ in range(rounds):
            self.one_round(chance.uniform(0.00001, LONG))

    def one_round(self, delay: float) -> None:
        """Strike one run."""
        before, went_through = nbp.last, False
        streams = sys.stdout, sys.stderr
        calls: Counter[int] = Counter()

        def task(number: int) -> int:
            calls[number] += 1
            time.sleep(2 * LONG / TASKS if number % 2 else 0)
            return number

        async def coroutine(number: int) -> int:
            calls[number] += 1
            await asyncio.sleep(2 * LONG / TASKS if number % 2 else 0)
            return number

        fn = coroutine if self.backend == "asyncio" else task
        try:
            self.shoot(delay)
            nbp.pmap(fn, range(TASKS), workers=2, backend=self.backend)
            went_through = True
            wait_for(lambda: self.swallowed)
        except (KeyboardInterrupt, Alarm):
            pass
        # A run hears also of what struck a destructor in the user's code.
        self.swallowed.clear()
        total = calls.total()

        if nbp.last is before:  # it never came to a run
            assert not total
        else:
            self.struck += not went_through
            self.check(nbp.last, calls, interrupted=not went_through)
        wait_for(lambda: not ours())
        assert calls.total() == total, "a task started after the end"
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getsignal(signal.SIGALRM) is raise_alarm
        assert (sys.stdout, sys.stderr) == streams
        assert nbp.pmap(abs, [-1, -2], backend=self.backend).results == [1, 2]

    def check(self, run: nbp.Run, calls: Counter[int], *, interrupted: bool) -> None:
        """Hold the records against what was really called."""
        columns, shot = run.columns(), run.snapshot()
        assert shot.finished == shot.known == len(columns) == TASKS
        assert shot.abandoned == 0
        assert run.state is State.DONE or interrupted
        for task, status in enumerate(map(Status, columns.status)):
            assert status in FINAL
            # An inline task can be interrupted on the way to its first line.
            assert calls[task] <= columns.attempts[task] <= 1
            if status is Status.OK:
                assert calls[task] == 1
                assert columns.results[task] == task
            else:
                assert interrupted
                assert status is Status.CANCELLED, (task, status, columns.errors)
                assert self.backend == "inline" or not columns.attempts[task]


def wait_for(ready) -> None:
    """Return once ``ready()``."""
    limit = time.perf_counter() + DEADLINE
    while not ready():
        assert time.perf_counter() < limit, "waited in vain"
        time.sleep(0.0002)


if __name__ == "__main__":
    KINDS.update(FAKES | POOLS | AFAR)
    storm = Storm(*sys.argv[1:3])
    with nbp.defaults(progress=False):
        storm.go_through(int(sys.argv[3]))
    sys.stdout.write(f"{storm.struck}\n")
