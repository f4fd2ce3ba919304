"""Results that can't be loaded, and files that are no whole journals."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import nbparallel as nbp

WRITES = """
import sys
from pathlib import Path
Path("gone_module.py").write_text("class Thing:\\n    pass\\n")
sys.path.insert(0, ".")
import gone_module, nbparallel as nbp
def task(item):
    return gone_module.Thing() if item == 1 else (item,)
nbp.pmap(task, range(3), journal=sys.argv[1], progress=False)
Path("gone_module.py").unlink()
"""


def test_a_result_whose_module_is_gone_costs_itself_alone(path, tmp_path):
    subprocess.run([sys.executable, "-c", WRITES, path], cwd=tmp_path, check=True)

    table = nbp.read_journal(path)

    assert table["status"].tolist() == ["ok"] * 3
    assert table["result"].tolist()[::2] == [(0,), (2,)]
    assert "not loaded: ModuleNotFoundError" in table["error"][1]
    assert nbp.export_journal(path, tmp_path / "rows.jsonl") == 3
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    assert "not loaded: ModuleNotFoundError" in json.loads(lines[1])["error"]


def test_an_open_file_is_no_result(path, tmp_path):
    (tmp_path / "text").write_text("what it has")
    kept = []

    def opened(_):
        kept.append((tmp_path / "text").open())
        return kept[-1]

    run = nbp.pmap(opened, [1], journal=path)

    (note,) = run.snapshot().journal_notes
    assert "an open file" in note
    assert nbp.read_journal(path)["error"][0].startswith("not kept: TypeError")
    with pytest.raises(nbp.BadType, match="an open file"):
        nbp.pmap(str, kept, backend="processes").results  # noqa: B018 # it raises
    for file in kept:
        file.close()


def test_json_has_no_numbers_that_are_none(path, tmp_path):
    nbp.pmap(lambda x: {"a": [x]}, [math.nan, math.inf, 1.5], journal=path, key=repr)
    nbp.export_journal(path, tmp_path / "rows.jsonl")

    def refuse(word):
        raise AssertionError(word)

    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    rows = [json.loads(line, parse_constant=refuse) for line in lines]
    assert [row["result"]["a"] for row in rows] == [["nan"], ["inf"], [1.5]]


def test_export_says_what_it_cannot_use(path):
    nbp.pmap(str, [1], journal=path)
    with pytest.raises(nbp.BadValue, match="there is no folder '/nonexistent'"):
        nbp.export_journal(path, "/nonexistent/rows.csv")
    with pytest.raises(nbp.BadType, match="trust='yes': must be True or False"):
        nbp.export_journal(path, "rows.csv", trust="yes")
    with pytest.raises(nbp.BadType, match="must be the path of a file"):
        nbp.export_journal(path, 3)


@pytest.mark.parametrize("given", ["", ":memory:", "a\0b"])
def test_what_is_no_path(given):
    with pytest.raises(nbp.BadValue, match="must be the path of a file, as in journal"):
        nbp.pmap(str, [1], journal=given)


def test_an_empty_file_cannot_be_read(path):
    Path(path).touch()
    with pytest.raises(nbp.BadValue, match="is empty: no run has written it yet"):
        nbp.read_journal(path)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("keys", "CAST(x'225bff' AS TEXT)"),
        ("keys", "'[1'"),
        ("keys", "'[\"x\"]'"),
        ("results", "CAST(zeroblob(100000) || x'ff' AS TEXT)"),
        ("tasks", "x'01'"),
        ("status", "x'6363'"),
    ],
)
def test_a_page_that_was_overwritten(path, column, value):
    nbp.pmap(str, [1, 2], journal=path)
    database = sqlite3.connect(path)
    database.execute(f"UPDATE pages SET {column} = {value}")
    database.commit()
    database.close()
    for use in (
        lambda: nbp.read_journal(path),
        lambda: nbp.pmap(str, [1], journal=path),
    ):
        with pytest.raises(nbp.BadValue, match=r"is damaged: .* Delete it") as raised:
            use()
        assert path in str(raised.value)
        assert len(str(raised.value)) < 900
