"""A world in real kernels: its panel, its Cancel, and what is left in the cell."""

import re

import pytest

from tests.kernel.test_magic import cancel_button

pytestmark = pytest.mark.kernel

SETUP = """
import nbparallel as nbp

class Agent:
    def __init__(self, name):
        self.name, self.acts = name, 0

    def act(self):
        self.acts += 1
        if self.acts == 3:
            nbp.sleep(60)
        return self.acts

world = nbp.World("Village", max_workers=4)
for name in ("Ann", "Bob"):
    world.add_agent(Agent(name))
"""
STATUSES = "world.history['status'].tolist()"


@pytest.fixture
def village(kernel):
    assert kernel.run(SETUP).status == "ok"
    return kernel


def wait_for_two_steps(kernel):
    kernel.wait_for(
        lambda said: (
            said["msg_type"] == "comm_msg"
            and re.search(r"\b2 of 9\b", str(said["content"]))
        )
    )


def test_a_click_on_cancel_ends_the_step_that_goes_on(village):
    cell = village.execute("run = world.run(9)")
    button = cancel_button(village, cell)
    wait_for_two_steps(village)
    village.click(button)

    assert village.outcome(cell).status == "ok"
    # Who sleeps by nbp.sleep wakes, and has acted.
    assert village.evaluate(STATUSES) == ["ok"] * 6
    assert village.evaluate("str(run)") == "<Run Village: cancelled, 6 ok>"
    assert village.run("world.run(2)").status == "ok"
    assert village.evaluate("len(world.steps)") == 5


def test_an_interrupt_stops_run_all_and_the_world_goes_on(village):
    cell = village.execute("world.run(9)")
    cancel_button(village, cell)
    wait_for_two_steps(village)
    village.interrupt()

    assert village.outcome(cell).error == "KeyboardInterrupt"
    assert village.evaluate("len(world.steps)") == 3
    assert village.run("world.run(2)").status == "ok"
    assert village.evaluate("len(world.steps)") == 5


def test_the_cell_tells_the_end_once(village):
    shown = village.run("nbp.World('Empty').run(2)\nworld.run(2)").outputs
    kinds = ("display_data", "execute_result", "update_display_data")
    told = [message for message in shown if message["msg_type"] in kinds]
    assert [message["msg_type"] for message in told].count("display_data") == 2
    assert "execute_result" not in [message["msg_type"] for message in told]
    last = told[-1]["content"]["data"]
    assert set(last) == {"text/html", "text/plain"}
    assert "Village" in last["text/plain"]
    assert re.search(r"steps +\[#+\] 2 of 2", last["text/plain"])
    assert re.search(r"Bob +2 +0 +0 ", last["text/plain"])
    assert "run.retry()" not in last["text/plain"]
