"""Agents that hang, fail in hostile ways, or are cut short."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time

import pytest

import nbparallel as nbp
from nbparallel.errors import Abandoned
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State
from nbparallel.views.text import notices
from tests.engine.conftest import wait_for

#: Ten steps of an agent that hangs and of some that don't.
TEN_STEPS = """
import json, sys, threading, time
from nbparallel.world import World

class Agent:
    def __init__(self, name):
        self.name = name

    def act(self):
        if self.name == "stuck":
            threading.Event().wait()
        return [self.name]

world = World("Village", parallel_execution_timeout=0.5, max_workers=3)
for name in ("a", "stuck", "b", "c", "d"):
    world.add_agent(Agent(name))
begin = time.perf_counter()
world.run(10)
lasted = time.perf_counter() - begin
print(json.dumps([lasted, world.get_parallel_metrics(),
                  world.history["status"].value_counts().to_dict(), time.time()]))
"""


def test_a_script_with_an_agent_that_hangs_for_ever():
    done = subprocess.run(
        [sys.executable, "-c", TEN_STEPS],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    gone = time.time()
    lasted, metrics, statuses, ended = json.loads(done.stdout)
    assert 0.5 <= lasted <= 6
    assert gone - ended < 5  # Python's own exit included, among other tests
    assert metrics["parallel_timeouts"] == 1
    assert metrics["parallel_errors"] == 0
    assert metrics["total_parallel_steps"] == 10
    assert {k: n for k, n in statuses.items() if n} == {
        "ok": 40,
        "timeout": 1,
        "left out": 9,
    }


def test_it_is_left_out_until_its_call_comes_back_and_that_is_said(world):
    gate = Gate()
    made = world(
        {"a": lambda _: None, "b": lambda walker: gate(walker.acts)},
        parallel_execution_timeout=0.05,
    )
    run = made.run(3)
    assert made.history["status"].tolist() == (
        ["ok", "timeout", "ok", "left out", "ok", "left out"]
    )
    sheet = run.snapshot().exhibits[1]
    assert sheet.rows[0][0] == "b"
    assert sheet.rows[0][3] == 1
    assert sheet.rows[0][5] == "hangs: left out since step 2"
    assert isinstance(made.history["error"][1], nbp.TaskTimeout)
    assert "parallel_execution_timeout=0.05" in str(made.history["error"][1])
    assert made.get_parallel_metrics()["parallel_timeouts"] == 1

    gate.open()
    wait_for(lambda: not made._population.members[1].acting.locked())
    assert made.step() == {"a": ["a 4"], "b": ["b 2"]}  # what came late is discarded
    assert gate.started == [1, 2]


def test_nor_does_it_act_again_in_another_world_or_when_it_was_added_anew(world, never):
    made = world({"a": lambda _: never.wait()}, parallel_execution_timeout=0.05)
    made.step()
    (agent,) = made.agents
    made.remove_agent("a")
    made.add_agent(agent)
    other = world("").add_agent(agent)
    assert made.step() == other.step() == {}
    assert made.history["status"].tolist() == ["timeout", "left out"]
    assert other.history["status"].tolist() == ["left out"]
    never.set()
    wait_for(lambda: not other._population.members[0].acting.locked())
    assert other.step() == {"a": ["a 2"]}


def test_its_worker_is_replaced(world, never):
    names = dict.fromkeys(["stuck 1", "stuck 2"], lambda _: never.wait())
    names |= dict.fromkeys("abc", lambda _: None)
    made = world(names, max_workers=2, parallel_execution_timeout=0.05)
    made.run(2)
    first, second = (made.history[made.history["step"] == n] for n in (1, 2))
    # Nobody was left to carry the others out, and nobody begins late.
    assert first["status"].tolist() == ["timeout"] * 5
    assert second["status"].tolist() == ["left out", "left out", "ok", "ok", "ok"]
    assert [agent.acts for agent in made.agents] == [1, 1, 1, 1, 1]
    assert made.get_parallel_metrics()["parallel_timeouts"] == 5


def test_one_that_computes_in_python_is_ended_and_acts_again(world):
    def act(walker):
        while walker.acts == 1:
            pass

    made = world({"a": act}, parallel_execution_timeout=0.05)
    made.step()
    wait_for(lambda: not made._population.members[0].acting.locked())
    assert made.step() == {"a": ["a 2"]}


def test_a_coroutine_that_hangs_is_cancelled_and_acts_again(world):
    class Patient:
        name, acts = "patient", 0

        async def act(self):
            self.acts += 1
            if self.acts == 1:
                await asyncio.Event().wait()
            return self.acts

    made = world("a", parallel_execution_timeout=0.05).add_agent(Patient())
    assert made.step() == {"a": ["a 1"]}
    wait_for(lambda: not made._population.members[1].acting.locked())
    assert made.step() == {"a": ["a 2"], "patient": 2}


def test_no_agent_acts_twice_at_a_time_though_it_is_tried_again(world, never):
    going, most = [], []

    def act(_):
        going.append(1)
        most.append(len(going))
        never.wait()
        going.pop()

    made = world(
        {"a": act}, timeout=0.02, retries=3, backoff=0, parallel_execution_timeout=5
    )
    made.run(2)
    assert most == [1]
    assert made.history["status"].tolist() == ["timeout", "left out"]
    assert isinstance(made.history["error"][0], nbp.TaskTimeout)
    assert made.get_parallel_metrics()["parallel_timeouts"] == 1


def test_tried_again_it_acts_once_its_first_attempt_has_come_back(world):
    gate, times = threading.Event(), []

    def act(_):
        times.append(1)
        if len(times) == 1:
            gate.wait()

    def come_back(_):
        gate.set()
        return 0

    made = world({"a": act}, timeout=0.2, retries=1, backoff=come_back)
    made.run(1)
    assert made.history["status"].tolist() == ["ok"]
    assert len(times) == 2


def test_what_hangs_is_told_of_without_what_a_world_cannot_have(world, never):
    made = world({"a": lambda _: never.wait()}, parallel_execution_timeout=0.02)
    run = made.run(1)
    told = " ".join(notices(run.snapshot()))
    assert "1 task did not stop when told to" in told
    assert "processes" not in told


def test_a_timeout_of_a_single_act_is_counted_too(world, never):
    made = world({"a": lambda _: never.wait(), "b": lambda _: None}, timeout=0.02)
    made.run(2)
    assert made.history["status"].tolist() == ["timeout", "ok", "left out", "ok"]
    assert made.get_parallel_metrics()["parallel_timeouts"] == 1


def test_what_waits_to_be_tried_again_ends_with_its_step(world):
    made = world(
        {"a": lambda _: 1 / 0, "b": lambda _: None},
        retries=9,
        backoff=lambda _: 3600,
        parallel_execution_timeout=0.05,
    )
    made.run(2)
    assert made.history["status"].tolist() == ["timeout", "ok"] * 2
    assert [agent.acts for agent in made.agents] == [2, 2]


def test_time_in_which_the_run_is_paused_does_not_count(world):
    gate = Gate()
    made = world(
        {"a": lambda _: gate(1), "b": lambda _: None},
        max_workers=1,
        parallel_execution_timeout=0.2,
    )

    def pause_for_long():
        gate.wait_for(1)
        nbp.last.pause()
        end = time.perf_counter() + 0.4
        wait_for(lambda: time.perf_counter() > end)
        gate.open()
        nbp.last.resume()

    helper = threading.Thread(target=pause_for_long)
    helper.start()
    made.step()
    helper.join(DEADLINE)
    assert made.history["status"].tolist() == ["ok", "ok"]


def test_inside_a_task_a_step_ends_on_time_too(world, never):
    made = world(
        {"a": lambda _: never.wait(), "b": lambda _: None},
        parallel_execution_timeout=0.05,
    )
    run = nbp.pmap(lambda _: made.run(2), [1], workers=1, timeout=DEADLINE)
    assert run.df["status"].tolist() == ["ok"]
    assert made.history["status"].tolist()[0::2] == ["timeout", "left out"]


class Hostile(BaseException):
    """Says nothing when asked."""

    @property
    def __class__(self):
        raise RuntimeError

    @property
    def __traceback__(self):
        raise RuntimeError

    def __str__(self):
        raise RuntimeError

    __repr__ = __hash__ = __eq__ = __str__


class Unspeakable:
    """Cannot be shown, compared, measured or told true from false."""

    def __repr__(self):
        raise RuntimeError

    __str__ = __eq__ = __hash__ = __len__ = __bool__ = __iter__ = __array__ = __repr__


@pytest.mark.parametrize(
    "error",
    [
        Abandoned,
        GeneratorExit,
        Hostile,
        KeyboardInterrupt,
        MemoryError,
        StopIteration,
        SystemExit,
        asyncio.CancelledError,
        nbp.TaskCancelled,
        nbp.TaskTimeout,
    ],
    ids=lambda each: each.__name__,
)
@pytest.mark.parametrize("parallelize", [True, False])
def test_whatever_an_agent_raises_the_others_go_on(world, error, parallelize):
    def fail(_):
        raise error

    made = world({"a": lambda _: None, "evil": fail, "b": lambda _: None})
    run = made.run(3, parallelize)
    assert made.history["status"].tolist() == ["ok", "error", "ok"] * 3
    assert all(type(each) is error for each in made.history["error"][1::3])
    assert made.get_parallel_metrics()["parallel_errors"] == 3 * parallelize
    assert made.get_parallel_metrics()["parallel_timeouts"] == 0
    assert run.state is State.DONE
    assert run.snapshot().exhibits[1].rows[0][:3] == ("evil", 0, 3)


def test_whatever_an_agent_returns_is_handed_on():
    evil = Unspeakable()
    seen = []

    class Watched(nbp.World):
        def handle_actions(self, _agent, actions):
            seen.append(actions)

    class Agent:
        name = "evil"

        def act(self):
            return evil

    made = Watched("Village").add_agent(Agent())
    assert made.step()["evil"] is evil
    assert seen[0] is evil
    assert made.history["actions"][0] is evil


def test_a_cancel_returns_what_there_is_and_the_world_goes_on(world):
    gate, applied = Gate(), []

    class Watched(nbp.World):
        def handle_actions(self, agent, actions):
            applied.append((agent.name, actions))

    def act(walker):
        gate((walker.name, walker.acts))

    gate.open(("a", 1), ("b", 1), ("a", 2))
    made = world(dict.fromkeys("ab", act), Watched)

    def cancel():
        gate.wait_for(("a", 2), ("b", 2))
        nbp.last.cancel()

    helper = threading.Thread(target=cancel)
    helper.start()
    begin = time.perf_counter()
    run = made.run(100)
    assert time.perf_counter() - begin < DEADLINE / 2
    helper.join(DEADLINE)
    assert run.state is State.CANCELLED
    assert made.history["status"].tolist() == ["ok", "ok", "ok", "cancelled"]
    assert applied == [("a", ["a 1"]), ("b", ["b 1"])]  # of no step that is cut short
    counts = run.df["status"].value_counts()
    assert (counts["ok"], counts["cancelled"]) == (3, 1)

    gate.open()
    wait_for(lambda: not made._population.members[1].acting.locked())
    assert made.run(2).state is State.DONE
    assert made.history["status"].tolist()[4:] == ["ok"] * 4
    assert made.history["step"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]


def test_a_deadline_ends_it_too(world, never):
    made = world({"a": lambda _: never.wait()}, deadline=0.05)
    assert made.run(5).state is State.CANCELLED
    assert made.history["status"].tolist() == ["cancelled"]


def test_what_handle_actions_raises_is_raised_and_the_world_goes_on(world):
    class Fussy(nbp.World):
        def handle_actions(self, agent, actions):
            if actions == ["b 2"]:
                raise LookupError(agent.name)

    made = world("ab", Fussy)
    with pytest.raises(LookupError, match="b"):
        made.run(5)
    assert len(made.history) == 4
    assert nbp.last.state is State.CANCELLED
    assert made.run(1).state is State.DONE


def test_an_agent_cannot_make_its_own_world_go_on(world):
    made = world("")
    made.add_agent(type("Agent", (), {"name": "a", "act": lambda _: made.step()})())
    made.step()
    assert isinstance(made.history["error"][0], nbp.StillRunning)
