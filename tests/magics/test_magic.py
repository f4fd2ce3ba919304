"""The magics in an IPython of their own."""

import builtins
import os
import re
import subprocess
import sys
from types import ModuleType

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import nbparallel as nbp
from nbparallel.errors import BadValue
from nbparallel.kinds import KINDS
from nbparallel.magics import flags
from nbparallel.options import NAMES, configure

SETUP = """
xs = [3, 1, 2, 0]
def half(x):
    return x / 2
"""


class Notebook:
    """A shell that is not the process's own, and what its cells printed."""

    def __init__(self, capsys):
        settings = Config()
        settings.HistoryManager.enabled = False
        # Without a module of its own it would take the place of the tests' __main__.
        self.shell = InteractiveShell(
            config=settings, user_module=ModuleType("notebook")
        )
        self.shell.run_line_magic("colors", "nocolor")
        self._capsys = capsys
        self.printed = ""

    def run(self, code):
        """Run a cell; return its value."""
        done = self.shell.run_cell(code, store_history=True)
        self.printed = self._capsys.readouterr().out
        done.raise_error()
        return done.result

    def fail(self, code):
        """Run a cell that fails; return what is shown."""
        done = self.shell.run_cell(code, store_history=True)
        assert not done.success
        return self._capsys.readouterr().out

    def complete(self, code):
        with provisionalcompleter():
            found = self.shell.Completer.completions(code, len(code))
            return [each.text for each in found]

    def __getitem__(self, name):
        return self.shell.user_ns[name]

    def __contains__(self, name):
        return name in self.shell.user_ns


@pytest.fixture
def bare(capsys, monkeypatch):
    notebook = Notebook(capsys)
    # Tracebacks ask the one shell that the process has for the names of cells.
    monkeypatch.setattr(InteractiveShell, "_instance", notebook.shell)
    # Where doctest has left one, IPython takes it for gettext's and sets none.
    monkeypatch.delattr(builtins, "_", raising=False)
    yield notebook
    configure()
    notebook.shell.restore_sys_module_state()


@pytest.fixture
def notebook(bare):
    bare.run("%load_ext nbparallel")
    bare.run("%config NBParallel.progress = False")
    bare.run(SETUP)
    return bare


