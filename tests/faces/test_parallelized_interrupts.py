"""Ctrl-C in a loop over calls, sent as a real signal to a script."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Seconds in which an interrupted script must be gone, Python's own exit included.
SOON = 1

SCRIPT = """
import signal, sys, threading, time
import nbparallel as nbp
from nbparallel.edge import signals

# Whoever starts the tests in the background has it ignored, here as well.
signal.signal(signal.SIGINT, signal.default_int_handler)

def say(text):
    sys.__stdout__.write(text + "\\n")
    sys.__stdout__.flush()

def work(number):
    while {waits} and not signals.is_waiting():
        time.sleep(0.001)
    say("ready")
    time.sleep(5)

calls = [dict(number=number) for number in range(20)]
ends = []
try:
    with nbp.Parallelized(work, calls, num_threads=1, backend={backend!r}) as par:
        {body}
except KeyboardInterrupt:
    errors = [type(error).__name__ for _, _, error in ends]
    say(" ".join([*map(str, {{*errors}}), str(len(errors))]))
    say(repr(nbp.last))
    raise
say("not interrupted")
"""
LOOP = "ends.extend(par)"
#: The interrupt strikes the body of the loop, not its wait.
BODY = "time.sleep(60)"


@pytest.mark.parametrize("backend", ["threads", "processes"])
@pytest.mark.parametrize(
    ("body", "said"),
    [(LOOP, "KeyboardInterrupt 20"), (BODY, "0")],
    ids=["loop", "body"],
)
def test_pending_calls_are_cancelled_and_the_script_is_gone(body, said, backend):
    waits = body is LOOP and backend == "threads"
    code = SCRIPT.format(body=body, backend=backend, waits=waits)
    script = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert script.stdout.readline() == "ready\n", script.stderr.read()
        begun = time.perf_counter()
        script.send_signal(signal.SIGINT)
        script.wait(30)
        lasted = time.perf_counter() - begun
    finally:
        script.kill()
        out, err = script.communicate()
    assert out == f"{said}\n<Run work: cancelled, 20 cancelled>\n", err
    assert err.splitlines()[-1].startswith("KeyboardInterrupt"), err
    assert script.returncode in (-signal.SIGINT, 1, 130)
    assert lasted < SOON * max(1, os.getloadavg()[0] / (2 * (os.cpu_count() or 1)))


STUBBORN = """
import signal, sys, threading
import nbparallel as nbp

signal.signal(signal.SIGINT, signal.default_int_handler)

def say(text):
    sys.__stdout__.write(text + "\\n")
    sys.__stdout__.flush()

def hang(number):
    say("ready")
    threading.Event().wait()

calls = [dict(number=number) for number in range(3)]
with nbp.Parallelized(hang, calls, num_threads=1, grace=60) as par:
    for kwargs, result, error in par:
        say(type(error).__name__)
"""


def test_a_second_interrupt_has_no_patience_with_what_goes_on():
    script = subprocess.Popen(
        [sys.executable, "-c", STUBBORN],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert script.stdout.readline() == "ready\n"
        script.send_signal(signal.SIGINT)
        heard = [script.stdout.readline(), script.stdout.readline()]
        assert heard == ["KeyboardInterrupt\n"] * 2  # those that were pending
        script.send_signal(signal.SIGINT)
        script.wait(30)  # far less than the grace
    finally:
        script.kill()
        _, err = script.communicate()
    assert err.splitlines()[-1].startswith("KeyboardInterrupt"), err
