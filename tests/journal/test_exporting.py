"""Journals as files of other kinds: the rows of `read_journal`, piece by piece."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.journal import exporting


def task(item):
    if item["n"] % 10 == 3:
        raise ValueError(item["n"])
    print("said", item["n"])  # noqa: T201 # it is kept
    return [item["n"], "ü,\n"] if item["n"] % 2 else {item["n"]}


@pytest.fixture
def table(path):
    nbp.pmap(task, [{"n": n} for n in range(50)], journal=path, workers=3)
    return nbp.read_journal(path)


def rows_of(target):
    if target.suffix == ".jsonl":
        text = target.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]
    if target.suffix == ".csv":
        with target.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    return pd.read_parquet(target).to_dict("records")


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_each_kind_of_file_has_every_row(path, table, ending, monkeypatch):
    monkeypatch.setattr(exporting, "CHUNK", 7)
    target = Path(path).with_suffix(ending)

    assert nbp.export_journal(path, target) == 50

    rows = rows_of(target)
    assert [list(row) for row in rows] == [list(table.columns)] * 50
    for column in ("status", "output"):
        assert [row[column] for row in rows] == table[column].tolist()
    assert [int(row["worker"]) for row in rows] == table["worker"].tolist()
    results = [row["result"] for row in rows]
    items = [row["item"] for row in rows]
    if ending != ".jsonl":
        items = list(map(json.loads, items))
        results = [
            json.loads(each) if isinstance(each, str) and each else None
            for each in results
        ]
    assert items == table["item"].tolist()
    assert results[1] == [1, "ü,\n"]
    assert results[2] == "{2}"
    assert results[3] is None
    errors = [row["error"] or None for row in rows]
    assert pd.Series(errors).fillna("").tolist() == table["error"].fillna("").tolist()
    seconds = [float(row["seconds"]) for row in rows]
    assert seconds == pytest.approx(table["seconds"].tolist())
    assert not list(target.parent.glob("*.part"))


def test_a_kind_that_is_not_known_is_refused(path, table):
    assert len(table) == 50
    with pytest.raises(
        nbp.BadValue, match=r"must end in one of \.csv, \.jsonl, \.parq"
    ):
        nbp.export_journal(path, "rows.xlsx")


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("name", [f"{'x' * 300}.csv", "folder.csv"])
def test_what_cannot_be_written_is_told_by_its_own_name(path, tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    before = set(tmp_path.iterdir())
    with pytest.raises(
        nbp.BadValue, match=r"cannot be written: .* Write another"
    ) as no:
        nbp.export_journal(path, tmp_path / name)
    assert ".part" not in str(no.value)
    assert set(tmp_path.iterdir()) == before
