"""Flows that show nothing, and the routines of the programs in the tests."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

import nbparallel as nbp
from nbparallel.flow import Flow, Routine

STRATEGIES = ["sequential", "concurrent"]


@pytest.fixture(autouse=True)
def _quiet(quiet):
    pass


@pytest.fixture(params=STRATEGIES)
def strategy(request):
    return request.param


@pytest.fixture
def flow(strategy):
    """An empty flow of each strategy; what goes on of it is cancelled at the end."""
    made = Flow("f", execution_strategy=strategy, max_workers=8)
    yield made
    made.cancel()


class Step(Routine):
    """Calls a function with what arrives, and emits what that returns, if anything."""

    def __init__(self, function, merge="override"):
        super().__init__()
        self.function = function
        for name in ("trigger", "input"):
            self.define_slot(name, handler=self.handle, merge_strategy=merge)
        self.define_event("output", ["value"])

    def handle(self, **data):
        found = self.function(**data)
        if found is not None:
            self.emit("output", value=found)


class Source(Routine):
    """Emits each of a few values."""

    def __init__(self, values):
        super().__init__()
        self.values = values
        self.define_slot("trigger", handler=self.start)
        self.define_event("output", ["value"])

    def start(self):
        for value in self.values:
            self.emit("output", value=value)


class Keep(Routine):
    """Keeps what arrives."""

    def __init__(self):
        super().__init__()
        self.kept = []
        self.define_slot("input", handler=self.keep)

    def keep(self, value):
        self.kept.append(value)


def chain(flow, **routines):
    """Add *routines*, each connected to the next; return their ids."""
    ids = [flow.add_routine(routine, name) for name, routine in routines.items()]
    for one, other in pairwise(ids):
        flow.connect(one, "output", other, "input")
    return ids


def done(flow, *args, **options):
    """Execute a flow and wait; return what is known of it."""
    job = flow.execute(*args, **options)
    assert flow.wait_for_completion(timeout=20)
    return job


def dawdle():
    """Take a random moment, often none."""
    if random.random() < 0.5:
        nbp.sleep(random.random() * 0.004)
