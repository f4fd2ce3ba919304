"""Ctrl-C, sent as a real signal to a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import nbparallel as nbp
from nbparallel.engine import run, waiting
from nbparallel.kinds import KINDS
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State
from tests.engine import pools
from tests.engine.fakes import FAKES
from tests.support.soaking import often

ROOT = Path(__file__).parents[2]
#: Interrupts per backend; they come at random instants, most of them during the run.
ROUNDS = often(40, 300)
#: Seconds in which an interrupted script must be gone, Python's own exit included.
SOON = 5

PRELUDE = """
import asyncio, itertools, signal, sys, threading, time
import nbparallel as nbp
from nbparallel.edge import signals

# Whoever starts the tests in the background has it ignored, here as well.
signal.signal(signal.SIGINT, signal.default_int_handler)

def say(text="ready"):
    sys.__stdout__.write(text + "\\n")
    sys.__stdout__.flush()

def spin(*_):
    say()
    while True:
        pass

looping = threading.Event()  # the main thread is in a loop of asyncio's

def is_waited_for():
    return signals.is_waiting() or looping.is_set()

def hang(*_):
    while not is_waited_for():
        time.sleep(0.001)
    say()
    threading.Event().wait()

async def forever(*_):
    while not is_waited_for():
        await asyncio.sleep(0.001)
    say()
    await asyncio.Event().wait()

def doze(*_):
    say()
    nbp.sleep(3600)

def chatter(*_):
    say()
    while True:
        print("x" * 100)

def stuck():
    yield 1
    say()
    while True:
        time.sleep(0.01)

options = dict(progress=False, grace=0.1)
"""

#: What is interrupted. All of it would go on for ever.
HUNG = {
    "threads": "nbp.pmap(hang, range(3), **options)",
    "threads-input": "nbp.pmap(str, stuck(), **options)",
    "threads-nested": """
def outer(_):
    nbp.pmap(hang, [1], **options)
nbp.pmap(outer, range(3), **options)""",
    "threads-later": "run = nbp.pmap(hang, [1], block=False, **options); run.wait()",
    "threads-results": "nbp.pmap(hang, [1], block=False, **options).results",
    "threads-read": "list(nbp.pmap(hang, [1], block=False, **options))",
    "threads-loop": """
with nbp.Parallelized(hang, [{}] * 3, **options) as par:
    ends = [error for _, _, error in par]""",
    "threads-loop-lazy": """
with nbp.Parallelized(str, ({} for _ in stuck()), **options) as par:
    ends = list(par)""",
    "threads-retry": """
fail = [1]
run = nbp.pmap(lambda _: 1 / 0 if fail else hang(), [1], **options)
fail.clear()
run.retry()""",
    "threads-paused": """
run = nbp.pmap(str, itertools.count(), block=False, **options)
run.pause()
threading.Thread(target=hang, daemon=True).start()
run.wait()""",
    "threads-endless": """
def task(number):
    if number == 99:
        say()
nbp.pmap(task, itertools.count(), **options)""",
    "threads-await": """
async def cell():
    looping.set()
    await nbp.pmap(hang, [1], block=False, **options)
asyncio.run(cell())""",
    "asyncio": "nbp.pmap(forever, range(3), **options)",
    "asyncio-blocked": """
async def block(_):
    hang()
nbp.pmap(block, range(3), **options)""",
    "asyncio-stubborn": """
async def stubborn(item):
    while True:
        try:
            await forever(item)
        except asyncio.CancelledError:
            pass
nbp.pmap(stubborn, range(3), **options)""",
    "asyncio-plain": "nbp.pmap(hang, range(3), backend='asyncio', **options)",
    "asyncio-input": "nbp.pmap(forever, stuck(), **options)",
    "asyncio-read": "list(nbp.pmap(forever, [1], block=False, **options))",
    "asyncio-nested": """
async def outer(_):
    await nbp.pmap(forever, [1], block=False, **options)
nbp.pmap(outer, range(3), **options)""",
    "asyncio-await": """
async def cell():
    looping.set()
    await nbp.pmap(forever, [1], block=False, **options)
asyncio.run(cell())""",
    "processes": "nbp.pmap(spin, range(3), backend='processes', **options)",
    "processes-input": "nbp.pmap(str, stuck(), backend='processes', **options)",
    "processes-nested": """
def outer(_):
    nbp.pmap(spin, [1], **options)
nbp.pmap(outer, range(3), backend='processes', **options)""",
    "inline": "nbp.pmap(spin, range(3), backend='inline', **options)",
    "inline-loop": """
def turn():
    spin()
with nbp.Parallelized(turn, [{}] * 3, backend='inline', **options) as par:
    ends = list(par)""",
    "inline-unpacked": "nbp.pmap(spin, [1, 2], [3, 4], backend='inline', **options)",
    "inline-sleep": "nbp.pmap(doze, range(3), backend='inline', **options)",
    "inline-input": "nbp.pmap(str, stuck(), backend='inline', **options)",
    "inline-prints": "nbp.pmap(chatter, [1], backend='inline', **options)",
    "inline-nested": """
def outer(_):
    nbp.pmap(spin, [1], backend='inline', **options)
nbp.pmap(outer, range(3), backend='inline', **options)""",
    "inline-nested-threads": """
def outer(_):
    nbp.pmap(hang, [1], **options)
nbp.pmap(outer, range(3), backend='inline', **options)""",
    "inline-async": """
