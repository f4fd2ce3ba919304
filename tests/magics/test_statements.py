"""What the statements of a cell give: rows, values, names and errors."""

import gc
import threading
import weakref

import pytest

import nbparallel as nbp
from nbparallel.magics.statements import last_value, run_statements
from nbparallel.options import resolve
from nbparallel.views import text
from tests.dataflow.harness import Program


def run(source, before="", **options):
    """Run *source*; return the run and its cell."""
    cell = Program("statements", before, source).prepare()
    return run_statements(cell, resolve({"progress": False, **options})), cell


class TestRows:
    def test_say_line_source_and_what_is_waited_for(self):
        source = "a = 1\nb = [\n    2]\n\n@str\ndef c(): pass\nd = a, b, c\ne = d"
        items, _ = run(source)

        assert [repr(item) for item in items.df["item"]] == [
            "line 1: a = 1",
            "line 2: b = [",
            "line 5: @str",
            "line 7, waits for lines 1, 2, 5: d = a, b, c",
            "line 8, waits for line 7: e = d",
        ]

    def test_of_many_lines_the_first_are_named(self):
        source = "\n".join(f"a{n} = {n}" for n in range(6))
        items, _ = run(f"{source}\nb = a0, a1, a2, a3, a4, a5")

        assert repr(items.df["item"].iloc[-1]).startswith(
            "line 7, waits for lines 1, 2, 3 and 3 more: b = a0"
        )

    def test_say_why(self):
        done, _ = run("a = [1]\n\nb = a\na.append(2)")

        assert done.snapshot().reasons.by_task == {
            1: {0: "line 3 needs line 1 (uses `a`)"},
            2: {1: "line 4 needs line 3 (shares `a`)"},
        }
        assert "Nothing could run at the same time: line 3 needs" in text.plain(
            done.snapshot()
        )

    def test_results_show_what_was_bound(self):
        source = (
            "a = [1]\nb: str = 'x'\na += [2]\nimport os\nc, d = a\nfor e in a: pass\na"
        )
        results = run(source)[0].results

        assert [*map(repr, results)] == [
            "[1, 2]",
            "'x'",
            "[1, 2]",
            "",
            "",
            "",
            "[1, 2]",
        ]

    def test_results_keep_nothing_alive(self):
        done, cell = run("a = Thing()\nb = 1", "class Thing: pass")
        thing = weakref.ref(cell.namespace["a"])
        cell.namespace["b"] = 2
        del cell.namespace["a"]
        gc.collect()

        assert thing() is None
        assert [*map(repr, done.results)] == ["", ""]


class TestLastValue:
    @pytest.mark.parametrize(
        ("source", "value"),
        [("a = 1\na + 1", 2), ("5\na = 1", None)],
    )
    def test_is_that_of_the_last_expression(self, source, value):
        done, _ = run(source)

        assert last_value(done) == value


class TestErrors:
    SOURCE = "a = 1\nb = a / 0\nc = b\nd = a + 1\ne = c, d\nf = d"

    def test_leave_alone_what_does_not_need_the_failed(self):
        cell = Program("failing", "", self.SOURCE).prepare()
        with pytest.raises(ZeroDivisionError) as failed:
            run_statements(cell, resolve({"progress": False}))

        assert (cell.namespace["d"], cell.namespace["f"]) == (2, 2)
        assert "c" not in cell.namespace
        assert failed.value.__notes__ == [
            "nbparallel: not run, as they need it: lines 3, 5"
        ]
        assert failed.traceback[-1].lineno == 1

    def test_on_error_raise_cancels_the_rest(self):
        cell = Program("failing", "", self.SOURCE).prepare()
        with pytest.raises(ZeroDivisionError):
            run_statements(cell, resolve({"progress": False, "on_error": "raise"}))

        assert nbp.last.df["status"].tolist()[:3] == ["ok", "error", "cancelled"]


def test_statements_that_do_not_need_each_other_do_run_at_the_same_time():
    barrier = threading.Barrier(4, timeout=30)
    source = "a = meet(0)\nb = meet(1)\nc = meet(2)\nd = meet(3)\ne = a + b + c + d"
    cell = Program("barrier", "def meet(n): return wait() * 0 + n", source).prepare()
    cell.namespace["wait"] = barrier.wait
    run_statements(cell, resolve({"progress": False, "workers": 4}))

    assert cell.namespace["e"] == 6


def test_context_variables_stay_set():
    from contextvars import ContextVar

    variable = ContextVar("variable", default=0)
    cell = Program("context", "", "before = v.set(5)\nn = v.get()").prepare()
    cell.namespace["v"] = variable
    run_statements(cell, resolve({"progress": False}))

    assert (cell.namespace["n"], variable.get()) == (5, 5)
