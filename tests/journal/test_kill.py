"""Runs whose process is killed at any instant lose nothing that they had reported."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import nbparallel as nbp
from tests.journal import tasks

#: How many processes are killed; `make soak` asks for more.
KILLS = int(os.environ.get("KILLS", "6"))
TASKS = 3000

#: Says of each row which it is as soon as the run tells that it is ok.
PROGRAM = """
import json, os, sys, threading
import nbparallel as nbp
from tests.journal.test_kill import TASKS, quick
backend, path, way = sys.argv[1:]

def tell(tasks):
    os.write(1, (json.dumps([int(task) for task in tasks]) + "\\n").encode())

run = nbp.pmap(quick, range(TASKS), journal=path, backend=backend, workers=4,
               progress=False, block=False)
if way == "iterate":
    for item, result, error in run:
        tell([item])
else:
    while not run.wait(0.002):
        table = run.df
        tell(table["item"][table["status"] == "ok"])
tell(range(TASKS))
"""


def quick(item):
    tasks.note(item)
    return [item, str(item)] if item % 3 else (item,)


@pytest.mark.parametrize("backend", ["threads", "processes"])
@pytest.mark.parametrize("way", ["iterate", "table"])
def test_random_kills(backend, way, path, tmp_path, monkeypatch):
    tasks.fresh(tmp_path / "calls", monkeypatch)
    undisturbed = [quick(item) for item in range(TASKS)]
    chance = random.Random()
    seed = chance.randrange(10**9)
    chance.seed(seed)
    reported, done = set(), False
    for _ in range(KILLS):
        before = len(tasks.noted())
        told, done = killed([backend, path, way], chance.expovariate(3))
        # None of what had been reported ran again
        assert not reported & set(tasks.noted()[before:]), seed
        reported |= told
        if done:
            break

    before = len(tasks.noted())
    last = nbp.pmap(quick, range(TASKS), journal=path, backend=backend)

    assert not reported & set(tasks.noted()[before:]), seed
    assert reported <= set(last.columns().restored), seed
    assert last.results == undisturbed
    assert nbp.read_journal(path)["result"].tolist() == undisturbed


def killed(arguments, seconds):
    """Kill a run after so long; return what it had reported, and whether it ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True
    )
    first = process.stdout.readline()  # the clock begins with the run
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    lines = [first, *process.stdout]
    timer.cancel()
    process.kill()
    done = process.wait() == 0
    process.stdout.close()
    found = set()
    for line in lines:
        if line.endswith("\n"):
            found.update(json.loads(line))
    return found, done


def test_what_a_killed_run_has_left_can_be_read_and_resumed(path):
    code = f"""
import os, signal, time, nbparallel as nbp
def some():
    yield from range(600)
    time.sleep(3600)  # it is killed before its end
run = nbp.pmap(abs, some(), journal={path!r}, progress=False, block=False)
for count, _ in enumerate(run):
    if count == 500:
        os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert Path(f"{path}-wal").exists()
    kept = len(nbp.read_journal(path))
    assert kept > 500
    run = nbp.pmap(abs, range(1000), journal=path)
    assert run.metrics.restored == kept
    assert run.results == list(range(1000))
    assert not Path(f"{path}-wal").exists()
