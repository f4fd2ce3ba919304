"""A journal of somebody else: nothing of it is carried out."""

from __future__ import annotations

import logging
import pickle
import sqlite3
import stat

import pytest

import nbparallel as nbp
from nbparallel.journal import secret


def task(item):
    return {item}


class Payload:
    """Makes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def plant(path, folder):
    """Put a payload in the place of the first pickle; return what it would make."""
    made = folder / "made by the payload"
    database = sqlite3.connect(path)
    database.execute("UPDATE apart SET value = ?", (pickle.dumps(Payload(str(made))),))
    database.commit()
    database.close()
    return made


def uses(path, to):
    return [
        lambda **more: nbp.pmap(task, [1, 2], journal=path, **more),
        lambda **more: nbp.pmap(task, iter([1, 2]), journal=path, **more),
        lambda **more: nbp.read_journal(path, **more),
        lambda **more: nbp.export_journal(path, to, **more),
    ]


@pytest.mark.parametrize("which", range(4))
def test_a_planted_pickle_is_not_loaded(path, tmp_path, which):
    nbp.pmap(task, [1, 2], journal=path)
    made = plant(path, tmp_path)
    with pytest.raises(nbp.BadValue, match=r"not signed with your secret.*trust=True"):
        uses(path, tmp_path / "out.csv")[which]()
    assert not made.exists()
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("which", range(4))
def test_the_journal_of_another_user_is_refused_unless_trusted(
    path, tmp_path, which, monkeypatch
):
    nbp.pmap(task, [1, 2], journal=path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "another user"))
    use = uses(path, tmp_path / "out.csv")[which]
    with pytest.raises(nbp.BadValue, match="not signed with your secret"):
        use()
    found = use(trust=True)
    if which < 2:
        assert found.results == [{1}, {2}]
        assert found.metrics.restored == 2


def test_a_signed_result_cannot_stand_for_another_item(path):
    nbp.pmap(task, [1, 2], journal=path)
    database = sqlite3.connect(path)
    (one, two) = database.execute("SELECT value, signature FROM apart").fetchall()
    for place, row in enumerate((two, one)):
        query = "UPDATE apart SET value = ?, signature = ? WHERE rowid = ?"
        database.execute(query, (*row, place + 1))
    database.commit()
    database.close()
    with pytest.raises(nbp.BadValue, match="not signed"):
        nbp.pmap(task, [1, 2], journal=path)


def test_json_of_another_user_is_data(path, tmp_path, monkeypatch):
    nbp.pmap(str, [1, 2], journal=path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "another user"))
    assert nbp.pmap(str, [1, 2], journal=path).metrics.restored == 2


def test_the_secret_is_nobody_elses_and_made_once(user):
    found = secret.secret()
    path = user / secret.NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == found == secret.secret()
    assert len(found) == 64
    assert [each.name for each in user.iterdir()] == [secret.NAME]


def test_of_two_who_make_the_secret_both_have_the_first(user, monkeypatch):
    link = secret.os.link

    def late(made, path):
        path.write_bytes(b"x" * 64)  # another process was faster
        link(made, path)

    monkeypatch.setattr(secret.os, "link", late)
    assert secret.secret() == b"x" * 64
    assert [each.name for each in user.iterdir()] == [secret.NAME]


class Unkept:
    def __init__(self, error):
        self.error = error

    def __reduce__(self):
        raise self.error


@pytest.mark.parametrize("error", [TypeError("a lock"), SystemExit(3)])
def test_a_result_that_cannot_be_pickled_runs_again(path, caplog, error):
    def call(item):
        return Unkept(error) if item < 2 else item

    with caplog.at_level(logging.WARNING, "nbparallel"):
        run = nbp.pmap(call, range(4), journal=path)
    assert run.df["status"].tolist() == ["ok"] * 4
    assert isinstance(run.results[0], Unkept)
    assert (
        len([each for each in caplog.records if "could not be kept" in each.msg]) == 1
    )
    (note,) = run.snapshot().journal_notes
    assert note.startswith("2 results could not be kept in the journal")
    table = nbp.read_journal(path)
    assert table["status"].tolist() == ["ok"] * 4
    assert table["error"].str.startswith("not kept: ").sum() == 2

    again = nbp.pmap(call, range(4), journal=path)
    assert sorted(again.columns().restored) == [2, 3]


def test_a_result_whose_class_is_gone_runs_again(path, monkeypatch, caplog):
    nbp.pmap(loaded, [1, 2], journal=path)
    monkeypatch.setattr(f"{__name__}.GONE", True)
    run = nbp.pmap(loaded, [1, 2], journal=path)
    assert run.metrics.restored == 0
    assert len(run.results) == 2
    assert "can't be loaded" in caplog.text


GONE = False


class Stubborn:
    def __reduce__(self):
        return rebuilt, ()


def rebuilt():
    if GONE:
        raise ImportError
    return Stubborn()


def loaded(_):
    return Stubborn()
