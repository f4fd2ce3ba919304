"""Ctrl-C in the middle of a run of steps."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

import nbparallel as nbp
from nbparallel.types import State

#: Seconds in which a script must be gone, Python's own exit included.
SOON = 5
#: What goes on when the interrupt comes.
WHERE = {
    "an act": "threading.Event().wait()",
    "an act that computes": "\n            while True: pass",
    "handle_actions": "pass",
}
SCRIPT = """
import json, signal, sys, threading, time
import nbparallel as nbp
from nbparallel.edge.signals import is_waiting

signal.signal(signal.SIGINT, signal.default_int_handler)
hangs = True
others = threading.Semaphore(0)  # those that have acted

def say():
    sys.__stdout__.write("ready\\n")
    sys.__stdout__.flush()

class Village(nbp.World):
    def handle_actions(self, agent, actions):
        if hangs:
            say()
            while True:
                time.sleep(0.01)

class Agent:
    def __init__(self, name):
        self.name = name

    def act(self):
        if hangs and self.name == "b" and {in_act}:
            others.acquire()
            others.acquire()
            while not is_waiting():
                time.sleep(0.001)
            say()
            {body}
        others.release()
        return self.name

world = Village("Village", progress=False, grace=0.2, max_workers=3)
for name in "abc":
    world.add_agent(Agent(name))
try:
    world.run(1000)
except KeyboardInterrupt:
    stopped = time.time()
else:
    sys.exit("it was not interrupted")
hangs = False
run = world.run(2)
statuses = world.history["status"].tolist()
print(json.dumps([stopped, str(run), statuses]), flush=True)
"""


@pytest.mark.parametrize("where", WHERE)
def test_control_is_back_at_once_and_the_world_goes_on(where):
    script = SCRIPT.format(body=WHERE[where], in_act=where.startswith("an act"))
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            sent = time.time()
            process.send_signal(signal.SIGINT)
            told = json.loads(process.stdout.readline())
            assert process.wait(SOON) == 0
        finally:
            process.kill()
    stopped, run, statuses = told
    assert stopped - sent < 0.2 + 0.25 + 1  # other tests have the processor, too
    first, second, third = statuses[:3], statuses[3:6], statuses[6:]
    assert first == (
        ["ok"] * 3 if where == "handle_actions" else ["ok", "cancelled", "ok"]
    )
    # One that computes has been ended; one that waits in C has not come back.
    acts_again = "left out" if where == "an act" else "ok"
    assert second == third == ["ok", acts_again, "ok"]
    assert "done" in run


def test_whenever_it_comes_nothing_is_lost(world):
    luck, main = random.Random(0), threading.main_thread().ident
    made = world(dict.fromkeys("abcde", lambda _: nbp.sleep(luck.random() / 1000)))

    def interrupt(seconds):
        threading.Event().wait(seconds)
        signal.pthread_kill(main, signal.SIGINT)

    for _ in range(50):
        before, last = len(made.steps), nbp.last
        helper = threading.Thread(target=interrupt, args=(luck.random() / 30,))
        with pytest.raises(KeyboardInterrupt):
            _run_for_ever(made, helper)
        helper.join()
        table = made.history[made.history["step"] > before]
        assert (table.groupby("step").size() == 5).all()
        assert set(table["status"]) <= {"ok", "cancelled"}
        run = nbp.last
        if run is last:  # it came before the run had been started
            assert table.empty
            continue
        assert run.wait(SOON)
        assert run.state is State.CANCELLED
        assert set(run.df["status"]) <= {"ok", "cancelled"}
        assert (table["status"] == "ok").sum() == (run.df["status"] == "ok").sum()
    assert made.run(1).state is State.DONE


def _run_for_ever(made, helper):
    helper.start()
    made.run(1_000_000)


if os.name == "nt":  # no such signals
    pytestmark = pytest.mark.skip("no signals")