class TestLoop:
    def test_the_last_expression_is_the_result(self, notebook):
        run = notebook.run("%%parallel for x in xs\ny = half(x)\ny + 1")

        assert run.results == [2.5, 1.5, 2.0, 1.0]
        assert run.df["item"].tolist() == [3, 1, 2, 0]
        assert notebook["_"] is run

    def test_without_a_last_expression_there_is_no_result(self, notebook):
        assert notebook.run("%%parallel for x in xs\ny = x").results == [None] * 4

    def test_names_are_local_to_the_task(self, notebook):
        notebook.run("y = 'mine'; x = 'too'")
        notebook.run("%%parallel for x in xs\nimport math as m\ny = m.sqrt(x)")

        assert (notebook["y"], notebook["x"]) == ("mine", "too")
        assert "m" not in notebook

    @pytest.mark.parametrize(
        ("header", "items"),
        [
            ("for x in xs if x > 1", [3, 2]),
            ("for x in xs if x if x < 3:", [1, 2]),
            ("for x in range(2):  # a comment", [0, 1]),
            ("for i, x in enumerate(xs)", [(0, 3), (1, 1), (2, 2), (3, 0)]),
            ("for a, (b, *c) in [(1, (2, 3, 4))]", [(1, 2, [3, 4])]),
            ("for x in xs[:2] for y in range(x)", [(3, 0), (3, 1), (3, 2), (1, 0)]),
            ("for x in (n for n in xs)", [3, 1, 2, 0]),
            ("for x in {'a': 1}", ["a"]),
            ("for x in 'abc'", ["a", "b", "c"]),
            ("for x in b'ab'", [97, 98]),
            ("for x in 'a # b'.split(' # ')", ["a", "b"]),
            ("for x in [each for each in xs if each]", [3, 1, 2]),
            ("for given in xs for x in [given]", [(3, 3), (1, 1), (2, 2), (0, 0)]),
        ],
    )
    def test_headers_are_pythons(self, notebook, header, items):
        run = notebook.run(f"%%parallel {header}\n0")

        assert run.df["item"].tolist() == items
        assert run.state.value == "done"

    def test_a_data_frame_is_gone_through_by_column_and_a_series_by_value(
        self, notebook
    ):
        notebook.run("import pandas as pd\ndf = pd.DataFrame({'a': [1], 'b': [2]})")

        assert notebook.run("%%parallel for c in df\nc").results == ["a", "b"]
        assert notebook.run("%%parallel for v in df['b']\nv").results == [2]

    def test_tables_of_other_libraries_are_gone_through_as_a_loop_does(self, notebook):
        notebook.run("import polars, pyarrow\ntable = pyarrow.table({'a': [1, 2]})")

        run = notebook.run("%%parallel for c in polars.from_arrow(table)\nc.name")
        assert run.results == ["a"]
        run = notebook.run("%%parallel for c in table\nc.to_pylist()")
        assert run.results == [[1, 2]]

    @pytest.mark.parametrize(
        ("body", "results"),
        [
            ("total = []\n[total.append(x + n) for n in range(2)]\ntotal", [[0, 1]]),
            ("def more(n):\n    return n + x\nmore(1)", [1]),
            ("add = lambda n: n + x\nadd(2)", [2]),
            (
                "class A:\n    b = x\n    def c(self):\n        return self.b\nA().c()",
                [0],
            ),
            ("(y := x + 5)\ny", [5]),
            ("y: int = x\ny", [0]),
            ("try:\n    1 / x\nexcept ZeroDivisionError as error:\n    y = 7\ny", [7]),
            ("if not x:\n    continue\n1", [None]),
            ("for n in range(3):\n    if n: continue\n    break\nn", [0]),
            ("while True: break\nelse: 1\nx", [0]),
            ("if x == 0:\n    return 'early'\n'late'", ["early"]),
            ("import asyncio\nawait asyncio.sleep(0)\nx", [0]),
            ("async def f(): return x\nawait f()", [0]),
            ("async def a():\n    yield x\n[n async for n in a()]", [[0]]),
            ("def g():\n    yield x\nlist(g())", [[0]]),
            ("global seen\nseen = x + 1\nseen", [1]),
            ("n = 1\nn += x\nn", [1]),
            ("x += 1\nx", [1]),
            ("y = %sx xs\n1;", [1]),
            ("{x: 1}[x];", [1]),
            ('"""Text."""', ["Text."]),
            ("from math import *\n1", None),
            ("    y = x\n    y", [0]),
        ],
    )
    def test_bodies_are_pythons(self, notebook, body, results):
        if results is None:
            assert "only allowed at module level" in notebook.fail(
                f"%%parallel for x in [0]\n{body}"
            )
            return
        body = body.replace("%sx xs", "%time 5")
        notebook.run(f"%%parallel -o run for x in [0]\n{body}")

        assert notebook["run"].results == results

    def test_shell_lines_in_the_body_know_the_tasks_names(self, notebook):
        run = notebook.run("%%parallel for x in xs[:2]\ny = !echo {x} $x\ny[0]")

        assert run.results == ["3 3", "1 1"]

    def test_what_is_printed_is_kept(self, notebook):
        run = notebook.run("%%parallel for x in xs[:1]\nprint('so', x)")

        assert run.df["output"].tolist() == ["so 3\n"]

    def test_an_endless_input_is_read_lazily(self, notebook):
        code = "%%parallel --on-error raise -w 2 for n in count() if n % 2\n1 / (n - 5)"
        notebook.run("from itertools import count")

        assert "ZeroDivisionError" in notebook.fail(code)

    def test_a_body_that_awaits_is_carried_out_by_coroutines(self, notebook):
        notebook.run("import asyncio\nloop, met = asyncio.get_running_loop, []")
        together = notebook.run(
            "%%parallel for x in xs:\n"
            "    met.append(loop())\n"
            "    while len(met) < len(xs):\n"
            "        await asyncio.sleep(0)\n"
            "    half(x)"
        )
        elsewhere = notebook.run(
            "%%parallel --backend processes for x in xs\nawait asyncio.sleep(0)\nx / 2"
        )

        assert together.options.backend == "asyncio"
        assert len({*notebook["met"]}) == 1
        assert together.results == elsewhere.results == [1.5, 0.5, 1.0, 0.0]
        shown = notebook.fail("%%parallel\na = await asyncio.sleep(0)\nb = 1")
        assert "A loop can, %%parallel for x in xs: its body may await" in shown

    def test_flags_reach_the_engine(self, notebook):
        run = notebook.run(
            "%%parallel -w 3 --backend inline --on-error=collect --no-capture"
            " --desc 'my own' --grace xs[0]/2 for x in xs\nx"
        )
        options = run.options

        assert (options.workers, options.backend) == (3, "inline")
        assert (options.capture, options.desc, options.grace) == (False, "my own", 1.5)

    def test_the_backend_may_be_an_executor_of_the_users(self, notebook):
        notebook.run(
            "import os, multiprocessing as m\nfrom concurrent.futures import *\n"
            "threads, pool = 8, ThreadPoolExecutor(2)\n"
            "far = ProcessPoolExecutor(1, m.get_context('forkserver'))"
        )
        loop = "%%parallel --backend {} for x in xs\n{}"
        ours = notebook.run(loop.format("threads", "x"))
        theirs = notebook.run(loop.format("pool", "y = x + 1\ny"))
        elsewhere = notebook.run(loop.format("far", "os.getpid()"))
        value = notebook.run("%%parallel --backend pool\na = 1\nb = a + 1\nb")
        refused = notebook.fail("%%parallel --backend far\na = 1")
        notebook.run("pool.shutdown(); far.shutdown()")

        assert ours.options.backend == "threads"
        assert theirs.results == [4, 2, 3, 1]
        assert elsewhere.df["result"].ne(os.getpid()).all()
        assert value == 2
        assert "workers of a ProcessPoolExecutor don't see" in refused

    @pytest.mark.parametrize("line", ["--backend processes", "-w 2"])
    def test_processes_take_loops_and_refuse_statements(self, notebook, line):
        notebook.run("%config NBParallel.backend = 'processes'\nimport os")
        run = notebook.run("%%parallel for x in xs\ny = x / 2\ny, os.getpid()")
        shown = notebook.fail(f"%%parallel {line}\na = 1")
        notebook.run("%config NBParallel.backend = None")

        halves, pids = zip(*run.results, strict=True)
        assert halves == (1.5, 0.5, 1.0, 0.0)
        assert os.getpid() not in pids
        assert f"%%parallel {line}\n{' ' * 15}{'^' * len(line)}" in shown
        assert "worker processes don't see those: write %%parallel --backend" in shown
        assert "a" not in notebook

    @pytest.mark.parametrize("word", [kind for kind in KINDS if kind != "processes"])
    def test_every_backend_takes_loops_and_statements(self, notebook, word):
        run = notebook.run(f"%%parallel --backend {word} for x in xs\nx")
        notebook.run(f"%%parallel --backend {word}\na = 1\nb = a + 1")

        assert (run.results, run.options.backend) == ([3, 1, 2, 0], word)
        assert notebook["b"] == 2

    def test_values_may_be_the_users_own_and_stay_as_written(self, notebook):
        notebook.run("n = 2; desc = 'other'")
        run = notebook.run("%%parallel -w n*2 --desc {desc}$desc for x in xs\nx")

        assert run.options.workers == 4
        assert run.options.desc == "{desc}$desc"

    def test_the_run_and_its_table_are_bound(self, notebook):
        notebook.run("%%parallel -o pages --df table for x in xs\nx")

        assert notebook["pages"].results == [3, 1, 2, 0]
        assert notebook["table"]["result"].tolist() == [3, 1, 2, 0]

    def test_a_run_that_ends_early_is_bound_all_the_same(self, notebook):
        notebook.fail("%%parallel -w 1 --on-error raise -o pages for x in xs\nx / x")

        assert notebook["pages"].df["status"].tolist() == ["ok", "ok", "ok", "error"]

    def test_nothing_is_bound_by_what_does_not_start(self, notebook):
        notebook.run("%%parallel -o pages for x in xs\nx")
        before = notebook["pages"]
        notebook.fail("%%parallel -o pages for x in nothing\nx")

        assert notebook["pages"] is before

    def test_a_run_in_the_background(self, notebook):
        notebook.run("import threading\ngate = threading.Event()")
        run = notebook.run("%%parallel --no-block for x in xs\ngate.wait()\nx")

        assert not run.state.ended
        notebook.run("gate.set()")
        assert run.results == [3, 1, 2, 0]

    def test_a_semicolon_keeps_the_run_from_being_shown(self, notebook):
        assert notebook.run("%%parallel for x in xs\nx;") is None
        assert notebook.printed == ""

    @pytest.mark.parametrize(
        ("body", "line", "message"),
        [
            ("y = = 1", 2, "invalid syntax"),
            ("x\n\nyield x", 4, "a task has one result"),
            ("x\nbreak", 3, "none can `break`"),
            ("total += x", 2, "total would be each task's own"),
            ("global x\nx", 2, "name 'x' is parameter and global"),
            ("# nothing", 1, "the body below is empty"),
            ("%%time\nx", 2, "goes above"),
        ],
    )
    def test_bodies_that_no_task_could_carry_out(self, notebook, body, line, message):
        shown = notebook.fail(f"%%parallel -o run for x in xs\n{body}")

        assert f"Cell In[4], line {line}\n" in shown
        assert message in shown
        assert "run" not in notebook


