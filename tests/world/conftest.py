"""Worlds whose agents a test can hold, and let go again."""

import threading

import pytest

import nbparallel as nbp


@pytest.fixture(autouse=True)
def _quiet():
    with nbp.defaults(progress=False, grace=0.05):
        yield


@pytest.fixture
def never():
    """What an agent that hangs waits for: it comes once the test is over."""
    event = threading.Event()
    yield event
    event.set()


class Walker:
    """Counts its acts, and does what it is told in each."""

    def __init__(self, name, do=lambda _: None):
        self.name, self.do = name, do
        self.acts = 0

    def act(self):
        self.acts += 1
        self.do(self)
        return [f"{self.name} {self.acts}"]


@pytest.fixture
def walker():
    return Walker


@pytest.fixture
def world():
    """Make a world of walkers, by name what each does."""

    def make(names, kind=nbp.World, **settings):
        made = kind("Village", **settings)
        for name in names:
            do = names[name] if isinstance(names, dict) else lambda _: None
            made.add_agent(Walker(name, do))
        return made

    return make
