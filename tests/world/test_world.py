"""Programs as users of a simulator of agents write them."""

from __future__ import annotations

import asyncio
import random
import threading

import pytest

import nbparallel as nbp
from nbparallel.testing import DEADLINE, Gate
from nbparallel.world import World
from tests.world.conftest import Walker


class Market(World):
    """Its prices follow what agents do, in their order."""

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.price, self.log = 100.0, []

    def handle_actions(self, agent, actions):
        for action in actions:
            self.price = round(self.price * action, 9)
            self.log.append((agent.name, self.price))


class Trader:
    """Looks at the price, waits a moment, acts; sometimes it can't."""

    def __init__(self, name, market, seed):
        self.name, self.market = name, market
        self.luck, self.delay = random.Random(seed), random.Random()

    def think(self):
        if self.luck.random() < 0.1:
            raise ValueError(self.name)
        return [1 + self.luck.uniform(-0.1, 0.1) / self.market.price]


class Plain(Trader):
    def act(self, *, return_actions=False):
        assert return_actions is True
        nbp.sleep(self.delay.random() / 300)
        return self.think()


class Awaiting(Trader):
    async def act(self, **wanted):
        assert wanted == {"return_actions": True}
        await asyncio.sleep(self.delay.random() / 300)
        return self.think()


def play(kinds, *, parallelize, **settings):
    market = Market("Market", **settings)
    for number in range(8):
        kind = kinds[number % len(kinds)]
        market.add_agent(kind(f"trader {number}", market, number))
    market.run(4, parallelize)
    table = market.history
    shown = table["error"].map(str)
    return market.log, table.drop(columns=["seconds", "error"]).assign(error=shown)


@pytest.mark.parametrize(
    "kinds", [[Plain], [Awaiting], [Plain, Awaiting]], ids=["plain", "async", "mixed"]
)
def test_parallel_steps_do_what_sequential_ones_do(kinds):
    log, table = play(kinds, parallelize=False)
    assert {"ok", "error"} == set(table["status"])
    for _ in range(50):
        again, found = play(kinds, parallelize=True, max_workers=5)
        assert again == log
        assert found.equals(table)


def test_all_act_at_the_same_time_and_a_step_waits_for_all(world):
    meeting = threading.Barrier(4, timeout=DEADLINE)
    made = world(dict.fromkeys("abcd", lambda _: meeting.wait()), max_workers=4)
    made.run(3)
    assert made.history["status"].eq("ok").all()
    assert made.history["step"].tolist() == [1] * 4 + [2] * 4 + [3] * 4


def test_one_after_another_in_their_order(world):
    order, going = [], threading.Lock()

    def act(walker):
        assert going.acquire(blocking=False)
        order.append(walker.name)
        going.release()

    made = world(dict.fromkeys("dbca", act), max_workers=8)
    made.run(3, parallelize=False)
    assert made.history["error"].isna().all()
    assert order == list("dbca" * 3)


def test_a_step_by_itself_gives_the_actions_by_name(world):
    made = world({"b": lambda _: None, "x": lambda _: 1 / 0, "a": lambda _: None})
    assert made.step() == {"b": ["b 1"], "a": ["a 1"]}
    assert made.step(parallelize=False) == {"b": ["b 2"], "a": ["a 2"]}
    assert list(made.step(parallelize=True)) == ["b", "a"]
    assert repr(made) == "<World Village: 3 agents, step 3>"


def test_actions_are_applied_after_all_have_acted_one_after_another():
    gate, seen = Gate(), []

    class Watched(World):
        def handle_actions(self, _agent, actions):
            seen.append((threading.current_thread(), len(gate.started), actions))

    made = Watched("Village")
    for name in "abc":
        made.add_agent(Walker(name, lambda walker: gate(walker.name)))
    gate.open()
    made.step()
    here = threading.current_thread()
    assert seen == [(here, 3, ["a 1"]), (here, 3, ["b 1"]), (here, 3, ["c 1"])]


def test_metrics_are_busy_time_by_wall_time(world):
    made = world(dict.fromkeys("abcd", lambda _: nbp.sleep(0.05)), max_workers=2)
    assert set(made.get_parallel_metrics().values()) == {0}
    made.run(2)
    made.run(1, parallelize=False)
    found = made.get_parallel_metrics()
    steps = made.steps
    assert steps["parallel"].tolist() == [True, True, False]
    assert (steps["speedup"] - steps["busy"] / steps["wall"]).abs().max() < 1e-12
    assert steps["agents"].tolist() == steps["ok"].tolist() == [4, 4, 4]
    assert found.pop("avg_parallel_speedup") == pytest.approx(
        steps["speedup"][:2].mean()
    )
    assert 1 < steps["speedup"][0] <= 2  # as many as workers, though there are four
    assert steps["speedup"][2] <= 1
    assert found == {
        "total_parallel_steps": 2,
        "total_sequential_steps": 1,
        "parallel_errors": 0,
        "parallel_timeouts": 0,
    }
    found["parallel_errors"] = 99
    assert made.get_parallel_metrics()["parallel_errors"] == 0


def test_metrics_are_not_collected_where_they_are_not_wanted(world):
    made = world("ab", collect_parallel_metrics=False)
    made.run(2)
    assert set(made.get_parallel_metrics().values()) == {0}
    assert len(made.history) == 4