class TestLines:
    """Errors name the line that the user sees beside them."""

    @pytest.mark.parametrize(
        ("above", "below"),
        [
            ("%%parallel --on-error raise for x in xs\n", ""),
            ("%%parallel --on-error raise for x in xs\n\n# why\n\n", ""),
            ("\n\n%%parallel --on-error raise for x in xs\n   \n", "\n\n"),
            ("%%time\n%%parallel --on-error raise for x in xs\n", ""),
            pytest.param(
                *("%%parallel --on-error raise for x in xs\n%time 1\n!true\n", ""),
                # IPython forks in a worker's thread; from Python 3.15 on that is heard.
                marks=pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork"),
            ),
            ("%%parallel --on-error raise for x in xs:\n  y = 2\n  ", "\n  y"),
            ("%%parallel --on-error raise for x in xs\n\n\n\n\n\n", "\nx"),
        ],
    )
    def test_of_the_body(self, notebook, above, below):
        shown = notebook.fail(f"{above}1 / (x - 1){below}")
        line = above.count("\n") + 1

        assert f"Cell In[4], line {line}\n" in shown
        assert f"----> {line} 1 / (x - 1)" in shown.replace(" " * 6, " ")
        assert "nbparallel/" not in shown
        assert shown.rstrip().endswith("every row is in nbparallel.last.df")

    def test_of_a_function_in_the_body(self, notebook):
        code = "%%parallel for x in xs[:1]\ndef f():\n    return 1 / 0\nf()"
        run = notebook.run(code)
        trace = run.errors[0].__traceback__
        lines = []
        while trace is not None:
            lines.append(trace.tb_lineno)
            trace = trace.tb_next

        assert lines == [4, 3]

    def test_of_the_header(self, notebook):
        shown = notebook.fail("\n%%parallel for x in nothing\nx")

        assert "Cell In[4], line 2\n" in shown
        assert "----> 2 %%parallel for x in nothing" in shown
        assert "NameError: name 'nothing' is not defined" in shown

    def test_of_a_condition(self, notebook):
        shown = notebook.fail("%%time\n%%parallel for x in xs if 1 / x\nx")

        assert "Cell In[4], line 2, in <genexpr>" in shown

    def test_a_mistake_is_shown_at_its_place(self, notebook):
        shown = notebook.fail("\n%%time\n%%parallel -w 0 for x in xs\nx")

        assert shown.endswith(
            "  Cell In[4], line 3\n"
            "    %%parallel -w 0 for x in xs\n"
            "                  ^\n"
            "BadCell: workers=0: must be a whole number of at least 1\n"
        )

    def test_of_a_line(self, notebook):
        shown = notebook.fail("y = 1\n\nd = %parallel [1 / x for x in xs]")

        assert "Cell In[4], line 3\n" in shown

    def test_called_by_a_function(self, notebook):
        call = "get_ipython().run_cell_magic('parallel', 'for x in xs', '1\\n1 / x')"
        notebook.run(f"def call():\n    return {call}")
        run = notebook.run("call()")

        assert run.errors[3].__traceback__.tb_lineno == 3

    def test_source_of_the_task_can_be_shown(self, notebook):
        code = (
            "%%parallel for x in xs[:1]\nimport inspect\ndef f():\n    return 5\n"
            "inspect.getsource(f)"
        )
        assert notebook.run(code).results == ["def f():\n    return 5\n"]


