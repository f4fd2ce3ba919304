"""Tables and columns of other libraries than pandas: their rows, and their dtypes."""

from __future__ import annotations

import datetime as dt
import decimal
import subprocess
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import nbparallel as nbp
from nbparallel.records.frame import NAMES

CELLS = {"base": [2, 3], "exp": [5, 2]}
NOW = dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC)

TABLES = [pl.DataFrame(CELLS), pa.table(CELLS), pa.RecordBatch.from_pydict(CELLS)]
COLUMNS = [
    pl.Series([1, 2], dtype=pl.Int8),
    pa.array([1, 2], pa.int8()),
    pa.chunked_array([[1], [2]], pa.int8()),
]


def named(given):
    return f"{type(given).__module__.partition('.')[0]}.{type(given).__name__}"


pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("given", TABLES, ids=named)
@pytest.mark.parametrize(
    ("unpack", "fn"),
    [
        (None, pow),
        ("kwargs", lambda base, exp: base**exp),
        ("args", lambda *args: args[0] ** args[1]),
        ("item", lambda row: row["base"] ** row["exp"]),
    ],
)
def test_rows_are_unpacked_as_told(given, unpack, fn):
    table = nbp.pmap(fn, given, unpack=unpack).df

    assert list(table) == ["base", "exp", *NAMES]
    assert table["base"].tolist() == [2, 3]
    assert table["result"].tolist() == [32, 9]
    assert list(table.index) == [0, 1]


@pytest.mark.parametrize("given", COLUMNS, ids=named)
def test_columns_give_pythons_values_and_keep_their_dtype(given):
    run = nbp.pmap(lambda value: type(value) is int and value, given)

    assert run.results == [1, 2]
    assert run.df["item"].dtype == "int8"


@pytest.mark.parametrize("given", COLUMNS, ids=named)
def test_columns_stand_beside_others(given):
    series = pd.Series([5, 2], index=["x", "y"])

    assert nbp.pmap(pow, given, series).df["result"].to_dict() == {"x": 1, "y": 4}


@pytest.mark.parametrize(
    ("values", "theirs", "ours"),
    [
        ([1, 2], pl.Int8, "int8"),
        ([1, None], pl.UInt16, "UInt16"),
        ([2**63, 1], pl.UInt64, "uint64"),
        ([2**60 + 1, None], pl.Int64, "Int64"),
        ([0.5, None], pl.Float32, "float32"),
        ([True, False], pl.Boolean, "bool"),
        ([True, None], pl.Boolean, "boolean"),
        (["a", None], pl.String, "string"),
        (["a", "b"], pl.Categorical, "category"),
        (["a", None], pl.Enum(["b", "a"]), "category"),
        ([NOW, None], pl.Datetime("us", "UTC"), "datetime64[us, UTC]"),
        ([NOW.replace(tzinfo=None)], pl.Datetime("ms"), "datetime64[ms]"),
        ([dt.timedelta(1), None], pl.Duration("us"), "timedelta64[us]"),
        ([NOW.date(), None], pl.Date, "object"),
        ([decimal.Decimal("0.10")], pl.Decimal, "object"),
        ([[1, 2], [3, 4]], pl.List(pl.Int8), "object"),
        ([{"a": 1}, {"a": 2}], pl.Struct({"a": pl.Int8}), "object"),
        ([b"a", None], pl.Binary, "object"),
        ([None, None], pl.Null, "object"),
    ],
    ids=str,
)
def test_columns_are_shown_in_the_nearest_dtype(values, theirs, ours):
    given = pl.Series("value", values, dtype=theirs)
    column = nbp.pmap(repr, given).df["item"]

    assert column.dtype == ours
    for shown, value in zip(column, values, strict=True):
        assert shown == value or (value is None and pd.isna(shown))
    assert nbp.pmap(lambda value: value, given).results == values
    pd.testing.assert_series_equal(
        nbp.pmap(repr, given.to_frame(), unpack="item").df["value"],
        column,
        check_names=False,
    )


