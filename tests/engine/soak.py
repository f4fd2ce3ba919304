"""A storm of random programs: ``python -m tests.engine.soak SECONDS [SEED [KIND …]]``.

A program is one run, or several nested in each other, over any sort of input, that is
steered at random by several threads while it goes on. Whatever happens, afterwards
every item is in one final state, was called once per attempt, and nothing is left.
Prints how many programs ran per backend; a failure names the seed of its program.
"""

from __future__ import annotations

import faulthandler
import itertools
import os
import random
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress

import nbparallel as nbp
from nbparallel.engine import capture, hooks, steering, stopping
from nbparallel.engine.outcome import Pause
from nbparallel.engine.run import Run
from nbparallel.engine.timer import TIMER
from nbparallel.options import resolve
from nbparallel.types import FINAL, MISSING, Status
from nbparallel.work.work import Work
from nbparallel.workers import KINDS, load
from tests.engine import afar
from tests.engine.fakes import FAKES
from tests.engine.pools import POOLS
from tests.support.threads import ours

DEADLINE = 20.0
#: How the items of a run come.
INPUTS = ("list", "needs", "lazy", "slow", "bursts", "raising", "endless", "open")
ACTIONS = (
    "pause",
    "resume",
    "resume",
    "cancel",
    "hard",
    "retry",
    "retry",
    "resize",
    "width",
    "cancel_task",
    "add",
    "look",
    "doze",
    "doze",
    "doze",
)


class Broken(Exception):
    """What tasks and inputs raise."""


#: What the end of a run may raise.
ENDS = (nbp.InputError, nbp.TaskTimeout, Broken)


class Again:
    """Every failure is tried three times."""

    def again(self, tries):
        return Pause(0.0005, asked=False) if len(tries) < 3 else None


class Announced(hooks.Hook):
    """Notes the announcements of each run, and retries a few runs from inside."""

    def __init__(self):
        self.of = defaultdict(list)
        self.again = set()

    def run_started(self, run):
        self.of[run].append("started")

    def run_finished(self, run):
        self.of[run].append("finished")
        if run in self.again:
            self.again.discard(run)
            run.retry(block=False)

    def check(self):
        for run, events in self.of.items():
            assert run._life.is_over(), run
            pairs = len(events) // 2
            assert events == ["started", "finished"] * pairs, events


