"""Cancel and interrupt among 64 tasks that compute in Python, in real kernels."""

import math
import time

import pytest

from tests.kernel.test_magic import cancel_button
from tests.support.promptness import assert_soon

# How the message gets to the run is tested on all kernels without hogs.
pytestmark = [pytest.mark.kernel, pytest.mark.timeout(600)]

HOGS = """
import threading, time
import nbparallel as nbp
started = []

def hog(_):
    started.append(1)
    while True:
        pass

def tell():
    while len(started) < 64:
        time.sleep(0.05)
    time.sleep(0.5)  # the panel has been drawn among them
    print("all there")

threading.Thread(target=tell, daemon=True).start()
run = nbp.pmap(hog, range(67), workers=64)
"""
#: The tasks have ended, not only their rows.
ENDED = """
for thread in threading.enumerate():
    if thread.name[:11] == "nbparallel-" and thread.name[11:].isdigit():
        thread.join(10)
        assert not thread.is_alive()
"""


@pytest.mark.parametrize("way", ["interrupt", "click"])
def test_control_returns_soon_and_the_hogs_end(kernel, way):
    def stop():
        kernel.said.clear()
        cell = kernel.execute(HOGS)
        button = cancel_button(kernel, cell)
        kernel.wait_for(
            lambda said: "all there" in str(said["content"].get("text")), 60
        )
        struck = time.perf_counter()
        if way == "interrupt":
            kernel.interrupt()
        else:
            kernel.click(button)
        kernel.reply(cell)
        took = time.perf_counter() - struck

        outcome = kernel.outcome(cell)
        assert outcome.error == ("KeyboardInterrupt" if way == "interrupt" else None)
        assert kernel.evaluate("set(nbp.last.df['status'])") == {"cancelled"}
        assert kernel.run(ENDED, timeout=60).status == "ok"
        assert kernel.evaluate("nbp.last.snapshot().abandoned") == 0
        final = [
            said for said in kernel.said if said["msg_type"] == "update_display_data"
        ]
        return math.inf if "did not stop" in str(final[-1]) else took

    assert_soon(stop, wanted=2)