def test_times_with_a_zone_of_arrow():
    zone = pa.timestamp("ns", "Europe/Berlin")
    table = pa.table({"at": pa.array([NOW.replace(tzinfo=None), None], zone)})
    column = nbp.pmap(repr, table["at"]).df["item"]

    assert column.dtype == "datetime64[ns, Europe/Berlin]"
    assert column[0] == pd.Timestamp(NOW)
    assert nbp.pmap(lambda at: at, table).df["at"].equals(column)


@pytest.mark.parametrize("given", [pl.DataFrame(), pa.table({})], ids=named)
def test_a_table_without_columns_and_rows_is_no_work(given):
    assert list(nbp.pmap(abs, given).df) == list(NAMES)


@pytest.mark.parametrize("given", TABLES, ids=named)
def test_a_table_without_rows_keeps_its_dtypes(given):
    table = nbp.pmap(pow, given.slice(2)).df

    assert list(table) == ["base", "exp", *NAMES]
    assert len(table) == 0
    assert table["base"].dtype == "int64"


def test_a_table_that_has_no_rows_yet_is_refused():
    lazy = pl.DataFrame(CELLS).lazy()
    with pytest.raises(nbp.BadType, match="LazyFrame has no rows yet") as caught:
        nbp.pmap(pow, lazy)

    assert "write pmap(pow, table.collect())" in str(caught.value)
    assert nbp.pmap(pow, lazy.collect()).results == [32, 9]


def test_columns_of_the_same_name_are_refused():
    given = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])

    with pytest.raises(nbp.BadValue, match=r"must differ in name.*'x' 2 times"):
        nbp.pmap(pow, given)


@pytest.mark.parametrize(
    ("given", "added", "rows"),
    [
        (
            pd.DataFrame(CELLS),
            "pmap(pow, table.assign(other=other))",
            'pmap(pow, table.to_dict("records"), other)',
        ),
        (
            pl.DataFrame(CELLS),
            'pmap(pow, table.with_columns(pl.Series("other", other)))',
            "pmap(pow, table.to_dicts(), other)",
        ),
        (
            pa.table(CELLS),
            'pmap(pow, table.append_column("other", [other]))',
            "pmap(pow, table.to_pylist(), other)",
        ),
    ],
    ids=lambda given: named(given) if not isinstance(given, str) else "",
)
def test_a_table_beside_others_is_refused_with_lines_that_work(given, added, rows):
    with pytest.raises(nbp.BadType) as caught:
        nbp.pmap(pow, given, [1, 2])
    with pytest.raises(nbp.BadType, match="cannot stand beside other iterables"):
        nbp.pmap(pow, iter([1, 2]), given)

    message = str(caught.value)
    assert [line for line in (added, rows) if line not in message] == []
    for line, fn in [(added, dict), (rows, lambda row, other: {**row, "other": other})]:
        names = {"pl": pl, "pmap": nbp.pmap, "table": given, "other": [7, 8], "pow": fn}
        assert eval(line, names).results == [
            {"base": 2, "exp": 5, "other": 7},
            {"base": 3, "exp": 2, "other": 8},
        ]


def test_a_table_of_a_class_of_the_users_own_is_one():
    class Mine(pl.DataFrame):
        pass

    assert nbp.pmap(pow, Mine(CELLS)).results == [32, 9]
    with pytest.raises(nbp.BadType, match=r"a Mine cannot stand .*table\.to_dicts\(\)"):
        nbp.pmap(pow, Mine(CELLS), [1, 2])


def test_what_is_no_table_is_gone_through_as_ever():
    assert nbp.pmap(len, pl.DataFrame(CELLS).iter_rows()).results == [2, 2]
    assert nbp.pmap(str, pa.scalar([1, 2])).results == ["1", "2"]


def test_the_library_that_reads_tables_is_loaded_only_for_them():
    code = (
        "import sys, pandas, nbparallel as nbp\n"
        "nbp.pmap(str, [1], progress=False).df\n"
        "nbp.pmap(str, pandas.Series([1]), progress=False).df\n"
        "assert 'narwhals' not in sys.modules\n"
        "import polars\n"
        "nbp.pmap(str, polars.Series([1]), progress=False)\n"
        "assert 'narwhals' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
