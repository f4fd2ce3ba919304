"""Cancel and interrupt among tasks that keep the interpreter busy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nbparallel.workers.bounds import has_one_lock
from tests.engine.test_interrupts import PRELUDE, ROOT

WITH_GIL = has_one_lock()
#: Tasks that compute at the same time; with Python's usual turns each of them keeps
#: everybody else waiting for 5 ms. Without the interpreter lock it is the system that
#: gives turns, and 64 such threads on two processors starve everybody.
HOGS = 64 if WITH_GIL else 2 * (os.cpu_count() or 1)
#: Seconds; control is promised 0.25 after the grace.
GRACE, SOON = 1.0, 0.25
#: The processors that the tasks keep busy. Where the machine does something else as
#: well, they get a share of those, and seconds count by that share.
BUSY = 1 if WITH_GIL else os.cpu_count() or 1
#: How often such a machine may be late all the same.
TRIES = 20

SCRIPT = f"""
import os, pandas  # for the table: among tasks that go on it would take long
started = []

def hog(_):
    started.append(1)
    while True:
        pass

def strike():
    global struck, spent
    while len(started) < {HOGS} or not is_waited_for():
        time.sleep(0.01)
    last = nbp.last
    time.sleep(0.01)  # what comes now is done within one turn
    struck, spent = time.perf_counter(), time.process_time()
    %s

threading.Thread(target=strike, daemon=True).start()
usual = sys.getswitchinterval()
options = dict(workers={HOGS}, progress=False, grace={GRACE})
try:
    nbp.pmap(hog, range({HOGS} + 3), **options, block=%s).wait()
except KeyboardInterrupt:
    pass
took = time.perf_counter() - struck
share = (time.process_time() - spent) / took / {BUSY}
assert set(nbp.last.df["status"]) == {{"cancelled"}}
assert len(started) == {HOGS}
if {WITH_GIL}:  # else nobody can end them
    while any(each.name.startswith("nbparallel-") for each in threading.enumerate()):
        time.sleep(0.001)
    assert nbp.last.snapshot().abandoned == 0
assert sys.getswitchinterval() == usual
say(f"{{took}} {{share}}")
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("block", [True, False])
@pytest.mark.parametrize(
    "how", ["os.kill(os.getpid(), signal.SIGINT)", "last.cancel()"]
)
def test_control_returns_soon_after_the_grace_and_the_hogs_end(how, block):
    script = PRELUDE + SCRIPT % (how, block)
    late = []
    for _ in range(TRIES):
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
        assert done.stderr == ""
        took, share = map(float, done.stdout.split())
        late.append((took - GRACE, share))
        if (took - GRACE) * min(1, share) < SOON:
            return
    raise AssertionError(late)
