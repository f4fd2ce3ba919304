"""Cancel and interrupt among tasks that keep the interpreter busy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.engine.test_interrupts import PRELUDE, ROOT

#: Tasks that compute at the same time; with Python's usual turns each of them keeps
#: everybody else waiting for 5 ms.
HOGS = 32
GRACE = 0.5
#: Seconds in which control returns after the grace: 0.25 on a machine that is idle.
#: With the usual turns it takes several seconds there.
SOON = 1.5

SCRIPT = f"""
import os
started, stop = [], []

def hog(_):
    started.append(1)
    while not stop:
        pass

def strike():
    global struck
    while len(started) < {HOGS}:
        time.sleep(0.01)
    struck = time.perf_counter()
    %s

threading.Thread(target=strike, daemon=True).start()
usual = sys.getswitchinterval()
options = dict(workers={HOGS}, progress=False, grace={GRACE})
try:
    nbp.pmap(hog, range({HOGS} + 3), **options, block=%s).wait()
except KeyboardInterrupt:
    pass
took = time.perf_counter() - struck
stop.append(1)
assert set(nbp.last.df["status"]) == {{"cancelled"}}
assert len(started) == {HOGS}
assert sys.getswitchinterval() == usual
say(str(took))
"""


@pytest.mark.parametrize("block", [True, False])
@pytest.mark.parametrize(
    "how", ["os.kill(os.getpid(), signal.SIGINT)", "nbp.last.cancel()"]
)
def test_control_returns_soon_after_the_grace(how, block):
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + SCRIPT % (how, block)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert done.stderr == ""
    busy = max(1, os.getloadavg()[0] / (2 * os.cpu_count()))  # the hogs count as well
    assert float(done.stdout) < GRACE + SOON * busy