class TestComprehension:
    @pytest.mark.parametrize(
        "code",
        [
            "[half(x) for x in xs]",
            "[half(x) for x in xs if x]",
            "{x % 2 for x in xs}",
            "{x: half(x) for x in xs}",
            "[(x, y) for x in xs for y in range(x) if y]",
            "[i + x for i, x in enumerate(xs)]",
            "[[n for n in range(x)] for x in xs]",
            "[f'{x!r:>3}' for x in xs]",
            "[x for x in []]",
            "[x for x in (n for n in xs)]",
            "[ä for ä in ['ü', '{x}', '$x']]",
        ],
    )
    def test_gives_what_python_gives(self, notebook, code):
        notebook.run(f"found = %parallel {code}\nright = {code}")

        assert notebook["found"] == notebook["right"]
        assert type(notebook["found"]) is type(notebook["right"])

    @pytest.mark.parametrize(
        "above",
        [
            "slow = sum([half(x) for x in xs])\n",
            "# [half(x) for x in xs] took 3 min\n\n",
            "%%time\nslow = [half(x) for x in xs]\n",
        ],
    )
    def test_the_same_may_stand_above_it(self, notebook, above):
        notebook.run(f"{above}fast = %parallel [half(x) for x in xs]")

        assert notebook["fast"] == [1.5, 0.5, 1.0, 0.0]

    def test_called_by_a_function(self, notebook):
        call = "get_ipython().run_line_magic('parallel', '[half(x) for x in xs]')"

        assert notebook.run(call) == [1.5, 0.5, 1.0, 0.0]

    def test_a_semicolon_silences_but_is_no_part_of_it(self, notebook):
        assert notebook.run("%parallel [x for x in xs];  # quiet") is None
        notebook.run("d = %parallel [x for x in xs if ';'];")

        assert notebook["d"] == [3, 1, 2, 0]

    def test_flags_come_first(self, notebook):
        notebook.run("d = %parallel -w 2 -o run [x for x in xs]")

        assert notebook["run"].options.workers == 2
        assert notebook["d"] == [3, 1, 2, 0]

    def test_await(self, notebook):
        notebook.run("async def double(x): return 2 * x")

        assert notebook.run("%parallel [await double(x) for x in xs]") == [6, 2, 4, 0]

    def test_locals_of_a_function(self, notebook):
        notebook.run(
            "def f(k, xs):\n    found = %parallel [x * k for x in xs if x < k]\n"
            "    return found"
        )
        assert notebook.run("f(3, [1, 2, 3])") == [3, 6]

    def test_an_error_is_the_tasks_own_and_ends_the_rest(self, notebook):
        with pytest.raises(ZeroDivisionError):
            notebook.run("d = %parallel -w 1 [1 / x for x in [0, 1, 2]]")

        assert nbp.last.df["status"].tolist() == ["error", "cancelled", "cancelled"]
        assert "d" not in notebook

    def test_collect_carries_the_rest_out(self, notebook):
        with pytest.raises(ZeroDivisionError):
            notebook.run("%parallel -w 1 --on-error collect [1 / x for x in [0, 1]]")

        assert nbp.last.df["status"].tolist() == ["error", "ok"]

    def test_inside_a_task(self, notebook):
        code = "%%parallel for x in xs\nd = %parallel [n for n in range(x)]\nsum(d)"

        assert notebook.run(code).results == [3, 0, 1, 0]


