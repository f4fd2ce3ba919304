"""One writer at a time, whatever is done with the file meanwhile."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import nbparallel as nbp
from nbparallel.journal.file import JournalFile
from nbparallel.journal.lock import SUFFIX

OTHER = """
import sys
import nbparallel as nbp, nbparallel.engine.journaling
from tests.journal.test_lock import task
print("ready", flush=True)
sys.stdin.readline()
try:
    if sys.argv[2] == "read":
        nbp.read_journal(sys.argv[1])
    else:
        nbp.pmap(task, range(20), journal=sys.argv[1], progress=False)
    print("done")
except nbp.BadValue as error:
    print(error)
"""


def task(item):
    return item


def other(path, way="run"):
    """Start a process that uses the journal as soon as it is told to."""
    found = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(path), way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert found.stdout.readline() == "ready\n"
    return found


def said(process):
    """Return what that process says in the end."""
    return process.communicate("\n")[0]


def looked_at(path, folder):
    """Do what lets a process lose its POSIX locks of the file at *path*."""
    shutil.copy(path, folder / "copy.db")
    os.link(path, folder / "linked.db")
    with pytest.raises(nbp.BadValue, match="in use"):
        nbp.read_journal(folder / "linked.db")


@pytest.mark.parametrize("way", ["run", "read"])
def test_a_journal_that_is_copied_meanwhile_stays_locked(path, tmp_path, gate, go, way):
    run = go(gate, range(3), journal=path)
    gate.wait_for_count(1)
    looked_at(path, tmp_path)

    assert "is in use by another run" in said(other(path, way))

    gate.open()
    assert run.wait()
    assert len(nbp.read_journal(path)) == 3
    assert not Path(path + SUFFIX).exists()


def test_of_those_who_start_at_once_one_wins(path):
    several = [other(path) for _ in range(3)]
    for process in several:
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate()[0] for process in several]

    assert told.count("done\n") >= 1
    for each in told:
        assert each == "done\n" or "is in use by another run" in each
    assert nbp.read_journal(path)["result"].tolist() == list(range(20))


def test_a_lock_that_a_killed_process_has_left_holds_nobody_up(path):
    Path(path + SUFFIX).touch()
    assert nbp.pmap(task, [1], journal=path).results == [1]
    assert not Path(path + SUFFIX).exists()


def test_a_forked_child_has_no_part_in_the_lock(path):
    file = JournalFile(path, writes=True)
    child = os.fork()
    if not child:
        file._guard.release()
        os._exit(0)
    os.waitpid(child, 0)
    try:
        assert "is in use by another run" in said(other(path))
    finally:
        file.close()


def test_who_reads_leaves_nothing_behind_and_keeps_writers_out(path, tmp_path):
    nbp.pmap(task, [1], journal=path)
    before = sorted(tmp_path.iterdir())
    with JournalFile(path, writes=False):
        nbp.read_journal(path)  # others may read it, too
        assert "is in use" in said(other(path))
    assert sorted(tmp_path.iterdir()) == before


def test_a_start_that_fails_leaves_nothing_behind(path, tmp_path, monkeypatch):
    def full(*_):
        message = "database or disk is full"
        raise sqlite3.OperationalError(message)

    monkeypatch.setattr("nbparallel.journal.header.Header._set", full)
    with pytest.raises(nbp.BadValue, match="the disk is full"):
        nbp.pmap(task, [1], journal=path)
    assert not list(tmp_path.iterdir())
