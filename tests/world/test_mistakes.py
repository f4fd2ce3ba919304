"""What cannot be meant is refused before anything runs, with what to write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import nbparallel as nbp
from tests.world.conftest import Walker


def agent(**parts):
    return type("Agent", (), parts)()


def yields(self):
    yield self


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (agent(name="a"), r"it has no act\. Write def act\(self\): \.\.\."),
        (agent(act=print), r'it has no name\. Write self\.name = "Ann"'),
        (3, "int 3 is no agent"),
        (agent(name=3, act=print), "the name of an agent must be a string, not int 3"),
        (agent(name="a", act=3), "agent 'a': act must be a method, not int 3"),
        (agent(name=property(lambda _: 1 / 0)), "name of .* ZeroDivisionError"),
        (
            agent(name="a", act=lambda _, when: when),
            r"agent 'a': act\(when\) cannot be called without arguments: missing",
        ),
        (agent(name="a", act=yields), r"agent 'a': act has a yield.*return \[\.\.\.\]"),
        (
            Walker,
            r"is a class, not an agent. Write world.add_agent\(Walker\(\.\.\.\)\)",
        ),
    ],
)
def test_what_is_no_agent(world, given, said):
    made = world("x")
    with pytest.raises(nbp.BadType, match=said):
        made.add_agent(given)
    assert len(made.agents) == 1


def test_two_agents_of_one_name_and_one_agent_twice(world, walker):
    ann = walker("Ann")
    made = world("").add_agent(ann)
    with pytest.raises(nbp.BadValue, match="there is an agent 'Ann' in 'Village'"):
        made.add_agent(walker("Ann"))
    ann.name = "Anna"
    with pytest.raises(nbp.BadValue, match="is there already, as 'Ann'"):
        made.add_agent(ann)


def test_an_agent_to_be_removed_that_is_not_there(world, walker):
    made = world(["Annabel"])
    with pytest.raises(nbp.BadValue, match=r"no agent 'Anabel'.* mean 'Annabel'\?"):
        made.remove_agent("Anabel")
    with pytest.raises(nbp.BadValue, match="no agent <"):
        made.remove_agent(walker("Annabel"))


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("3", "steps='3': must be a whole number, as in steps=8"),
        (2.5, "steps=2.5: must be a whole number"),
        (True, "steps=True: must be a whole number"),
        (None, "steps=None: must be a whole number"),
        (-1, "steps=-1: must be a whole number of at least 0"),
    ],
)
def test_steps_that_are_no_number(world, steps, said):
    made = world("a")
    with pytest.raises(nbp.UsageError, match=said):
        made.run(steps)
    assert made.agents[0].acts == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_workers": 0}, "max_workers=0: must be a whole number of at least 1"),
        ({"max_workers": "8"}, "max_workers='8': must be a whole number"),
        ({"max_workers": 2, "workers": 3}, "two words for one thing"),
        ({"max_worker": 2}, r"'max_worker'\. Did you mean 'max_workers'\?"),
        ({"num_threads": 2}, "'num_threads': it is called workers here"),
        ({"parallel_execution_timeout": 0}, "must be more than 0 seconds, or None"),
        ({"parallel_execution_timeout": "1"}, "must be a number of seconds"),
        ({"parallel_execution_timeout": True}, "must be a number of seconds"),
        ({"collect_parallel_metrics": 1}, "must be True or False"),
        ({"parallel_agent_actions": None}, "must be True or False"),
        ({"backend": "processes"}, "backend='processes': agents change as they act"),
        ({"backend": "inline"}, "Write backend='threads' or 'asyncio'"),
        ({"backend": ThreadPoolExecutor(1)}, "or leave it out"),
        ({"backend": "thread"}, "Did you mean 'threads'?"),
        ({"block": False}, "block=False: the steps of a world are made one after"),
        ({"journal": "x.db"}, "Save them in handle_actions"),
        ({"timeout": -1}, "timeout=-1: must be a number of seconds"),
        ({"rate": "often"}, "rate"),
    ],
)
def test_settings_that_cannot_be_used(given, said):
    with pytest.raises(nbp.UsageError, match=said):
        nbp.World("Village", **given)


def test_other_mistakes(world, walker):
    with pytest.raises(nbp.BadType, match="must be a string, as in World"):
        nbp.World([walker("a")])
    with pytest.raises(nbp.BadType, match="parallelize='no': must be True or False"):
        world("a").step("no")

    class Awaiting(nbp.World):
        async def handle_actions(self, agent, actions): ...

    class Yielding(nbp.World):
        def handle_actions(self, *_):
            yield

    class Short(nbp.World):
        def handle_actions(self, agent): ...

    for kind, said in (
        (Awaiting, "must not be a coroutine"),
        (Yielding, "has a yield"),
        (Short, r"too many .*Write def handle_actions\(self, agent, actions\)"),
    ):
        made = world("a", kind)
        with pytest.raises(nbp.BadType, match=f"handle_actions .*{said}"):
            made.step()
        assert made.agents[0].acts == 0
