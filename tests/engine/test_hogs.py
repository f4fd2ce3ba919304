"""Cancel and interrupt among tasks that keep the interpreter busy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nbparallel.workers.bounds import has_one_lock
from tests.engine.test_interrupts import PRELUDE, ROOT
from tests.support.promptness import GRACE, assert_soon

WITH_GIL = has_one_lock()
#: Tasks that compute at the same time; with Python's usual turns each of them keeps
#: everybody else waiting for 5 ms. Without the interpreter lock it is the system that
#: gives turns, and 64 such threads on two processors starve everybody.
HOGS = 64 if WITH_GIL else 2 * (os.cpu_count() or 1)
SCRIPT = f"""
import os, pandas  # for the table: among tasks that go on it would take long
started = []

def hog(_):
    started.append(1)
    while True:
        pass

def strike():
    global struck
    while len(started) < {HOGS} or not is_waited_for():
        time.sleep(0.01)
    last = nbp.last
    time.sleep(0.01)  # what comes now is done within one turn
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
assert set(nbp.last.df["status"]) == {{"cancelled"}}
assert len(started) == {HOGS}
if {WITH_GIL}:  # else nobody can end them
    while any(each.name.startswith("nbparallel-") for each in threading.enumerate()):
        time.sleep(0.001)
    assert nbp.last.snapshot().abandoned == 0
assert sys.getswitchinterval() == usual
say(str(took))
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("block", [True, False])
@pytest.mark.parametrize(
    "how", ["os.kill(os.getpid(), signal.SIGINT)", "last.cancel()"]
)
def test_control_returns_soon_after_the_grace_and_the_hogs_end(how, block):
    script = PRELUDE + SCRIPT % (how, block)

    def stop():
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
        assert done.stderr == ""
        return float(done.stdout)

    assert_soon(stop, wanted=2)
