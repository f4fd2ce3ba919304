"""Columns -> DataFrame: real dtypes, the same columns whatever the run has done."""

from __future__ import annotations

import datetime as dt
import time
from array import array

import numpy as np
import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.records.columns import Columns
from nbparallel.records.frame import NAMES, frame
from nbparallel.testing import Gate
from nbparallel.types import MISSING, Status

FIXED = {
    "status": "category",
    "error": "object",
    "seconds": "float64",
    "started": "datetime64[us]",
    "worker": "UInt16",
    "attempts": "int16",
    "output": "string",
}
NOW = dt.datetime(2024, 2, 29, 12, 30)  # noqa: DTZ001 # as users write them

pytestmark = pytest.mark.usefixtures("quiet")


def columns(items, results=None, status=None, **changes):
    count = len(items)
    cells = {
        "items": list(items),
        "results": list(items if results is None else results),
        "started": array("d", [1.0] * count),
        "ended": array("d", [2.5] * count),
        "status": bytearray([Status.OK] * count if status is None else status),
        "attempts": array("I", [1] * count),
        "workers": array("H", [0] * count),
        "errors": {},
        "output": {},
        "epoch": 1_700_000_000.0,
    }
    return Columns(**(cells | changes))


def framed(items, **changes):
    return frame(columns(items, **changes), None, None)


def dtypes(table):
    return {name: str(dtype) for name, dtype in table.dtypes.items()}


class TestColumns:
    @pytest.mark.parametrize("items", [[], [1, 2]])
    def test_are_the_same_for_every_run(self, items):
        table = nbp.pmap(float, items).df

        assert list(table) == ["item", *NAMES]
        assert {name: dtypes(table)[name] for name in FIXED} == FIXED

    def test_of_a_run_in_the_middle(self):
        gate = Gate()
        run = nbp.pmap(gate, range(4), workers=1, block=False)
        gate.open(0)
        gate.wait_for(1)
        table = run.df
        gate.open()

        assert table["status"].tolist() == ["ok", "running", "pending", "pending"]
        assert table["result"].tolist() == [0, pd.NA, pd.NA, pd.NA]
        assert table["seconds"].notna().tolist() == [True, False, False, False]
        assert table["started"].notna().tolist() == [True, False, False, False]
        assert table["worker"].tolist()[0] == 0
        assert table["worker"].isna().tolist() == [False, True, True, True]
        assert table["attempts"].tolist() == [1, 0, 0, 0]
        assert dtypes(table) == dtypes(run_to_end(run))

    def test_say_what_happened(self):
        def task(number):
            print(number)  # noqa: T201 # what the output column is for
            return 1 / number

        table = nbp.pmap(task, [0, 2]).df

        assert table["status"].tolist() == ["error", "ok"]
        assert table["result"].tolist() == pytest.approx([np.nan, 0.5], nan_ok=True)
        assert [type(error) for error in table["error"]] == [
            ZeroDivisionError,
            type(None),
        ]
        assert table["output"].tolist() == ["0\n", "2\n"]

    def test_know_every_status_word(self):
        table = framed(list(Status), status=list(Status))

        assert table["status"].tolist() == [status.word for status in Status]

    def test_a_task_that_waits_for_its_retry_shows_nothing_of_the_last_attempt(self):
        gate = Gate(then=lambda number: 1 / number)
        gate.open()
        run = nbp.pmap(gate, [0, 1], workers=1)
        run.pause()
        gate.close()
        run.retry(block=False)
        gate.wait_for_count(3)
        row = run.df.iloc[0]
        gate.open()
        run.wait()

        assert row["status"] == "running"
        assert pd.isna(row["seconds"])
        assert pd.isna(row["started"])
        assert row["error"] is None


def run_to_end(run):
    run.wait()
    return run.df