def test_whether_steps_are_parallel_is_a_setting(world):
    made = world("ab", parallel_agent_actions=False)
    made.run(1)
    made.run(1, parallelize=True)
    assert made.steps["parallel"].tolist() == [False, True]
    assert world("ab").step()
    assert world("").get_parallel_metrics()["total_parallel_steps"] == 0


def test_settings_hold_when_steps_are_made(world):
    made, mine = world("a"), world("a", parallel_agent_actions=True)
    with nbp.settings(
        parallel_agent_actions=False, max_workers=3, collect_parallel_metrics=False
    ):
        run = made.run(1)
        mine.run(1)
    assert run.options.workers == 1
    assert made.steps["parallel"].tolist() == [False]
    assert mine.steps["parallel"].tolist() == [True]
    assert not any(made.get_parallel_metrics().values())
    made.run(1)
    assert made.steps["parallel"].tolist() == [False, True]
    assert made.get_parallel_metrics()["total_parallel_steps"] == 1


@pytest.mark.parametrize("name", ["backend", "journal"])
def test_a_default_that_a_world_cannot_have_is_left_out(world, tmp_path, name):
    value = {"backend": "processes", "journal": str(tmp_path / "x.db")}[name]
    with nbp.settings(**{name: value}):
        assert world("a").step() == {"a": ["a 1"]}


@pytest.mark.parametrize("parallelize", [True, False])
def test_without_agents_a_step_does_nothing(world, parallelize):
    made = world("")
    assert made.step(parallelize) == {}
    assert len(made.run(3, parallelize)) == 0
    assert len(made.steps) == 4
    assert made.history.empty
    assert made.history.dtypes.equals(world("a").history.dtypes)
    assert made.get_parallel_metrics()["avg_parallel_speedup"] == 0.0
    assert len(world("a").run(0)) == 0


def test_agents_come_and_go_between_steps(world):
    class Growing(World):
        def handle_actions(self, agent, _actions):
            if agent.name == "a":
                self.add_agent(Walker(f"child {agent.acts}"))
            if agent.name == "b" and agent.acts == 2:
                self.remove_agent(agent)

    made = world("ab", Growing)
    made.run(3)
    table = made.history
    assert table["agent"][table["step"] == 1].tolist() == ["a", "b"]
    assert table["agent"][table["step"] == 2].tolist() == ["a", "b", "child 1"]
    assert table["agent"][table["step"] == 3].tolist() == ["a", "child 1", "child 2"]
    made.remove_agent("child 1")
    assert [agent.name for agent in made.agents] == ["a", "child 2", "child 3"]


def test_an_agent_added_by_another_acts_in_the_next_step(world):
    made = world("")
    made.add_agent(
        Walker("a", lambda a: made.add_agent(Awaiting(f"x{a.acts}", None, 1)))
    )
    made.run(2)
    assert made.history["agent"].tolist() == ["a", "a", "x1"]
    error = made.history["error"][2]
    assert error is None or "price" in str(error)  # it was awaited


def test_it_takes_the_options_of_a_run(world):
    fails = iter([ValueError("not yet"), None, None])

    def act(_):
        if error := next(fails):
            raise error

    made = world({"a": act}, retries=1, backoff=0, rate="1000/s", desc="Winter")
    run = made.run(2)
    assert run.df["attempts"].tolist() == [2, 1]
    assert repr(run) == "<Run Winter: done, 2 ok>"
    assert run.df["item"].map(repr).tolist() == ["a, step 1", "a, step 2"]
    with nbp.defaults(workers=3, backend="processes", block=False, journal="x.db"):
        assert made.run(0).options.workers == 3


def test_with_on_error_raise_the_first_failure_ends_the_run(world):
    made = world({"a": lambda _: 1 / 0}, on_error="raise")
    with pytest.raises(ZeroDivisionError):
        made.run(5)
    assert made.history["status"].tolist() == ["error"]


def test_a_run_of_a_world_is_not_retried(world):
    run = world({"a": lambda _: 1 / 0}).run(1)
    with pytest.raises(nbp.UsageError, match="cannot be retried"):
        run.retry()


def test_what_it_shows_is_bounded_and_those_that_fail_come_first(world):
    names = {f"agent {n}": lambda _: None for n in range(300)}
    names["agent 250"] = lambda _: 1 / 0
    names["agent 120"] = lambda _: nbp.sleep(0.05)
    run = world(names, max_workers=4, rows=5).run(2)
    bars, sheet = run.snapshot().exhibits
    assert [(bar.label, bar.done, bar.total) for bar in bars.bars] == [("steps", 2, 2)]
    assert sheet.columns[:5] == ("Agent", "Actions", "Errors", "Timeouts", "Time")
    assert [row[:4] for row in sheet.rows[:2]] == [
        ("agent 250", 0, 2, 0),
        ("agent 120", 2, 0, 0),
    ]
    assert (len(sheet.rows), sheet.more) == (5, 295)


def test_it_can_be_inside_a_task(world):
    made = world(dict.fromkeys("abc", lambda _: nbp.sleep(0.001)))
    run = nbp.pmap(lambda _: len(made.run(2)), [1], workers=2)
    assert run.results == [6]
