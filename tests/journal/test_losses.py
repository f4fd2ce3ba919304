"""A disk that is full, a file that is taken away: nothing that has ended is lost."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

import nbparallel as nbp
from nbparallel.journal.file import JournalFile
from nbparallel.journal.writer import Writer
from tests.engine.conftest import wait_for
from tests.journal import tasks


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    tasks.fresh(tmp_path / "calls", monkeypatch)


class Disk:
    """Is full after so many commits, until there is room."""

    def __init__(self, monkeypatch):
        self.commits_left = 10**9
        self.refused = threading.Event()
        self._write = JournalFile.write
        monkeypatch.setattr(JournalFile, "write", lambda *args: self.write(*args))  # noqa: PLW0108 # as a method

    def write(self, file, drafts):
        self.commits_left -= 1
        if self.commits_left < 0:
            self.refused.set()
            with file.explaining():
                message = "database or disk is full"
                raise sqlite3.OperationalError(message)
        self._write(file, drafts)


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


def test_a_retry_writes_what_the_full_disk_had_no_room_for(path, disk):
    disk.commits_left = 1
    with tasks.failing({290}):
        run = nbp.pmap(tasks.task, range(300), journal=path, workers=1)
    (note,) = run.snapshot().journal_notes
    assert "is not written any more" in note
    assert "the disk is full" in note
    assert len(nbp.read_journal(path)) < 300

    disk.commits_left = 10**9
    run.retry()

    assert not run.snapshot().journal_notes
    table = nbp.read_journal(path)
    assert table["status"].tolist() == ["ok"] * 300
    again = nbp.pmap(tasks.task, range(300), journal=path)
    assert again.metrics.restored == 300


def test_what_was_missing_is_written_at_the_end_if_there_is_room(path, disk, gate, go):
    disk.commits_left = 1
    run = go(gate, range(20), journal=path, workers=1)
    gate.wait_for_count(1)
    for item in range(15):
        gate.open(item)
        wait_for(lambda item=item: run.snapshot().finished > item)
    assert disk.refused.is_set()
    disk.commits_left = 10**9
    gate.open()
    assert run.wait()

    assert not run.snapshot().journal_notes
    assert nbp.read_journal(path)["status"].tolist() == ["ok"] * 20


def test_a_run_that_keeps_no_results_ends_with_its_journal(path, disk):
    disk.commits_left = 1

    run = nbp.pmap(
        tasks.task, range(100_000), journal=path, keep_results=False, workers=2
    )

    assert run.state.value == "cancelled"
    why, what = run.snapshot().journal_notes
    assert "the disk is full" in why
    assert "was cancelled when its journal could not be written" in what
    kept = len(nbp.read_journal(path))
    assert kept < len(tasks.calls()) < 100_000
    missing = len(tasks.calls()) - kept
    assert f"{missing} tasks have ended that are not in the journal" in what

    disk.commits_left = 10**9
    last = nbp.pmap(tasks.task, range(kept + missing), journal=path)
    assert last.metrics.restored == kept


def away(path, way):
    if way == "removed":
        Path(path).unlink()
    elif way == "renamed":
        Path(path).rename(f"{path}.old")
    else:
        shutil.copy(path, f"{path}.copy")
        Path(f"{path}.copy").replace(path)


WAYS = pytest.mark.parametrize("way", ["removed", "renamed", "replaced"])


@WAYS
def test_a_file_that_is_taken_away_is_told_of(path, gate, go, way):
    run = go(gate, range(4), journal=path, workers=1)
    gate.wait_for_count(1)
    gate.open(0)
    wait_for(lambda: run.snapshot().finished)
    away(path, way)
    gate.open()
    assert run.wait()
    told_of_it(run, path)
    if way == "renamed":
        assert len(nbp.read_journal(f"{path}.old")) >= 1


@WAYS
def test_and_if_nothing_was_to_be_written_any_more(path, way, monkeypatch):
    end = Writer._end

    def taken_away(self):
        away(path, way)
        end(self)

    monkeypatch.setattr(Writer, "_end", taken_away)
    run = nbp.pmap(str, range(4), journal=path)
    told_of_it(run, path)
    if way == "renamed":
        assert len(nbp.read_journal(f"{path}.old")) == 4


def told_of_it(run, path):
    (note,) = run.snapshot().journal_notes
    assert "is not written any more" in note
    assert "the file was removed or renamed meanwhile" in note
    assert run.df["status"].tolist() == ["ok"] * 4
    assert not Path(f"{path}-wal").exists()
    assert not Path(f"{path}-lock").exists()


def test_a_folder_that_is_changed_changes_no_path(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    with tasks.failing({1}):
        run = nbp.pmap(tasks.task, range(3), journal="cd.db")
    monkeypatch.chdir(tmp_path / "sub")
    run.retry()
    assert not list((tmp_path / "sub").iterdir())
    assert nbp.read_journal(tmp_path / "cd.db")["status"].tolist() == ["ok"] * 3


def test_a_run_that_keeps_no_results_says_where_they_are(path):
    run = nbp.pmap(str, range(4), journal=path, keep_results=False)
    with pytest.raises(nbp.UsageError, match=f"Read its journal: .*{path}"):
        run.results  # noqa: B018 # it is refused
    with pytest.raises(nbp.UsageError, match="Call pmap again"):
        run.retry()
    away(path, "removed")
    with pytest.raises(nbp.UsageError, match=f"{path}' was removed or renamed"):
        run.results  # noqa: B018 # it is refused
