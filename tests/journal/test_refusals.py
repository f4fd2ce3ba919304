"""Journals that cannot be used: clear errors, and nothing is started."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import nbparallel as nbp

started = []


def task(item):
    started.append(item)
    return item


@pytest.fixture(autouse=True)
def _fresh():
    started.clear()


def refused(path, said, fn=task, items=(1, 2), **options):
    with pytest.raises(nbp.BadValue, match=said):
        nbp.pmap(fn, list(items), journal=path, **options)
    assert not started


class TestPaths:
    def test_a_folder(self, tmp_path):
        refused(tmp_path, "must be a file, not a folder. Write journal='.*run.db'")
        refused(f"{tmp_path}/new/", "must be a file, not a folder")

    def test_a_folder_that_is_not_there(self, tmp_path):
        place = tmp_path / "missing" / "pages.db"
        refused(place, "there is no folder '.*missing'. Make it, or write journal='pag")

    @pytest.mark.parametrize("given", [3, b"x", True])
    def test_no_path(self, given):
        with pytest.raises(
            nbp.BadType, match=r'must be a path, as in journal="run.db"'
        ):
            nbp.pmap(task, [1], journal=given)

    @pytest.mark.parametrize("length", [250, 300])
    def test_a_name_that_is_too_long(self, tmp_path, monkeypatch, length):
        monkeypatch.chdir(tmp_path)
        name = f"{'x' * (length - 3)}.db"
        refused(name, r"journal='.*\.\.\.xx.*': the path is too long\. Write a shorter")
        with pytest.raises(nbp.BadValue, match="the path is too long"):
            nbp.read_journal(name)
        assert not list(tmp_path.iterdir())

    def test_a_path_that_is_too_long(self, tmp_path):
        folder = tmp_path.joinpath(*["x" * 100] * 5)
        folder.mkdir(parents=True)
        refused(folder / "run.db", "the path is too long")
        refused("x/" * 3000 + "run.db", "there is no folder")

    def test_a_path_with_a_null(self):
        refused("a\0.db", "must be the path of a file")
        with pytest.raises(nbp.BadValue, match="must be the path of a file"):
            nbp.read_journal("a\0.db")

    def test_a_read_only_folder(self):
        refused(
            "/proc/run.db", "cannot be (opened|written) here. Write a path in a fol"
        )

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to become")
    def test_what_belongs_to_somebody_else(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            path = Path(folder) / "run.db"
            assert "cannot be opened here" in as_nobody(path)
            nbp.pmap(abs, [1], journal=path)
            assert "cannot be written here" in as_nobody(path)


def as_nobody(path):
    """Return what is said to another user who runs on the journal at *path*."""
    code = f"""
import os, sys
import nbparallel as nbp, nbparallel.engine.journaling
nbp.pmap(abs, [1], progress=False)
os.setuid(65534)
try:
    nbp.pmap(abs, [1], journal={str(path)!r}, progress=False)
except nbp.BadValue as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


class TestFiles:
    def test_no_database(self, path):
        Path(path).write_text("some notes of mine, longer than a header of SQLite" * 9)
        refused(
            path, r"is not a journal\. Write another path, as in journal='.*run-2.db'"
        )
        assert Path(path).read_text().startswith("some notes")

    def test_the_database_of_another_program(self, path):
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE mine (x)")
        database.commit()
        database.close()
        before = Path(path).read_bytes()
        refused(path, "database of another program. Write another path")
        with pytest.raises(nbp.BadValue, match="another program"):
            nbp.read_journal(path)
        assert Path(path).read_bytes() == before

    def test_an_empty_file_is_a_new_journal(self, path):
        Path(path).touch()
        assert nbp.pmap(task, [1], journal=path).results == [1]
        assert len(nbp.read_journal(path)) == 1

    @pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.99])
    def test_truncated(self, path, share):
        nbp.pmap(str, range(9000), journal=path)
        data = Path(path).read_bytes()
        Path(path).write_bytes(data[: int(len(data) * share)])
        refused(
            path,
            "is damaged: a part of it is missing or was overwritten. Delete it",
            items=range(9000),
        )
        with pytest.raises(nbp.BadValue, match="is damaged"):
            nbp.read_journal(path)

    @pytest.mark.parametrize("place", [0, 30, 150, 5000, 20_000])
    def test_overwritten(self, path, place):
        nbp.pmap(str, range(9000), journal=path)
        data = bytearray(Path(path).read_bytes())
        data[place : place + 64] = b"\xa5" * 64
        Path(path).write_bytes(data)
        try:
            run = nbp.pmap(str, range(9000), journal=path)
        except nbp.BadValue:
            return
        assert run.results == [str(n) for n in range(9000)]

    def test_a_later_version(self, path):
        nbp.pmap(task, [1], journal=path)
        started.clear()
        database = sqlite3.connect(path)
        database.execute("PRAGMA user_version = 99")
        database.close()
        refused(path, "has version 99 of journals, this nbparallel reads 2")

    def test_one_that_is_missing_cannot_be_read(self, path):
        with pytest.raises(nbp.BadValue, match="there is no such file"):
            nbp.read_journal(path)
        assert not Path(path).exists()