class TestValues:
    @pytest.mark.parametrize(
        ("values", "item", "result"),
        [
            ([1, 2], "int64", "Int64"),
            ([np.int32(1), np.uint8(2)], "int64", "Int64"),
            ([1.5, 2.5], "float64", "float64"),
            ([1, 2.5], "float64", "float64"),
            ([np.float64(1), np.float32(2)], "float64", "float64"),
            ([True, False], "bool", "boolean"),
            ([np.True_, False], "bool", "boolean"),
            (["a", "b"], "string", "string"),
            ([NOW, NOW], "datetime64[us]", "datetime64[us]"),
            ([pd.Timestamp(NOW), NOW], "datetime64[us]", "datetime64[us]"),
            (
                [pd.Timestamp(NOW.isoformat() + ".000000001")] * 2,
                "datetime64[ns]",
                "datetime64[ns]",
            ),
            ([1, "a"], "object", "object"),
            ([True, 1], "object", "object"),
            ([None, None], "object", "object"),
            ([2**63, 1], "object", "object"),
            ([-(2**200), 1], "object", "object"),
            ([10**400, 0.5], "object", "object"),
            ([[1, 2], [3, 4]], "object", "object"),
            ([(1, 2), (3, 4)], "object", "object"),
            ([{"a": 1}, {"b": 2}], "object", "object"),
            ([b"a", b"b"], "object", "object"),
            ([1j, 2j], "object", "object"),
        ],
        ids=repr,
    )
    def test_get_a_real_dtype_where_they_have_one(self, values, item, result):
        table = framed(values)

        assert (dtypes(table)["item"], dtypes(table)["result"]) == (item, result)
        assert table["item"].tolist() == table["result"].tolist() == list(values)

    @pytest.mark.parametrize(
        "value", [1, 1.5, True, "a", NOW, None, 2**64, (1, 2)], ids=repr
    )
    def test_a_gap_does_not_change_the_dtype(self, value):
        full = framed([value, value])
        gap = framed(
            [value, value], results=[value, MISSING], status=[Status.OK, Status.ERROR]
        )

        assert dtypes(gap)["result"] == dtypes(full)["result"]
        assert gap["result"][0] == value or value is None
        assert pd.isna(gap["result"][1])

    def test_arrays_of_equal_length_stay_one_to_a_row(self):
        table = nbp.pmap(np.arange, [3, 3]).df

        assert [cell.tolist() for cell in table["result"]] == [[0, 1, 2], [0, 1, 2]]

    def test_tables_as_results_stay_one_to_a_row(self):
        table = nbp.pmap(lambda n: pd.DataFrame({"a": range(n)}), [2, 3]).df

        assert [len(cell) for cell in table["result"]] == [2, 3]

    def test_rows_of_an_array_are_items(self):
        table = nbp.pmap(np.sum, np.eye(2)).df

        assert table["result"].tolist() == [1.0, 1.0]
        assert table["item"][1].tolist() == [0.0, 1.0]

    def test_times_with_mixed_zones_stay_what_they_are(self):
        zones = [dt.UTC, dt.timezone(dt.timedelta(hours=2))]
        values = [NOW.replace(tzinfo=zone) for zone in zones]

        assert framed(values)["result"].tolist() == values

    def test_text_that_is_no_unicode_stays_what_it_is(self):
        # As file names can be
        strange = b"\xff.txt".decode("utf-8", "surrogateescape")

        table = framed([strange], output={0: strange})

        assert table["result"].tolist() == table["output"].tolist() == [strange]
        assert dtypes(table)["result"] == dtypes(table)["output"] == "string"

    def test_values_that_compare_strangely_are_left_alone(self):
        class Strange:
            def __eq__(self, other):
                raise RuntimeError

            __hash__ = None

        value = Strange()

        assert framed([value])["result"][0] is value


class TestTimes:
    def test_are_those_of_the_local_clock(self):
        before = dt.datetime.now()  # noqa: DTZ005 # as the wall clock shows it
        started = nbp.pmap(str, [1]).df["started"][0]

        assert abs((started - before).total_seconds()) < 5

    def test_are_those_of_the_local_clock_on_that_day(self, monkeypatch):
        # Given a machine that was started in winter, and a task that ran in summer
        winter, half_a_year = 1_704_067_200.0, 182 * 86400.0
        monkeypatch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        try:
            table = framed(
                [1],
                epoch=winter,
                started=array("d", [half_a_year]),
                ended=array("d", [half_a_year + 1]),
            )
        finally:
            monkeypatch.undo()
            time.tzset()

        assert table["started"][0] == pd.Timestamp("2024-07-01 02:00")
        assert table["seconds"][0] == 1