class TestStatements:
    """The form without a loop; what it does has tests of its own."""

    def test_names_are_bound_and_the_last_value_is_shown(self, notebook):
        value = notebook.run("%%parallel -o run\na = half(4)\nb = half(6)\na + b")

        assert (value, notebook["a"], notebook["b"]) == (5.0, 2.0, 3.0)
        assert notebook.run("%%parallel\na + b;  # quiet") is None
        assert len(notebook["run"]) == 3

    def test_errors_name_their_line(self, notebook):
        shown = notebook.fail("%%time\n%%parallel -w 2\n\na = 1\nb = 1 / 0")

        assert "Cell In[4], line 5\n" in shown
        assert "----> 5 b = 1 / 0" in shown

    def test_a_loop_alone_is_told_where_its_header_goes(self, notebook):
        shown = notebook.fail(
            "%%parallel -o run\n# Each half.\nfor x, _ in xs:\n    x / 2"
        )

        assert "Cell In[4], line 3\n    for x, _ in xs:\n    ^" in shown
        assert "write %%parallel for x, _ in xs, and what" in shown
        assert "run" not in notebook

    def test_what_is_printed_can_be_kept_in_order(self, notebook):
        run = "%%parallel --ordered --no-capture\nprint(1)\nprint(2)\nprint(3)"
        notebook.run(run)

        assert notebook.printed.split() == ["1", "2", "3"]