class Program:
    """One random run with what is done to it."""

    def __init__(self, seed, backend):
        self.chance = chance = random.Random(seed)
        self.backend = backend
        self.calls = Counter()
        self.release = threading.Event()
        self.kind = chance.choice(INPUTS)
        self.count = chance.choice([0, 1, 2, 7, 40, 400])
        self.depth = chance.choice([0, 0, 0, 1, 1, 2, 3])
        if self.depth:
            self.count = min(self.count, 7)
        self.failing = chance.choice([0, 0, 3, 10])
        self.dozing = chance.choice([0, 0, 5, 20])
        self.hanging = 0
        self.others = []
        self.trouble = []
        self.run = Run(self.work(), resolve(self.options()))
        if chance.random() < 0.2:
            self.run._life.scheduler.intake._outcome = Again()

    def options(self):
        chance = self.chance
        buffer = chance.choice([None, None, 1, 3, 50])
        return {
            "backend": self.backend,
            "workers": self.workers(),
            "on_error": chance.choice(["collect", "collect", "raise"]),
            "ordered": chance.random() < 0.3,
            "buffer": buffer,
            "block": False,
            "progress": False,
            "capture": chance.random() < 0.8,
            "grace": chance.choice([0, 0.001, 0.01, DEADLINE]),
            **self.clocks(),
        }

    def clocks(self):
        """Return options for time: few programs have each, some have several."""
        chance, wanted = self.chance, {}
        if getattr(load(self.backend), "replaces", False) and chance.random() < 0.2:
            wanted["timeout"] = chance.choice([0.001, 0.01, 0.05])
            self.hanging = chance.choice([0, 3, 10])
        if chance.random() < 0.2:
            wanted["retries"] = chance.randint(1, 3)
            wanted["backoff"] = chance.choice([0, 0.0005, 0.005])
        if chance.random() < 0.1:
            wanted["rate"] = chance.choice(["1000/s", "5000/s", "100/s"])
        if chance.random() < 0.1:
            wanted["deadline"] = chance.choice([0.001, 0.01, 0.1])
        return wanted

    def workers(self):
        if self.chance.random() < 0.3 and self.backend != "inline":
            return "auto"
        return self.chance.randint(1, 8)

    def work(self):
        items, source, needs = None, None, None
        match self.kind:
            case "list" | "open":
                items = list(range(self.count))
            case "needs":
                items = list(range(self.count))
                needs = {
                    task: [self.chance.randrange(task) for _ in range(2)]
                    for task in range(1, self.count, 2)
                }
            case _:
                source = self.source(random.Random(self.chance.random()))
        opened = self.kind == "open"
        return Work("soak", self.task, items, source, None, needs=needs, open=opened)

    def source(self, chance):
        numbers = itertools.count() if self.kind == "endless" else range(self.count)
        for number in numbers:
            if self.kind == "slow":
                self.release.wait(chance.choice([0, 0.0002, 0.002]))
            if self.kind == "bursts" and chance.random() < 0.05:
                self.release.wait(0.02)
            yield number
        if self.kind == "raising":
            raise Broken

    def task(self, item):
        self.calls[item] += 1
        own = random.Random(item * 31 + self.calls[item])
        if own.random() * 100 < self.dozing:
            nbp.sleep(0.002)
        if own.random() * 100 < self.hanging:
            while not (self.release.is_set() or nbp.cancelled()):  # ready for strikes
                time.sleep(0.0005)
        if own.random() < 0.1:
            print("task", item, end="")  # noqa: T201 # it is captured, or let through
        if self.depth and own.random() < 0.6:
            total = nest(own, self.depth, self.others)
            assert total is None or total == 2**self.depth, total
        if own.random() * 100 < self.failing:
            raise Broken(item)
        return item * 2

    def go(self, announced):
        chance, run = self.chance, self.run
        if chance.random() < 0.1 and self.kind != "endless":
            announced.again.add(run)
        run.start()
        steerers = [
            threading.Thread(
                target=self.guarded, args=(self.steer, chance.random()), daemon=True
            )
            for _ in range(chance.choice([0, 0, 1, 2]))
        ]
        helpers = [
            threading.Thread(target=self.guarded, args=(self.read,), daemon=True)
            for _ in range(chance.choice([0, 0, 1, 2]))
        ]
        if load(self.backend).waits_itself:
            helpers += [
                threading.Thread(target=self.guarded, args=(self.wait,), daemon=True)
            ]
        for each in [*steerers, *helpers]:
            each.start()
        if chance.random() < 0.15:
            self.interrupted()
        for each in steerers:
            each.join(DEADLINE)
            assert not each.is_alive(), f"{each} goes on"
        self.end()
        for each in helpers:
            each.join(DEADLINE)
            assert not each.is_alive(), f"{each} goes on"
        self.end()
        assert not self.trouble, self.trouble

    def guarded(self, call, *args):
        try:
            call(*args)
        except (nbp.StillRunning, nbp.UsageError, *ENDS):
            pass
        except nbp.TaskCancelled:
            pass
        except BaseException as error:
            self.trouble.append(repr(error))
            raise

    def interrupted(self):
        delay = self.chance.uniform(0, 0.01)

        def shoot():
            time.sleep(delay)
            os.kill(os.getpid(), signal.SIGINT)

        limit = time.perf_counter() + DEADLINE
        by_python = []
        try:
            threading.Thread(target=shoot, daemon=True).start()
            # It is Python that loses what strikes while an object of its own goes.
            sys.unraisablehook = by_python_in(by_python)
            with suppress(*ENDS):
                self.run.wait(0.005)
            while time.perf_counter() < limit and not by_python:
                time.sleep(0.0005)
            if by_python != [KeyboardInterrupt]:
                self.trouble.append(f"an interrupt was lost; {by_python}")
        except KeyboardInterrupt:
            pass
        finally:
            sys.unraisablehook = sys.__unraisablehook__

    def steer(self, seed):
        chance = random.Random(seed)
        for _ in range(chance.randint(0, 12)):
            self.act(chance.choice(ACTIONS), chance)

    def act(self, action, chance):
        run, scheduler = self.run, self.run._life.scheduler
        match action:
            case "hard":
                stopping.cancel(scheduler, hard=True)
            case "retry":
                with suppress(nbp.StillRunning):
                    run.retry(block=False)
            case "resize":
                steering.resize(scheduler, chance.randint(1, 8))
            case "width":
                with suppress(nbp.BadValue):  # of the thread that waits
                    run.workers = chance.choice(["auto", "auto", 1, 2, 3, 8, 40])
            case "cancel_task":
                stopping.cancel_task(scheduler, chance.randrange(self.count + 1))
            case "add" if self.kind == "open":
                with suppress(nbp.UsageError):
                    steering.add(scheduler, len(run) + 1_000_000 * chance.randint(1, 9))
            case "look":
                shot = run.snapshot()
                assert min(shot.counts.values()) >= 0
                assert shot.known >= shot.finished
                run.columns()
            case "doze" | "add":
                time.sleep(chance.choice([0, 0.0001, 0.001, 0.005]))
            case _:
                getattr(run, action)()

    def read(self):
        for item, result, error in self.run:
            assert error is not None or result in (None, item * 2)

    def wait(self):
        self.run.wait(DEADLINE)

    def end(self):
        run = self.run
        run.resume()
        steering.close(run._life.scheduler)
        if self.kind == "endless":
            run.cancel()
        over = False
        with suppress(nbp.TaskCancelled, *ENDS):
            over = run.wait(DEADLINE)
        assert over or run._life.is_over(), f"it never ends: {run}"

    def check(self):
        for run in [self.run, *self.others]:
            run._life.scheduler.parent = None
            with suppress(nbp.TaskCancelled, *ENDS):
                assert run.wait(DEADLINE), run
        self.release.set()
        wait_for(lambda: not afar.going, lambda: afar.going)
        wait_for(lambda: not ours(), ours)
        # A pool's threads are not ours.
        wait_for(lambda: not any(self.left_behind()), lambda: "those left behind")
        crew = self.run._life.scheduler.crew
        assert not crew.members
        assert not crew.idle
        assert not crew._due
        assert crew._rung == 0, crew._rung
        assert crew.lock.acquire(timeout=DEADLINE)  # a worker may be about to leave
        crew.lock.release()
        assert not capture._runs
        assert not live_entries()
        for run in [self.run, *self.others]:
            check_rows(run)
        self.check_calls()

    def left_behind(self):
        """Return how many workers each run has given up that have not come back."""
        return [run.snapshot().abandoned for run in (self.run, *self.others)]

    def check_calls(self):
        columns = self.run.columns()
        for task, item in enumerate(columns.items):
            called, tried = self.calls[item], columns.attempts[task]
            # What ends a task from outside may strike before its first line: here
            # any attempt of it, elsewhere the last one.
            timed = self.run.options.timeout is not None
            apart = self.backend in ("inline", "processes")
            any_of_it = (apart or timed) and called < tried
            struck = columns.status[task] == Status.CANCELLED and called == tried - 1
            exact = called == tried or struck or any_of_it
            assert exact, f"task {task}: {called} calls, {tried} attempts"
            if columns.status[task] == Status.OK:
                assert columns.results[task] == item * 2
            else:
                assert columns.results[task] is MISSING