nbp.pmap(forever, range(3), backend='inline', **options)""",
}

#: Without the variable by which Python would write all that is printed at once.
BUFFERED = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}

END = """
except KeyboardInterrupt:
    assert nbp.last.wait(2), nbp.last
    assert not nbp.last.nested
    assert nbp.pmap(str, [1, 2], **options).results == ["1", "2"]
    say("\\ninterrupted")
"""


def script(body):
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return f"{PRELUDE}\ntry:\n{lines}\n{END}"


@pytest.mark.parametrize("name", HUNG)
def test_what_hangs_ends_with_one_interrupt_and_the_next_run_works(name):
    # Given a script that would go on for ever
    with subprocess.Popen(
        [sys.executable, "-c", script(HUNG[name])],
        cwd=ROOT,
        env=BUFFERED,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            while (line := process.stdout.readline()) and line != "ready\n":
                pass

            # When it is interrupted, once
            process.send_signal(signal.SIGINT)

            # Then it goes on after the run, and is gone soon
            out, err = process.communicate(timeout=SOON)
        except BaseException:
            process.kill()
            raise
    assert (out.splitlines()[-1:], err) == (["interrupted"], "")
    assert process.returncode == 0


def test_an_interrupt_just_before_an_inline_task_keeps_it_from_starting(monkeypatch):
    carry_out, started = waiting.carry_out, []

    def interrupted(claim, call):
        monkeypatch.undo()
        signal.raise_signal(signal.SIGINT)
        carry_out(claim, call)

    monkeypatch.setattr(waiting, "carry_out", interrupted)
    with pytest.raises(KeyboardInterrupt):
        nbp.pmap(started.append, range(3), backend="inline")

    assert started == []
    assert nbp.last.df["status"].tolist() == ["cancelled"] * 3


def test_an_interrupt_just_before_a_loop_waits_ends_the_run(monkeypatch):
    def strike(_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    gate = Gate()
    handle = nbp.pmap(gate, range(3), workers=1, grace=0, block=False)
    gate.wait_for(0)
    monkeypatch.setattr(run, "refuse_to_wait_for", strike)
    with pytest.raises(KeyboardInterrupt):
        next(iter(handle))

    assert handle.wait(DEADLINE)
    assert handle.state is State.CANCELLED
    gate.open()


def test_an_interrupt_of_quick_inline_tasks_keeps_the_next_one_from_starting():
    started = []

    def task(number):
        started.append(number)
        if number == 3000:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        nbp.pmap(task, range(6000), backend="inline")

    assert started == list(range(3001))


@pytest.mark.parametrize("kind", ["interrupt", "alarm"])
@pytest.mark.parametrize("backend", [*KINDS, *FAKES, *pools.POOLS])
@pytest.mark.soak
@pytest.mark.timeout(120)
def test_signals_at_random_instants(backend, kind):
    rounds = often(10, 50) if backend in FAKES else ROUNDS
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-m",
            "tests.engine.storm",
            backend,
            kind,
            f"{rounds}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    assert int(done.stdout) > rounds / 4


def what_is_said(body):
    """Return what a script of its own says, and its errors."""
    done = subprocess.run(
        [sys.executable, "-c", "import nbparallel.testing" + PRELUDE + body],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout, done.stderr


SIGNALS = """
import os
called = []

class Mine(Exception):
    pass

def call(*_):
    called.append(1)

def fail(*_):
    raise Mine

def strike():
    while not is_waited_for():
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.2)  # whatever it does, it has done it
    gate.open()

gate = nbp.testing.Gate()
signal.signal(signal.SIGINT, {handler})
threading.Thread(target=strike, daemon=True).start()
try:
    nbp.pmap(gate, range(4), backend={backend!r}, workers=2, grace=0, progress=False)
except Mine:
    called.append("raised")
say(nbp.last.state.value + " " + repr(called))
"""


@pytest.mark.parametrize("backend", ["threads", "asyncio"])
@pytest.mark.parametrize(
    ("handler", "said"),
    [
        ("signal.SIG_IGN", "done []"),
        ("call", "done [1]"),
        ("fail", "cancelled ['raised']"),
    ],
)
def test_the_users_word_on_interrupts_counts(handler, said, backend):
    body = SIGNALS.format(handler=handler, backend=backend)

    assert what_is_said(body) == (said + "\n", "")


ALARM = """
class Alarm(BaseException):
    pass

def fail(*_):
    raise Alarm

def strike():
    # Its start waits, too: for its workers.
    while not (is_waited_for() and "run" in globals()):
        time.sleep(0.001)
    signal.raise_signal(signal.SIGALRM)

async def cell():
    looping.set()
    await run

gate = nbp.testing.Gate()
signal.signal(signal.SIGALRM, fail)
streams = sys.stdout, sys.stderr
threading.Thread(target=strike, daemon=True).start()
try:
    run = nbp.pmap(gate, range(4), workers=2, block=False, **options)
    {wait}
except Alarm:
    assert run.wait(2), run
    assert (sys.stdout, sys.stderr) == streams
    say(run.state.value)
"""


@pytest.mark.parametrize(
    "wait", ["run.wait()", "run.results", "list(run)", "asyncio.run(cell())"]
)
def test_whatever_ends_a_wait_cancels_the_run(wait):
    assert what_is_said(ALARM.format(wait=wait)) == ("cancelled\n", "")