class TestDefaults:
    def test_every_option_has_its_trait_and_its_flag(self, notebook):
        magics = notebook.shell.magics_manager.registry["NBParallel"]
        traits = magics.traits(config=True)

        assert set(NAMES) <= traits.keys()
        assert set(NAMES) - set(flags.all_flags().values()) == {"unpack"}

    def test_config_sets_them_and_a_flag_overrides(self, notebook):
        notebook.run("%config NBParallel.workers = 3")

        assert notebook.run("%%parallel for x in xs\nx").options.workers == 3
        assert notebook.run("%%parallel -w 2 for x in xs\nx").options.workers == 2

    def test_the_work_may_say_how_many_workers(self, notebook):
        auto = notebook.run("%%parallel --workers auto for x in xs\nx")
        assert auto.options.workers == "auto"
        assert notebook.run("%%parallel -w auto for x in xs\nx").workers >= 1

        notebook.run("%config NBParallel.workers = 'auto'")

        assert nbp.pmap(abs, [1]).options.workers == "auto"

    def test_they_hold_for_pmap_too_where_nothing_nearer_says_otherwise(self, notebook):
        notebook.run("%config NBParallel.workers = 3")

        assert nbp.pmap(abs, [1]).options.workers == 3
        with nbp.defaults(rows=5):
            assert nbp.pmap(abs, [1]).options.workers == 3
            with nbp.defaults(workers=2):
                options = nbp.pmap(abs, [1]).options
                assert (options.workers, options.rows) == (2, 5)
                assert nbp.pmap(abs, [1], workers=1).options.workers == 1
        notebook.run("%config NBParallel.workers = None")
        assert nbp.pmap(abs, [1]).options.workers is None

    def test_the_line_form_raises_unless_told_otherwise(self, notebook):
        notebook.run("%parallel -o run [x for x in xs]")
        assert notebook["run"].options.on_error == "raise"

        notebook.run("%config NBParallel.on_error = 'raise'")
        assert notebook.run("%%parallel for x in xs\nx").options.on_error == "raise"

    def test_they_go_with_the_magics(self, notebook):
        notebook.run("%config NBParallel.workers = 3")
        notebook.run("%unload_ext nbparallel")

        assert nbp.pmap(abs, [1]).options == nbp.Options(backend="threads")

    def test_what_was_set_elsewhere_stays_when_the_magics_go(self, notebook):
        nbp.settings.rows = 5
        notebook.run("%config Settings.grace = 0.5")
        notebook.run("%config NBParallel.workers = 3")
        assert notebook.run("%config Settings.max_workers") == 3
        notebook.run("%unload_ext nbparallel")

        options = nbp.pmap(abs, [1], progress=False).options
        assert (options.rows, options.grace, options.workers) == (5, 0.5, None)

    def test_what_the_engine_would_refuse_is_refused(self, notebook, caplog):
        notebook.run("%config NBParallel.workers = 0")

        assert "workers=0: must be a whole number of at least 1" in caplog.text
        assert notebook.run("%config NBParallel.workers") is None
        with pytest.raises(BadValue):
            notebook.shell.magics_manager.registry["NBParallel"].on_error = "rise"

    def test_a_configuration_file_sets_them(self, bare):
        bare.shell.config.NBParallel.workers = 5
        bare.run("%load_ext nbparallel")

        assert bare.run("%config NBParallel.workers") == 5


