"""Cancel and interrupt among tasks that keep the interpreter busy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.engine.test_interrupts import PRELUDE, ROOT

#: Tasks that compute at the same time; with Python's usual turns each of them keeps
#: everybody else waiting for 5 ms.
HOGS = 64
GRACE = 1.0
#: Seconds in which control returns after the grace.
SOON = 0.25
#: Tries, of which one must be that quick: what other programs do is no fault of ours.
TRIES = 3

SCRIPT = f"""
ready, stop = threading.Barrier({HOGS} + 1), []

def hog(_):
    ready.wait()
    while not stop:
        pass

def strike():
    global struck
    while not is_waited_for():
        time.sleep(0.01)
    ready.wait()
    while sys.getswitchinterval() == usual:  # until the thread that waits has seen it
        time.sleep(0.01)
    struck = time.perf_counter()
    %s

import os
usual = sys.getswitchinterval()
threading.Thread(target=strike, daemon=True).start()
options = dict(workers={HOGS}, progress=False, grace={GRACE})
try:
    run = nbp.pmap(hog, range({HOGS} + 3), **options, block=%s)
    if not run.options.block:
        run.wait()
except KeyboardInterrupt:
    pass
took = time.perf_counter() - struck
assert sys.getswitchinterval() == usual
stop.append(1)
assert set(nbp.last.df["status"]) == {{"cancelled"}}
say(str(took))
"""


@pytest.mark.parametrize("block", [True, False])
@pytest.mark.parametrize(
    "how", ["os.kill(os.getpid(), signal.SIGINT)", "nbp.last.cancel()"]
)
def test_control_returns_soon_after_the_grace(how, block):
    took = []
    while len(took) < TRIES:
        took.append(seconds_until_back(how, block))
        if took[-1] < (GRACE + SOON) * overload():
            return

    raise AssertionError(took)


def seconds_until_back(how, block):
    """Return how long it took in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + SCRIPT % (how, block)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.stderr == ""
    return float(done.stdout)


def overload():
    """Return how much longer all takes because too many programs want to run."""
    return max(1, os.getloadavg()[0] / (2 * os.cpu_count()))
