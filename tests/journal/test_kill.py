"""Runs whose process is killed at any instant lose nothing that they had reported."""

from __future__ import annotations

import json
import logging
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import nbparallel as nbp
from tests.journal import tasks
from tests.support.soaking import often

_log = logging.getLogger(__name__)

#: How many processes are killed.
KILLS = often(2, 100)
TASKS = 2000

#: Says of each row which it is as soon as the run tells that it is ok.
PROGRAM = """
import json, os, sys
import nbparallel as nbp
from tests.journal.test_kill import TASKS, quick
backend, path, way = sys.argv[1:]
told = set()

def tell(items):
    new = [int(item) for item in items if item not in told]
    told.update(new)
    os.write(1, (json.dumps(new) + "\\n").encode())

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
    time.sleep(0.001)  # so that most runs are killed before their end
    return [item, str(item)] if item % 3 else (item,)


# Among others a run may end before it is killed, and another journal begins.
@pytest.mark.soak
@pytest.mark.timeout(120 + 20 * KILLS)
@pytest.mark.parametrize("backend", ["threads", "processes"])
@pytest.mark.parametrize("way", ["iterate", "table"])
def test_random_kills(backend, way, tmp_path, monkeypatch):
    chance = random.Random()
    seed = chance.randrange(10**9)
    _log.warning("seed %d", seed)  # pytest shows it where the test fails
    chance.seed(seed)
    kills = runs = 0
    while kills < KILLS:
        runs += 1
        tasks.fresh(tmp_path / f"calls-{runs}", monkeypatch)
        path = str(tmp_path / f"{runs}.nbp")
        kills += kill_until_it_ends(backend, path, way, chance, KILLS - kills)


def kill_until_it_ends(backend, path, way, chance, most):
    """Kill one run over and over, then resume it; return how often it was killed."""
    kills, reported, ended = 0, set(), False
    while kills < most and not ended:
        before = len(tasks.noted())
        told, ended = killed([backend, path, way], chance.expovariate(3))
        kills += not ended
        # None of what had been reported ran again
        assert not reported & set(tasks.noted()[before:])
        reported |= told

    before = len(tasks.noted())
    last = nbp.pmap(quick, range(TASKS), journal=path, backend=backend)

    assert not reported & set(tasks.noted()[before:])
    assert reported <= set(last.columns().restored)
    undisturbed = [[item, str(item)] if item % 3 else (item,) for item in range(TASKS)]
    for table in (last.df, nbp.read_journal(path)):
        assert table["item"].tolist() == list(range(TASKS))
        assert set(table["status"]) == {"ok"}
        assert set(table["attempts"]) == {1}
        assert table["result"].tolist() == undisturbed
    return kills


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
    ended = process.wait() == 0
    process.stdout.close()
    found = set()
    for line in lines:
        if line.endswith("\n"):
            found.update(json.loads(line))
    return found, ended


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