class TestContents:
    def test_another_function(self, path):
        nbp.pmap(str, [1, 2], journal=path)
        refused(path, r"belongs to builtins.str, not to .*task. Write another path, as")

    def test_other_items(self, path):
        nbp.pmap(str, [1, 2], journal=path)
        refused(
            path, r"none of the 3 items is among .* its 2 rows.*key=", str, [3, 4, 5]
        )

    def test_other_items_with_keys_are_welcome(self, path):
        for item in (1, 2):
            nbp.pmap(task, [item], journal=path, key=str)
        assert len(nbp.read_journal(path)) == 2

    def test_other_keys(self, path):
        nbp.pmap(str, [1, 2], journal=path)
        refused(path, "made of the items, without key=. Leave key= out", str, key=str)

    def test_keys_left_out(self, path):
        nbp.pmap(str, [1, 2], journal=path, key=str)
        refused(path, "made by key=, which is missing here. Write key=", str)

    def test_a_column_of_no_table(self, path):
        refused(path, "names a column, but the items are no rows of a table", key="id")

    def test_a_column_that_is_not_there(self, path):
        import pandas as pd

        with pytest.raises(nbp.BadValue, match=r"no such column. Did you mean 'name'"):
            nbp.pmap(
                lambda name: name,
                pd.DataFrame({"name": ["a"]}),
                journal=path,
                key="nam",
            )

    def test_keys_and_trust_without_a_journal(self):
        for options in ({"key": str}, {"trust": True}):
            with pytest.raises(
                nbp.BadValue, match="is said of a journal, and there is"
            ):
                nbp.pmap(task, [1], **options)

    def test_a_key_that_is_neither(self, path):
        with pytest.raises(nbp.BadType, match="must be a function of the item"):
            nbp.pmap(task, [1], journal=path, key=3)


class TestTwoAtOnce:
    def test_in_one_process(self, path, gate, go):
        run = go(gate, range(3), journal=path)
        gate.wait_for_count(1)
        refused(path, "in use by another run. Wait for its end, or write another path")
        with pytest.raises(nbp.BadValue, match="in use"):
            nbp.read_journal(path)
        gate.open()
        run.wait()
        assert len(nbp.read_journal(path)) == 3

    def test_in_two_processes_until_one_is_killed(self, path):
        code = f"""
import threading, nbparallel as nbp
def task(item):
    if item:
        print("now", flush=True)
        threading.Event().wait()
    return item
nbp.pmap(task, [0, 1], journal={path!r}, progress=False)
"""
        other = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
        )
        try:
            assert other.stdout.readline() == "now\n"
            refused(path, "in use by another run", fn=str)
        finally:
            other.kill()
            other.wait()
            other.stdout.close()
        refused(path, "belongs to __main__.task", fn=str)

    def test_a_retry_finds_it_taken(self, path):
        run = nbp.pmap(gate_or_fail, [1], journal=path)
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(nbp.BadValue, match="in use"):
                run.retry()
            other.execute("ROLLBACK")
        other.close()
        assert run.state.ended
        run.retry()
        assert run.state.ended


def gate_or_fail(item):
    raise ValueError(item)


FULL = """
import resource, signal, sys
import nbparallel as nbp
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
run = nbp.pmap(lambda n: str(n) * 1000, range(2000), journal=sys.argv[1],
    progress=False)
assert run.results == [str(n) * 1000 for n in range(2000)]
print(*run.snapshot().journal_notes, sep="\\n")
"""


def test_a_disk_that_is_full_costs_the_journal_and_nothing_else(path):
    done = subprocess.run(
        [sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True
    )
    assert "The journal is not written any more: BadValue" in done.stdout
    assert "disk" in done.stdout
    assert len(nbp.read_journal(path)) < 2000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us mount")
    try:
        run = nbp.pmap(lambda n: str(n) * 1000, range(900), journal=folder / "run.db")
        assert run.results == [str(n) * 1000 for n in range(900)]
        (note,) = run.snapshot().journal_notes
        assert "the disk is full" in note
        (folder / "more").write_bytes(b"x" * 10)
    finally:
        subprocess.run(["umount", str(folder)], check=False)
