"""Servers that exist in numbers alone, and runs on a clock that is moved."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import replace
from random import Random

from nbparallel.engine.width.gauge import Gauge
from nbparallel.engine.width.policy import WidthPolicy
from nbparallel.workers.bounds import Bounds

#: Seconds between two looks at the gauge.
TICK = 0.01


class Server:
    """So many requests at a time, each for some seconds; the others wait in line.

    Parameters
    ----------
    slots
        How many at a time; a function of the instant may say it.
    seconds
        How long each takes, on average.
    law
        How that is distributed: ``"const"``, ``"even"``, ``"exp"`` (M/M/c).
    coherency
        How much longer for each pair of requests, as in the Universal Scalability Law.
    refuses
        From how many requests on one is refused; None: never.
    failing
        The share of requests that time out whatever is done.
    cpu
        Seconds of processor time per second, as the process would see it.
    """

    def __init__(
        self,
        slots=16,
        seconds=0.01,
        law="exp",
        *,
        coherency=0.0,
        refuses=None,
        failing=0.0,
        cpu=0.0,
        seed=0,
    ):
        self.slots = slots if callable(slots) else lambda _: slots
        self.seconds, self.law, self.coherency = seconds, law, coherency
        self.refuses, self.failing, self.cpu = refuses, failing, cpu
        self.chance = Random(seed)

    def takes(self, requests):
        mean = self.seconds * (1 + self.coherency * requests * requests)
        match self.law:
            case "const":
                return mean
            case "even":
                return mean * self.chance.uniform(0.7, 1.3)
        return self.chance.expovariate(1 / mean)

    def fails(self, requests):
        too_many = self.refuses is not None and requests > self.refuses
        return too_many or self.chance.random() < self.failing


class Simulation:
    """A closed loop: each worker asks the server, and again once it has the answer."""

    def __init__(self, server, bounds=None, *, width=None):
        bounds = bounds or Bounds(first=4, most=512, processors=2, one_lock=True)
        self.server, self.policy = server, WidthPolicy(bounds)
        self.is_fixed = width is not None
        self.width = width or self.policy.width
        self.now, self.done = 0.0, 0
        self.widths = [(0.0, self.width)]
        self.ends, self.waiting, self.going = [], deque(), {}
        self.serving = self.number = 0
        self.gauge, self.failed = Gauge(0.0, 0.0, self.width), 0

    def run(self, seconds):
        """Go on for so many seconds; return tasks per second over them."""
        until, before, look = self.now + seconds, self.done, self.now + TICK
        begun = self.now
        self.begin()
        while self.now < until:
            if self.ends and self.ends[0][0] <= look:
                self.now, number = heapq.heappop(self.ends)
                self.end(number)
            else:
                self.now, look = look, look + TICK
                self.look()
        return (self.done - before) / (self.now - begun)

    def begin(self):
        while len(self.going) < self.width:
            self.number += 1
            self.going[self.number] = self.now
            self.waiting.append(self.number)
        while self.waiting and self.serving < self.server.slots(self.now):
            self.serving += 1
            ends = self.now + self.server.takes(len(self.going))
            heapq.heappush(self.ends, (ends, self.waiting.popleft()))

    def end(self, number):
        self.serving -= 1
        fails = self.server.fails(len(self.going))
        self.gauge.note(self.going.pop(number), self.now, 1)
        if fails:
            self.failed += 1
            self.gauge.note_failure(TimeoutError())
        else:
            self.done += 1
        self.begin()

    def look(self):
        cpu = self.server.cpu * self.now
        seen = self.gauge.look(self.now, cpu, [*self.going.values()], self.width)
        if self.is_fixed or not self.policy.is_enough(seen):
            return
        errors = len(self.gauge.errors)
        seen = replace(seen, strain=self.gauge.share_of(errors, errors))
        before, self.width = self.width, self.policy.decide(seen)
        changed = self.width != before
        skip = max(before, self.width) if changed else 0
        self.gauge = Gauge(self.now, cpu, skip)
        if changed:
            self.widths.append((self.now, self.width))
        self.begin()

    def usual_between(self, begin, end):
        """Return the number of workers that there were for the longest time."""
        spans = {}
        ends = [instant for instant, _ in self.widths[1:]] + [self.now]
        for (since, width), until in zip(self.widths, ends, strict=True):
            lasted = min(until, end) - max(since, begin)
            if lasted > 0:
                spans[width] = spans.get(width, 0) + lasted
        return max(spans, key=spans.get)


def best_of(make, seconds, widths=(1, 2, 4, 8, 16, 32, 64, 128, 256)):
    """Return tasks per second with the best fixed number of workers."""
    return max(Simulation(make(), width=width).run(seconds) for width in widths)