class TestTables:
    def test_a_series_keeps_its_index(self):
        given = pd.Series([1, 4], index=pd.Index(["x", "y"], name="key"))
        table = nbp.pmap(float, given).df

        assert table["result"].to_dict() == {"x": 1.0, "y": 4.0}
        assert table.index.name == "key"

    @pytest.mark.parametrize(
        ("unpack", "fn"),
        [
            ("kwargs", lambda base, exp: base**exp),
            ("args", lambda *args: args[0] ** args[1]),
            ("item", lambda row: row["base"] ** row["exp"]),
            (None, pow),
        ],
    )
    def test_rows_are_unpacked_as_told(self, unpack, fn):
        given = pd.DataFrame({"base": [2, 3], "exp": [5, 2]}, index=["a", "b"])
        table = nbp.pmap(fn, given, unpack=unpack).df

        assert list(table) == ["base", "exp", *NAMES]
        assert table["result"].to_dict() == {"a": 32, "b": 9}
        assert table["base"].tolist() == [2, 3]

    def test_columns_of_the_input_that_clash_are_renamed(self):
        given = pd.DataFrame({"status": ["new"], "result": [1], "item_status": [2]})
        table = nbp.pmap(lambda **row: len(row), given).df

        assert table.columns.is_unique
        assert list(table)[:3] == ["item_status_", "item_result", "item_status"]
        assert table["item_result"].tolist() == [1]
        assert table["status"].tolist() == ["ok"]

    def test_an_index_that_repeats_itself_is_kept(self):
        given = pd.DataFrame({"n": [1, 2]}, index=["a", "a"])

        assert nbp.pmap(lambda n: n, given).df["result"].tolist() == [1, 2]

    def test_a_table_without_rows(self):
        given = pd.DataFrame({"n": pd.Series([], dtype="int64")})
        table = nbp.pmap(lambda n: n, given).df

        assert list(table) == ["n", *NAMES]
        assert dtypes(table)["n"] == "int64"

    def test_changing_the_input_afterwards_does_not_change_the_record(self):
        given = pd.DataFrame({"n": [1, 2]})
        run = nbp.pmap(lambda n: n, given)
        given["n"] = [8, 9]

        assert run.df["n"].tolist() == [1, 2]

    def test_changing_cells_of_the_input_does_not_change_the_record(self):
        cells, columns = np.array([[1, 2], [3, 4]]), ["a", "b"]
        given = pd.DataFrame(cells, columns=columns, copy=False)
        values = pd.Series(cells[0], copy=False)
        gate = Gate()

        def task(row):
            gate("row")
            return row.tolist()

        rows = nbp.pmap(task, given, unpack="item", workers=1, block=False)
        ones = nbp.pmap(int, values)
        given.iloc[0, 0] = values.iloc[0] = cells[1, 1] = 9
        given.index.name = values.index.name = "changed"
        gate.open()

        assert rows.results == [[1, 2], [3, 4]]
        assert rows.df[columns].to_numpy().tolist() == [[1, 2], [3, 4]]
        assert ones.df["item"].tolist() == [1, 2]
        assert rows.df.index.name is ones.df.index.name is None

    def test_a_task_that_writes_into_its_row_does_not_change_the_record(self):
        def task(row):
            row["n"] = 0

        run = nbp.pmap(task, pd.DataFrame({"n": [1, 2]}), unpack="item")

        assert run.df["n"].tolist() == [1, 2]

    @pytest.mark.parametrize(
        ("values", "dtype"),
        [
            ([1, 2], "int8"),
            ([1, 2], "uint64"),
            ([1, None], "Int16"),
            ([0.5, 2], "float32"),
            ([True, False], "bool"),
            ([True, None], "boolean"),
            (["a", "b"], "category"),
            (["a", None], "string"),
            ([NOW, NOW], "datetime64[ns]"),
            ([NOW, NOW], "datetime64[s]"),
            ([NOW, None], "datetime64[us, Europe/Berlin]"),
            ([NOW - NOW, None], "timedelta64[ns]"),
        ],
    )
    def test_a_series_and_a_column_keep_their_dtype(self, values, dtype):
        series = pd.Series(values, dtype=dtype, index=["x", "y"])
        table = nbp.pmap(lambda _: 0, series).df

        pd.testing.assert_series_equal(table["item"], series, check_names=False)
        assert nbp.pmap(lambda _: 0, pd.Index(series)).df["item"].dtype == dtype
        assert nbp.pmap(lambda _: 0, series.array).df["item"].dtype == dtype
        frame = nbp.pmap(lambda v: v, pd.DataFrame({"v": series})).df
        assert frame["v"].dtype == dtype

    def test_an_index_of_several_levels_gives_tuples(self):
        given = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])

        assert nbp.pmap(repr, given).df["item"].tolist() == [("a", 1), ("b", 2)]

    def test_values_of_no_dtype_get_theirs(self):
        given = pd.Series(["a", "b"], dtype=object)

        assert nbp.pmap(len, given).df["item"].dtype == "string"


class TestReadsAtAGlance:
    def test_starts_are_told_to_the_millisecond(self):
        table = framed([1], started=array("d", [1.2345678]))
        whole = pd.Timestamp(1_700_000_001_234_567, unit="us")
        local = time.localtime(whole.timestamp()).tm_gmtoff

        assert table["started"][0] == whole.floor("ms") + pd.Timedelta(local, "s")
        assert dtypes(table)["started"] == FIXED["started"]

    def test_output_has_no_colours(self):
        table = framed([1], output={0: "\x1b[1;31mred\x1b[0m\n"})

        assert table["output"].tolist() == ["red\n"]
