"""Listeners, and what becomes of those that fail."""

from __future__ import annotations

import logging

import pytest

import nbparallel as nbp
from nbparallel.engine import hooks
from nbparallel.testing import Recorder
from nbparallel.types import State

QUESTIONS = (
    "run_started",
    "run_finished",
    "run_waited",
    "shows_output",
    "pump",
)


@pytest.fixture
def listen():
    added = []

    def add(hook):
        added.append(hook)
        hooks.add(hook)
        return hook

    yield add
    for hook in added:
        hooks.remove(hook)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.usefixtures("backend")
def test_one_that_raises_is_logged_and_dropped_and_the_run_goes_on(
    question, listen, caplog
):
    calls = []

    def fail(*_):
        calls.append(question)
        raise RuntimeError(question)

    broken = type("Broken", (hooks.Hook,), {question: fail})()
    listen(broken)
    with Recorder() as recorder, caplog.at_level(logging.ERROR, "nbparallel"):
        run = nbp.pmap(str, [1, 2])
        run.wait()

    assert run.results == ["1", "2"]
    assert calls == [question]
    assert f"Broken.{question} failed and was dropped" in caplog.text
    assert recorder.of(run)[:3] == ["run_started", "run_finished", "run_waited"]


def test_the_end_is_heard_before_anyone_who_waits_goes_on(listen):
    seen = []

    class Slow(hooks.Hook):
        def run_finished(self, _):
            seen.append("finished")

    listen(Slow())
    nbp.pmap(str, [1])
    seen.append("returned")

    assert seen == ["finished", "returned"]


def test_a_listener_may_cancel_a_run_as_it_starts(listen):
    class Killjoy(hooks.Hook):
        def run_started(self, run):
            run.cancel()

    listen(Killjoy())
    run = nbp.pmap(nbp.sleep, [10] * 5, workers=1)

    assert run.state is State.CANCELLED


@pytest.mark.usefixtures("backend")
def test_a_listener_may_cancel_a_run_on_the_way_to_its_start(listen):
    class Killjoy(hooks.Hook):
        def shows_output(self, run):
            run.cancel()
            return False

    listen(Killjoy())
    run = nbp.pmap(str, range(5))

    assert run.state is State.CANCELLED
    assert run.df["status"].tolist() == ["cancelled"] * 5
    assert run._life.scheduler.crew.members == []


def test_a_late_listener_is_made_when_the_first_run_starts():
    made = []

    def make():
        made.append(Recorder())
        return made[0]

    hooks.add_late(make)
    assert made == []
    run = nbp.pmap(str, [1])
    hooks.remove(made[0])

    assert made[0].of(run) == ["run_started", "run_finished", "run_waited"]


def test_displaying_a_run_is_announced():
    with Recorder() as recorder:
        run = nbp.pmap(str, [1])
        run._ipython_display_()

    assert recorder.of(run)[-1] == "run_shown"


def test_removing_one_that_does_not_listen_is_no_error():
    hooks.remove(Recorder())


def test_waiting_threads_other_than_the_main_one_are_not_pumped(listen):
    pumped = []

    class Pump(hooks.Hook):
        def pump(self):
            return lambda: pumped.append(1)

    listen(Pump())
    nbp.pmap(lambda _: nbp.pmap(nbp.sleep, [0.01]), [1])

    assert pumped