class TestExtension:
    def test_nothing_is_there_before_it_is_asked_for(self, bare):
        bare.run("import nbparallel\nnbparallel.pmap(abs, [], progress=False)")

        assert bare.shell.find_magic("parallel") is None
        assert "parallel" not in bare.shell.magics_manager.lsmagic()["cell"]

    def test_it_can_be_reloaded_and_unloaded(self, notebook):
        notebook.run("%config NBParallel.workers = 3")
        notebook.run("%reload_ext nbparallel")
        assert notebook.run("%parallel --no-progress [1 for x in xs]") == [1] * 4
        assert len(notebook.shell.Completer.custom_matchers) == 1

        notebook.run("%unload_ext nbparallel")
        assert notebook.shell.find_magic("parallel") is None
        assert notebook.shell.find_cell_magic("parallel") is None
        assert notebook.shell.Completer.custom_matchers == []

        notebook.run("%load_ext nbparallel")
        assert notebook.run("%parallel --no-progress [1 for x in xs]") == [1] * 4

    def test_help_tells_of_every_flag(self, notebook):
        shown = notebook.shell.object_inspect_text("%parallel")

        assert "%%parallel [flags] for url in urls" in shown
        assert all(flag in shown for flag in flags.all_flags())
        assert "How many tasks are carried out at the same time" in shown
        assert max(map(len, shown.splitlines()[:-1])) <= 88

    @pytest.mark.parametrize(
        ("code", "found"),
        [
            ("%%parallel --on", "--on-error"),
            ("%%parallel -w 4 --no-b", "--no-block"),
            ("d = %parallel --des", "--desc"),
            ("%parallel --work", "--workers"),
            ("%%parallel -w 4 for x in hal", "half"),
            ("%%parallel for x in xs if hal", "half"),
            ("%%parallel for x in xs\nhal", "half"),
            ("%parallel [hal", "half"),
            ("%%paral", "%%parallel"),
        ],
    )
    def test_completion(self, notebook, code, found):
        assert found in notebook.complete(code)

    def test_other_lines_are_left_alone(self, notebook):
        assert "--workers" not in notebook.complete("%timeit --work")


def test_an_ordinary_terminal_session(tmp_path):
    code = [
        "%load_ext nbparallel",
        "%%parallel --on-error raise -o run for x in [2, 1, 0]\ny = 1\ny / x",
        "print([*run.df['status']])",
    ]
    script = (
        "from IPython.terminal.interactiveshell import TerminalInteractiveShell as T\n"
        f"shell = T.instance(); cells = {code!r}\n"
        "for cell in cells: shell.run_cell(cell, store_history=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    plain = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    assert "Cell In[2], line 3\n" in plain
    assert "['ok', 'ok', 'error']" in done.stdout


def test_scripts_of_cells_can_be_run(notebook, tmp_path):
    script = tmp_path / "cells.ipy"
    script.write_text("found = %parallel [n * 2 for n in range(3)]\n")
    notebook.run(f"%run {script}")

    assert notebook["found"] == [0, 2, 4]