def by_python_in(seen):
    """Return a hook that notes which interrupts were lost in code that is not ours."""

    def note(lost):
        module = getattr(lost.object, "__module__", None) or ""
        is_ours = module.startswith("nbparallel")
        if lost.exc_type is KeyboardInterrupt and not is_ours:
            seen.append(lost.exc_type)

    return note


def nest(chance, depth, others):
    """Add up leaves in runs inside runs; None where one of them was cut short."""

    def inner(number):
        return nest(random.Random(number), depth - 1, others)

    if depth == 0:
        return 1
    width = 2 + 3 * (chance.random() < 0.1)
    items = [1] * 2 + [0] * (width - 2)
    call = lambda number: inner(number) if number else 0  # noqa: E731
    if chance.random() < 0.2:
        others.append(nbp.pmap(str, [], block=False))
    run = nbp.pmap(
        call,
        iter(items) if chance.random() < 0.5 else items,
        workers=chance.randint(1, 4),
        block=chance.random() < 0.7,
    )
    others.append(run)
    return sum(run.results)


def check_rows(run):
    """Hold the columns, the counts and the log of an ended run against each other."""
    columns, shot = run.columns(), run.snapshot()
    assert all(status in FINAL for status in columns.status), run
    assert shot.known == shot.finished == len(columns), run
    found = Counter(map(Status, columns.status))
    assert {status: n for status, n in shot.counts.items() if n} == found
    assert shot.abandoned == 0
    read = []
    with suppress(nbp.TaskCancelled, *ENDS):
        read.extend(item for item, _, _ in run)
    assert sorted(read) == sorted(columns.items)


def live_entries():
    """Return what the timer would still call."""
    return [entry for _, _, entry in TIMER._heap if entry.call is not None]


def wait_for(ready, what):
    """Return once ``ready()``."""
    limit = time.perf_counter() + DEADLINE
    while not ready():
        assert time.perf_counter() < limit, f"waited in vain: {what()}"
        time.sleep(0.0005)


def one_program(seed, backend):
    """Carry out the program of *seed* and check what is left of it."""
    usual = sys.getswitchinterval()
    announced = Announced()
    hooks.add(announced)
    try:
        if seed % 3 == 0:
            sys.setswitchinterval(1e-6)
        with nbp.defaults(backend=backend):
            program = Program(seed, backend)
            program.go(announced)
            program.check()
        announced.check()
    finally:
        hooks.remove(announced)
        sys.setswitchinterval(usual)


def storm(seconds, seed, backends):
    """Carry out programs for so many seconds; return how many, by backend."""
    done = Counter()
    limit = time.perf_counter() + seconds
    for number in itertools.count(seed):
        if time.perf_counter() > limit:
            return done
        backend = backends[number % len(backends)]
        faulthandler.dump_traceback_later(4 * DEADLINE, exit=True)
        try:
            one_program(number, backend)
        except BaseException:
            sys.stderr.write(f"program {number} on {backend} failed\n")
            faulthandler.dump_traceback(all_threads=True)
            raise
        done[backend] += 1
    return done


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    KINDS.update(FAKES | POOLS | afar.AFAR)
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with nbp.defaults(progress=False):
        came_to = storm(float(sys.argv[1]), first, sys.argv[3:] or [*KINDS])
    for word, programs in came_to.items():
        sys.stdout.write(f"{word}: {programs}\n")
