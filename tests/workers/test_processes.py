"""Worker processes: what they carry out, how they die, what is lost with them."""

from __future__ import annotations

import asyncio
import builtins
import contextvars
import functools
import gc
import linecache
import logging
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

import nbparallel as nbp
from nbparallel.engine import stopping
from nbparallel.errors import (
    BackendBroken,
    BadType,
    BadValue,
    RemoteError,
    WorkerDied,
)
from nbparallel.testing import DEADLINE
from nbparallel.types import State
from nbparallel.workers.packing import LARGE, pack
from nbparallel.workers.processes import MOST_WORKERS, driving, warm
from nbparallel.workers.processes.page import BEGUN, Page, new_file
from tests.engine.conftest import wait_for
from tests.support.soaking import often

pytestmark = pytest.mark.timeout(120)
say = print  # what tasks print is the subject here
ROOT = Path(__file__).parents[2]
#: Processes that are killed at random instants.
KILLS = often(6, 200)


@pytest.fixture(autouse=True)
def _quiet():
    with nbp.defaults(backend="processes", workers=2, progress=False):
        yield


@pytest.fixture
def notes(tmp_path):
    """A file that tasks in other processes append to, one line each."""
    return tmp_path / "notes"


def note(file, text):
    with file.open("a") as opened:
        opened.write(f"{text}\n")


def lines(file):
    return file.read_text().splitlines() if file.exists() else []


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # it ends just now
        return False
    return state != "Z"


# -- What they carry out --------------------------------------------------------------


def test_tasks_run_in_other_processes_and_keep_their_order():
    run = nbp.pmap(lambda n: (n * n, os.getpid()), range(1000))

    squares, pids = zip(*run.results, strict=True)
    assert list(squares) == [n * n for n in range(1000)]
    assert os.getpid() not in pids
    assert len({*pids}) <= 2


def test_a_second_run_has_the_same_processes():
    nbp.pmap(lambda _: os.getpid(), range(2)).forget()
    wait_for(lambda: len(warm._waiting) >= 2)
    before = {child.pid for child in psutil.Process().children()}
    second = {*nbp.pmap(lambda _: os.getpid(), range(2)).results}

    assert second <= before


@dataclass
class Point:
    x: int

    def moved(self, by):
        return Point(self.x + by)


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return ("decorated", function(*args))

    return wrapper


FACTOR = 3


def in_a_cell(source):
    """Return the names that *source* defines, as those of a notebook's cell."""
    names = {"__name__": "__main__"}
    exec(textwrap.dedent(source), names)
    return names


CELLS = {
    "recursive": """
        def f(n):
            return 1 if n < 2 else n * f(n - 1)
        """,
    "uses another": """
        def g(n):
            return n + 1
        def f(n):
            return g(n) * 2
        """,
    "closure": """
        def make(k):
            def f(n):
                return n * k
            return f
        f = make(5)
        """,
    "decorated": """
        import functools
        def twice(fn):
            @functools.wraps(fn)
            def wrapper(n):
                return fn(fn(n))
            return wrapper
        @twice
        def f(n):
            return n + 10
        """,
    "cached": """
        import functools
        @functools.lru_cache
        def f(n):
            return n * 2
        """,
    "dataclass": """
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class P:
            x: int
        def f(n):
            return P(n)
        """,
    "class with a parent": """
        class A:
            def __init__(self, n):
                self.n = n
            def __eq__(self, other):
                return type(self) is type(other) and self.n == other.n
        class B(A):
            def __init__(self, n):
                super().__init__(n + 1)
        def f(n):
            return B(n)
        """,
    "enum": """
        import enum
        class Colour(enum.Enum):
            RED = 0
            BLUE = 1
        def f(n):
            return Colour(n % 2)
        """,
    "named tuple": """
        from typing import NamedTuple
        class P(NamedTuple):
            x: int
        def f(n):
            return P(n)
        """,
    "bound method": """
        class Model:
            def __init__(self, w):
                self.w = w
            def predict(self, n):
                return n * self.w
        f = Model(7).predict
        """,
    "callable object": """
        class Add:
            def __init__(self, k):
                self.k = k
            def __call__(self, n):
                return n + self.k
        f = Add(4)
        """,
    "class method": """
        class C:
            @classmethod
            def f(cls, n):
                return (cls.__name__, n)
        f = C.f
        """,
    "static method": """
        class C:
            @staticmethod
            def f(n):
                return n - 1
        f = C.f
        """,
    "partial": """
        from functools import partial
        f = partial(pow, 2)
        """,
    "lambda": "f = lambda n: n ** 2",
    "lambda with a default": "f = [lambda n, k=k: n * k for k in range(4)][2]",
    "module": """
        import math
        def f(n):
            return math.sqrt(n)
        """,
    "module under another name": """
        import numpy as np
        def f(n):
            return float(np.sin(n))
        """,
    "import inside": """
        def f(n):
            import json
            return json.dumps({"n": n})
        """,
    "global data": """
        table = {n: str(n) for n in range(100)}
        def f(n):
            return table[n]
        """,
    "global array": """
        import numpy as np
        table = np.arange(1000.0)
        def f(n):
            return float(table[n:].sum())
        """,
    "generator inside": """
        def numbers(n):
            yield from range(n)
        def f(n):
            return sum(numbers(n))
        """,
    "async": """
        import asyncio
        async def f(n):
            await asyncio.sleep(0)
            return n + 0.5
        """,
    "builtin": "f = abs",
    "data frame": """
        import pandas as pd
        def f(n):
            return pd.DataFrame({"n": [n]})["n"].tolist()
        """,
}


@pytest.mark.parametrize("cell", CELLS)
def test_what_people_write_in_cells_gives_what_a_loop_gives(cell):
    f = in_a_cell(CELLS[cell])["f"]
    expected = [asyncio.run(f(n)) if cell == "async" else f(n) for n in range(20)]

    assert nbp.pmap(f, range(20)).results == expected


def test_globals_changed_between_runs_are_seen():
    names = in_a_cell("k = 1\ndef f(n):\n    return n * k")
    assert nbp.pmap(names["f"], [2]).results == [2]

    names["k"] = 10
    assert nbp.pmap(names["f"], [2]).results == [20]


def test_an_edited_module_is_seen_by_the_next_run(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "edited_between_runs.py"
    file.write_text("def f(n):\n    return n + 1\n")
    f = in_a_cell(
        "def f(n):\n    import edited_between_runs\n    return edited_between_runs.f(n)"
    )["f"]
    assert nbp.pmap(f, range(2)).results == [1, 2]

    file.write_text("def f(n):\n    return n + 100\n")
    later = time.time() + 2
    os.utime(file, (later, later))
    assert nbp.pmap(f, range(2)).results == [100, 101]


def test_the_folder_and_the_variables_are_those_of_now(tmp_path, monkeypatch):
    nbp.pmap(abs, range(2))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("A_VARIABLE", "now")

    found = nbp.pmap(lambda _: (str(Path.cwd()), os.environ["A_VARIABLE"]), [1]).results
    assert found == [(str(tmp_path), "now")]


@pytest.mark.parametrize(
    ("make", "cure"),
    [
        (lambda: random.Random(0).random, "random.Random(n)"),
        (lambda: random.random, "random.Random(n)"),  # of a hidden one
        (lambda: np.random.default_rng(0).random, "default_rng((seed, n))"),
        (lambda: np.random.RandomState(0).rand, "numpy.random.RandomState(n)"),
    ],
)
def test_a_generator_that_every_process_would_copy_is_named(make, cure):
    draw = make()
    with pytest.warns(RuntimeWarning, match="draw the same numbers") as caught:
        nbp.pmap(lambda _: draw(), range(2))

    (warned,) = caught
    assert str(warned.message).endswith(cure)
    assert warned.filename == __file__


def test_generators_of_modules_draw_different_numbers():
    def draw(_):
        import random

        time.sleep(0.01)  # so that both processes draw
        return random.random(), np.random.rand()  # noqa: NPY002 # it is the old one's turn

    run = nbp.pmap(draw, range(10), workers=2)
    assert len(set(run.df["worker"])) == 2
    assert len(set(run.results)) == 10


def test_what_a_task_has_changed_around_it_is_as_ever_in_the_next_run():
    def change(_):
        os.chdir("/")
        os.environ["A_VARIABLE"] = "left"
        sys.path.append("/left")

    def look(_):
        return Path.cwd(), os.environ.get("A_VARIABLE"), "/left" in sys.path

    nbp.pmap(change, range(3), workers=1)

    assert nbp.pmap(look, [1], workers=1).results == [(Path.cwd(), None, False)]


def test_log_and_warnings_are_kept_as_they_are_here(monkeypatch):
    def work(_):
        logging.getLogger("chatty").info("said")
        logging.getLogger("quiet").info("not said")
        logging.getLogger("quiet").warning("said, too")
        warnings.warn("an old way", DeprecationWarning, stacklevel=1)

    root = logging.getLogger()
    form = logging.StreamHandler()
    form.setFormatter(logging.Formatter("%(levelname)s of %(name)s: %(message)s"))
    monkeypatch.setattr(root, "handlers", [form])
    monkeypatch.setattr(logging.getLogger("chatty"), "level", logging.INFO)
    monkeypatch.setattr(logging.getLogger("quiet"), "level", logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", "an old")
        run = nbp.pmap(work, [1], workers=1)

    said = "INFO of chatty: said\nWARNING of quiet: said, too\n"
    assert run.df["output"].tolist() == [said]
    assert isinstance(run.errors[0], DeprecationWarning)
    monkeypatch.undo()

    frame = nbp.pmap(lambda _: logging.getLogger("chatty").info("said"), [1]).df
    assert frame["output"].tolist() == [""]


def test_libraries_have_one_thread_each():
    assert nbp.pmap(lambda _: os.environ["OMP_NUM_THREADS"], [1]).results == ["1"]


def script(body):
    """Return what a program prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(body)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_libraries_have_as_many_threads_as_the_user_says(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    told = """
        import os, nbparallel as nbp
        look = lambda _: os.environ["OMP_NUM_THREADS"]
        print(nbp.pmap(look, [1], backend="processes", progress=False).results)
    """
    assert script(told) == "['3']"


def test_processes_that_nobody_needs_leave():
    told = """
        import os, time, nbparallel as nbp
        from nbparallel.workers.processes import warm
        from tests.workers.test_processes import alive
        warm.IDLE = 0.05
        pid, = nbp.pmap(lambda _: os.getpid(), [1], backend="processes").results
        while alive(pid):
            time.sleep(0.001)
        print("gone")
    """
    assert script(told) == "gone"


def test_the_function_is_sent_once_to_each_process():
    class Counting:
        def __init__(self):
            self.arrived = 0

        def __setstate__(self, state):
            self.arrived = state["arrived"] + 1

        def __getstate__(self):
            return {"arrived": self.arrived}

        def __call__(self, _):
            self.arrived += 10
            return os.getpid(), self.arrived

    seen = nbp.pmap(Counting(), range(200), workers=2).results
    for pid in {pid for pid, _ in seen}:
        numbers = sorted(arrived for each, arrived in seen if each == pid)
        assert numbers == [10 * n + 1 for n in range(1, len(numbers) + 1)]


def test_a_process_is_not_struck_by_an_interrupt_of_its_own(notes):
    run = nbp.pmap(_wait_for_a_second_line, [str(notes)], block=False)
    wait_for(lambda: lines(notes))
    pid = int(lines(notes)[0])
    os.kill(pid, signal.SIGINT)
    note(notes, "go on")
    assert run.wait(DEADLINE)
    assert run.results == [pid]


def _wait_for_a_second_line(file):
    file = Path(file)
    note(file, os.getpid())
    while len(lines(file)) < 2:
        time.sleep(0.001)
    return os.getpid()


def test_arrays_arrive_whole_and_may_be_written_to():
    table = np.arange(500_000.0)

    def work(n):
        table[:] = n  # its own copy
        return np.full(200_000, n), table[:3]

    run = nbp.pmap(work, range(4))
    for n, (large, small) in enumerate(run.results):
        assert (large == n).all()
        assert small.tolist() == [n] * 3
        large[:] = 1
    assert table[2] == 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they are on a disk")
def test_arrays_want_no_room_in_the_shared_memory_of_a_container():
    sent = pack(np.zeros(LARGE))
    assert str(Path(f"/proc/self/fd/{sent.file}").readlink()).startswith("/memfd:")


def test_an_item_with_an_array_arrives():
    items = [np.full(100_000, n) for n in range(4)]

    assert nbp.pmap(lambda a: int(a.sum()), items).results == [
        n * 100_000 for n in range(4)
    ]


def test_rows_of_a_frame():
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4]}, index=["x", "y"])

    run = nbp.pmap(lambda a, b: a + b, frame)
    assert run.df["result"].to_dict() == {"x": 4, "y": 6}


def test_a_lazy_input_is_read_here():
    here = []

    def numbers():
        for n in range(10):
            here.append(os.getpid())
            yield n

    assert nbp.pmap(abs, numbers()).results == list(range(10))
    assert {*here} == {os.getpid()}


def test_a_run_inside_a_task_works():
    def work(n):
        return sum(nbp.pmap(abs, range(-n, 0)).results)

    assert nbp.pmap(work, range(5)).results == [0, 1, 3, 6, 10]


def test_a_run_inside_a_task_is_inline_unless_it_says_otherwise():
    def work(_):
        inner = nbp.pmap(lambda _: os.getpid(), [1])
        return inner.options.backend, set(inner.results) == {os.getpid()}

    assert nbp.pmap(work, [1]).results == [("inline", True)]


# -- What they say --------------------------------------------------------------------


def test_text_warnings_and_log_are_kept_with_the_row():
    def work(n):
        say("printed", n)
        warnings.warn(f"warned {n}", stacklevel=1)
        logging.getLogger("a task").warning("logged %s", n)

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        rows = nbp.pmap(work, range(3)).df["output"]
    for n in range(3):
        assert f"printed {n}\n" in rows[n]
        assert f"warned {n}" in rows[n]
        assert f"logged {n}" in rows[n]


@pytest.mark.parametrize("capture", [True, False])
def test_text_that_nobody_shows_is_let_through(capture, capsys):
    run = nbp.pmap(lambda n: say("task", n), range(3), capture=capture)

    assert sorted(capsys.readouterr().out.splitlines()) == [
        "task 0",
        "task 1",
        "task 2",
    ]
    assert run.df["output"].tolist() == [f"task {n}\n" * capture for n in range(3)]


def test_text_is_seen_while_the_task_goes_on_and_outlives_its_process():
    def work(_):
        say("first")
        say("no end of line", end="")
        time.sleep(3600)

    run = nbp.pmap(work, [1], grace=0, block=False)
    wait_for(lambda: [row.output for row in run.snapshot().running] == ["first\n"])
    run.cancel()

    assert run.wait(DEADLINE)
    assert run.df["output"].tolist() == ["first\n"]


def test_text_before_a_crash_is_kept():
    def work(n):
        say("about to", n)
        os._exit(n)

    assert nbp.pmap(work, [1, 2]).df["output"].tolist() == [
        "about to 1\n",
        "about to 2\n",
    ]


def test_a_flood_of_text_comes_whole_and_in_order(capsys):
    def work(_):
        for n in range(20_000):
            say(n)
        say("end", end="")

    run = nbp.pmap(work, [1])

    assert capsys.readouterr().out == "".join(f"{n}\n" for n in range(20_000)) + "end"
    (kept,) = run.df["output"]
    assert kept.startswith("0\n1\n")
    assert kept.endswith("19999\nend")
    assert len(kept) < 11_000


def leave_a_thread(number):
    """Leave a thread behind that prints while the next task goes on."""
    if number:
        builtins.said.set()
        builtins.left.join()
        return number
    say("early")
    said = threading.Event()
    left = threading.Thread(
        target=contextvars.copy_context().run, args=(print_after, said)
    )
    left.start()
    builtins.said, builtins.left = said, left
    return number


def print_after(said):
    said.wait()
    say("late")


def test_what_a_thread_prints_after_its_task_is_not_in_the_next_ones_row():
    run = nbp.pmap(leave_a_thread, [0, 1], workers=1)

    assert run.results == [0, 1]
    assert run.df["output"].tolist() == ["early\n", ""]


BROKEN_PIPE = """
import sys
import nbparallel as nbp
run = nbp.pmap(print, range(200), backend="processes", workers=2, progress=False)
sys.stderr.write(" ".join(sorted(set(run.df["status"]))))
"""


def test_a_reader_that_goes_ends_no_process():
    with subprocess.Popen(
        [sys.executable, "-c", BROKEN_PIPE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        said = process.stderr.read()

    assert said.startswith("ok")
    assert "crashed" not in said


def test_text_of_threads_of_a_task_is_in_its_row():
    def work(_):
        def tell():
            for _ in range(100):
                say("x" * 9)

        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(tell,))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run = nbp.pmap(work, range(3), workers=1)
    assert {len(text) for text in run.df["output"]} == {3000}
    assert run.df["status"].tolist() == ["ok"] * 3


class OwnError(Exception):
    def __init__(self, code, detail):
        super().__init__(f"{code}: {detail}")
        self.code = code


def test_errors_have_their_type_and_their_traceback():
    def work(n):
        if n == 0:
            return int("of a known type")
        if n == 1:
            raise OwnError(3, "not rebuilt")
        sys.exit(4)

    errors = nbp.pmap(work, range(3)).errors
    assert type(errors[0]) is ValueError
    assert "in work" in str(errors[0].__cause__)
    assert 'return int("of a known type")' in str(errors[0].__cause__)
    assert type(errors[1]) is RemoteError
    assert "OwnError: 3: not rebuilt" in str(errors[1])
    assert type(errors[2]) is SystemExit


def test_a_traceback_shows_the_lines_of_a_cell(monkeypatch):
    name, lines = "<a cell>", ["def helper(n):\n", "    return 1 / n\n"]
    space = {"__name__": "__main__"}
    exec(compile("".join(lines), name, "exec"), space)
    monkeypatch.setitem(linecache.cache, name, (1, None, lines, name))

    error = nbp.pmap(space["helper"], [0]).errors[0]

    place = f'  File "{name}", line 2, in helper\n    return 1 / n\n'
    assert str(error.__cause__).endswith(f"{place}ZeroDivisionError: division by zero")


def test_the_cure_fits_what_cannot_be_sent():
    space = {"__name__": "__main__", "get_ipython": threading.Lock()}
    exec("def shell(n):\n    return get_ipython()", space)

    with pytest.raises(nbp.BadType, match=r"every magic and !command.*'threads'"):
        nbp.pmap(space["shell"], [1])
    said = str(nbp.pmap(lambda n: (n for _ in "a"), [1]).errors[0])
    assert "a list instead of a generator" in said


class Mute(Exception):
    """Cannot be printed."""

    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


class Stubborn(Exception):
    """Does not let anybody touch it."""

    def with_traceback(self, _):
        raise RuntimeError

    def __reduce__(self):
        raise RuntimeError


HOSTILE = [KeyboardInterrupt, GeneratorExit, StopIteration, IndexError, Mute, Stubborn]


def test_whatever_a_task_raises_is_its_row_and_harms_no_process():
    def work(kind):
        if kind is not None:
            raise kind

    run = nbp.pmap(work, [*HOSTILE, None] * 3, workers=1)

    assert run.state is State.DONE
    assert run.df["status"].tolist() == [*["error"] * len(HOSTILE), "ok"] * 3
    for task, error in run.errors.items():
        kind = HOSTILE[task % (len(HOSTILE) + 1)]
        assert type(error) in (kind, RemoteError)


@pytest.mark.parametrize("kind", ["errors", "values", "text"])
def test_what_is_sent_counts_though_its_parent_is_slow_to_read(kind, monkeypatch):
    # Given a parent that reads one message at each look
    monkeypatch.setattr(driving, "LOOK", 0)

    # When tasks end faster than it reads
    def work(n):
        if kind == "text":
            say(n)
        elif kind == "errors":
            raise ValueError(n)
        return np.full(3, n)

    run = nbp.pmap(work, range(300), workers=1)

    # Then it has all of it
    if kind == "text":
        assert run.df["output"].tolist() == [f"{n}\n" for n in range(300)]
    if kind == "errors":
        assert [error.args for error in run.errors.values()] == [
            (n,) for n in range(300)
        ]
    else:
        assert [result.tolist() for result in run.results] == [
            [n] * 3 for n in range(300)
        ]


# -- What cannot be sent --------------------------------------------------------------


def test_a_function_that_cannot_be_sent_is_refused_before_any_task(notes):
    lock = threading.Lock()

    def work(n):
        note(notes, n)
        return lock

    with pytest.raises(
        BadType, match=r"the function, its variable lock .*_thread.lock"
    ):
        nbp.pmap(work, range(3))
    assert lines(notes) == []


def test_an_item_that_cannot_be_sent_is_a_row():
    items = [1, {"a": [threading.Lock()]}, 3]

    run = nbp.pmap(lambda item: item, items)
    assert run.df["status"].tolist() == ["ok", "error", "ok"]
    assert re.match(
        r"the item of task 1\['a'\]\[0\] is of type _thread.lock", str(run.errors[1])
    )


def test_an_item_that_cannot_be_made_over_there_is_a_row():
    class Picky(Exception):
        def __init__(self, code, text):
            super().__init__(f"{code}: {text}")

    items = [*range(50), Picky(1, "no"), np.full(3, 7), *range(50)]
    run = nbp.pmap(str, items, workers=1)

    assert Counter(run.df["status"]) == {"ok": 101, "error": 1}
    assert run.df["result"][51] == "[7 7 7]"
    assert isinstance(run.errors[50], TypeError)
    assert "missing 1 required positional argument: 'text'" in str(run.errors[50])


def test_a_result_that_cannot_be_sent_is_a_row():
    def work(n):
        return threading.Lock() if n == 1 else n

    run = nbp.pmap(work, range(3))
    assert run.df["status"].tolist() == ["ok", "error", "ok"]
    assert "what the task returned is of type _thread.lock" in str(run.errors[1])


def test_too_many_are_refused():
    with pytest.raises(BadValue, match=f"Up to {MOST_WORKERS} are started"):
        nbp.pmap(abs, [1], workers=10_000)


# -- Death ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("os._exit(7)", "ended with exit code 7"),
        ("os.kill(os.getpid(), 9)", r"was killed by SIGKILL \(9\)"),
        ("ctypes.string_at(0)", r"was killed by SIGSEGV \(11\)"),
    ],
)
def test_exactly_the_running_task_crashes(how, said, notes):
    die = in_a_cell(f"import ctypes, os\ndef die():\n    {how}")["die"]

    def work(n):
        note(notes, n)
        return die() if n == 500 else n

    run = nbp.pmap(work, range(1000))
    columns = run.df["status"]
    assert columns[500] == "crashed"
    assert Counter(columns)["ok"] == 999
    assert run.df["result"].drop(500).tolist() == [n for n in range(1000) if n != 500]
    assert isinstance(run.errors[500], WorkerDied)
    assert re.search(said, str(run.errors[500]))
    assert Counter(lines(notes)) == {str(n): 1 for n in range(1000)}


def test_quick_tasks_before_the_crash_keep_their_results():
    run = nbp.pmap(lambda n: os._exit(1) if n == 5000 else n, range(10_000))

    assert run.df["status"].value_counts()["ok"] == 9_999
    assert list(run.errors) == [5000]


def test_a_crashed_task_can_be_retried(notes):
    def work(n):
        if n == 3 and not lines(notes):
            note(notes, n)
            os._exit(1)
        return n

    run = nbp.pmap(work, range(6))
    run.retry()
    assert run.results == list(range(6))
    assert run.df["attempts"].tolist() == [1, 1, 1, 2, 1, 1]


def test_a_process_is_found_dead_whatever_it_leaves_behind(notes):
    def work(n):
        if n == 1:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # newer Pythons advise against it
                pid = os.fork()
            if not pid:
                time.sleep(600)
            note(notes, pid)
            os.kill(os.getpid(), signal.SIGKILL)
        return n

    try:
        run = nbp.pmap(work, range(6))
        assert alive(int(lines(notes)[0]))
    finally:
        os.kill(int(lines(notes)[0]), signal.SIGKILL)
    assert Counter(run.df["status"]) == {"ok": 5, "crashed": 1}
    assert "SIGKILL" in str(run.errors[1])


@pytest.mark.soak
@pytest.mark.timeout(120 + 5 * KILLS)
def test_random_kills_lose_nothing_and_repeat_nothing(notes):
    rng, tasks = random.Random(), 100 * KILLS
    run = nbp.pmap(_work_and_tell, [(notes, n) for n in range(tasks)], block=False)
    killed = 0
    while not run.wait(rng.random() / 20):
        pids = [int(line.split()[1]) for line in lines(notes)[-1:]]
        if pids and alive(pids[0]) and killed < KILLS:
            with suppress(ProcessLookupError):  # it has ended just now
                os.kill(pids[0], signal.SIGKILL)
                killed += 1

    statuses = Counter(run.df["status"])
    assert killed == KILLS
    assert statuses["ok"] + statuses["crashed"] == tasks
    assert 1 <= statuses["crashed"] <= killed
    begun = Counter(line.split()[0] for line in lines(notes))
    assert set(begun.values()) == {1}
    seen = {int(line.split()[1]) for line in lines(notes)}
    wait_for(
        lambda: {*filter(alive, seen)} <= {each.number for _, each in warm._waiting}
    )


def _work_and_tell(item):
    file, n = item
    note(file, f"{n} {os.getpid()}")
    time.sleep(0.003)
    return n


def test_a_process_that_cannot_read_its_tasks_does_not_take_for_ever():
    class Poison:
        def __reduce__(self):
            return os._exit, (9,)

    run = nbp.pmap(lambda item: item, [1, Poison(), 3], workers=1)
    assert run.df["status"].tolist() == ["ok", "crashed", "ok"]


# -- Cancel ---------------------------------------------------------------------------


def backtrack(_):
    re.match(r"(a+)+b", "a" * 50)  # keeps the interpreter lock for years


def test_a_call_that_keeps_the_interpreter_is_ended():
    run = nbp.pmap(backtrack, range(5), grace=0.1, block=False)
    wait_for(lambda: len(run.snapshot().running) == 2)
    run.cancel()

    assert run.wait(DEADLINE)
    assert run.state is State.CANCELLED
    assert run.df["status"].tolist() == ["cancelled"] * 5
    wait_for(lambda: not run.snapshot().abandoned)
    assert nbp.pmap(abs, [-1]).results == [1]


def test_so_are_the_programs_that_a_task_has_started(notes):
    def work(_):
        with subprocess.Popen(["sleep", "600"]) as program:
            note(notes, program.pid)

    run = nbp.pmap(work, range(2), grace=0.1, block=False)
    wait_for(lambda: len(lines(notes)) == 2)
    run.cancel()

    assert run.wait(DEADLINE)
    for line in lines(notes):
        wait_for(lambda pid=int(line): not alive(pid))


def test_tasks_can_look_and_end_early():
    def work(_):
        nbp.sleep(60)
        return nbp.cancelled()

    run = nbp.pmap(work, range(2), grace=DEADLINE, block=False)
    wait_for(lambda: len(run.snapshot().running) == 2)
    run.cancel()
    assert run.results == [True, True]


def test_no_task_starts_once_a_cancel_is_felt(notes):
    def work(n):
        note(notes, n)
        time.sleep(0.001)

    run = nbp.pmap(work, range(100_000), block=False)
    wait_for(lambda: len(lines(notes)) > 100)
    run.cancel()
    assert run.wait(DEADLINE)

    count = len(lines(notes))
    assert count < 100_000
    assert run.df["status"].value_counts()["ok"] == count
    assert len(lines(notes)) == count


def work_until(number, notes):
    """Return a task that notes that it was begun; that *number* never ends."""

    def work(n):
        note(notes, n)
        if n == number:
            time.sleep(3600)
        return n

    return work


def test_what_had_ended_by_a_cancel_without_grace_is_kept_and_the_rest_is_exact(notes):
    run = nbp.pmap(work_until(300, notes), range(1000), workers=1, grace=0, block=False)
    wait_for(lambda: "300" in lines(notes))
    run.cancel()

    assert run.wait(DEADLINE)
    assert run.df["status"].tolist() == ["ok"] * 300 + ["cancelled"] * 700
    assert run.df["attempts"].tolist() == [1] * 301 + [0] * 699
    assert lines(notes) == [str(n) for n in range(301)]
    assert run.snapshot().abandoned == 0


def test_what_was_begun_is_told_also_of_a_process_that_is_slow_to_die(
    notes, monkeypatch
):
    monkeypatch.setattr(stopping, "MOMENT", 0)  # nobody waits for it
    run = nbp.pmap(work_until(300, notes), range(1000), workers=1, grace=0, block=False)
    wait_for(lambda: "300" in lines(notes))
    run.cancel()

    assert run.wait(DEADLINE)
    assert run.df["attempts"].tolist() == [1] * 301 + [0] * 699
    assert set(run.df["status"][300:]) == {"cancelled"}
    wait_for(lambda: not run.snapshot().abandoned)


def test_what_had_been_sent_and_not_begun_can_be_cancelled_alone(notes):
    run = nbp.pmap(work_until(300, notes), range(1000), workers=1, grace=0, block=False)
    wait_for(lambda: "300" in lines(notes))

    assert stopping.cancel_task(run._life.scheduler, 301)
    assert not stopping.cancel_task(run._life.scheduler, 300)
    run.cancel()
    assert run.wait(DEADLINE)


def test_a_process_that_dies_in_waiting_is_no_tasks_fault():
    for _ in range(4):  # more than are let off
        pids = {*nbp.pmap(lambda _: os.getpid(), range(4)).results}
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: not alive(pid))
        assert nbp.pmap(abs, range(4)).results == [*range(4)]


def test_processes_that_a_cancel_has_killed_are_no_tasks_fault():
    run = nbp.pmap(time.sleep, [3600] * 2, grace=0, block=False)
    for _ in range(4):
        wait_for(lambda: len(run.snapshot().running) == 2)
        run.cancel()
        assert run.wait(DEADLINE)
        assert run.df["status"].tolist() == ["cancelled"] * 2
        run.retry(block=False)
    run.cancel()
    assert nbp.pmap(abs, range(4)).results == [*range(4)]


def test_a_cancel_stops_the_run_inside_a_task(notes):
    def inner(n):
        note(notes, n)
        time.sleep(0.001)

    def work(_):
        nbp.pmap(inner, range(60_000))

    run = nbp.pmap(work, [1], grace=3600, block=False)
    wait_for(lambda: lines(notes))
    run.cancel()

    assert run.wait(DEADLINE)
    assert run.df["status"].tolist() == ["cancelled"]
    assert len(lines(notes)) < 60_000


def test_a_cancelled_task_can_start_no_run():
    def work(_):
        nbp.sleep(60)
        return nbp.pmap(abs, [1]).results

    run = nbp.pmap(work, [1], grace=DEADLINE, block=False)
    wait_for(lambda: run.snapshot().running)
    run.cancel()

    assert run.wait(DEADLINE)
    assert run.df["status"].tolist() == ["cancelled"]


def test_what_waits_behind_a_slow_task_is_taken_back(notes):
    def work(n):
        note(notes, n)
        if n == 200:
            while len(lines(notes)) < 400:  # all the others, without this one
                time.sleep(0.001)
        return n

    assert nbp.pmap(work, range(400)).results == list(range(400))


def test_pause_and_resume(notes):
    def work(n):
        note(notes, n)
        time.sleep(0.001)

    run = nbp.pmap(work, range(1000), block=False)
    wait_for(lambda: lines(notes))
    run.pause()
    wait_for(lambda: not run.snapshot().running)
    paused = len(lines(notes))
    run.resume()
    assert run.wait(DEADLINE)
    assert paused < 1000
    assert len(lines(notes)) == 1000


# -- The parent -----------------------------------------------------------------------

PARENT = """
import os, re, sys, time
import nbparallel as nbp

def work(file):
    with open(file, "a") as opened:
        opened.write(f"{os.getpid()}\\n")
    re.match(r"(a+)+b", "a" * 50)

nbp.pmap(work, [sys.argv[1]] * 2, backend="processes", workers=2, progress=False)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_none_outlives_its_parent_whatever_it_does(how, notes):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(notes)], cwd=ROOT)
    wait_for(lambda: len(lines(notes)) == 2)
    parent.send_signal(how)
    parent.wait(DEADLINE)

    for line in lines(notes):
        wait_for(lambda pid=int(line): not alive(pid))


def test_nothing_is_said_at_the_exit():
    script = PARENT.replace("re.match", "0 and re.match")
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", script, os.devnull],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )

    assert (done.stdout, done.stderr) == ("", "")


def test_an_interrupt_ends_the_run_and_not_the_processes(notes):
    script = PARENT.replace("re.match", "time.sleep(60) or re.match")
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(notes)], cwd=ROOT, stderr=subprocess.PIPE
    )
    wait_for(lambda: len(lines(notes)) == 2)
    parent.send_signal(signal.SIGINT)
    _, said = parent.communicate(timeout=DEADLINE)

    assert said.count(b"Traceback") == 1
    assert b"KeyboardInterrupt: the run was cancelled" in said
    for line in lines(notes):
        wait_for(lambda pid=int(line): not alive(pid))


def test_large_results_are_let_go():
    run = nbp.pmap(lambda _: np.zeros(1_000_000), range(8))
    assert len(run.results) == 8
    opened = len([*Path("/proc/self/fd").iterdir()])
    del run
    nbp.pmap(abs, [1])
    gc.collect()
    assert len([*Path("/proc/self/fd").iterdir()]) <= opened


def test_arrays_are_in_memory_once_and_let_go():
    table = np.ones(12_500_000)  # 100 MB

    def work(_, array):
        total = 0 if array is None else array.sum()
        status = Path("/proc/self/smaps_rollup").read_text()
        own = re.search(r"Anonymous: *(\d+)", status)
        return total, int(own[1]) // 1024

    without = max(own for _, own in nbp.pmap(work, range(4), [None] * 4).results)
    run = nbp.pmap(functools.partial(work, array=table), range(4))
    assert {total for total, _ in run.results} == {12_500_000}
    assert max(own for _, own in run.results) < without + 40  # MB; the array is shared

    pids = {*nbp.pmap(lambda _: os.getpid(), range(4)).results}
    for pid in pids:
        maps = Path(f"/proc/{pid}/maps")
        wait_for(lambda maps=maps: not has_large_file(maps))


def has_large_file(maps):
    for line in maps.read_text().splitlines():
        begin, _, end = line.split()[0].partition("-")
        if int(end, 16) - int(begin, 16) > 90_000_000 and "memfd" in line:
            return True
    return False


def test_processes_that_cannot_be_started_end_the_run(monkeypatch):
    def refuse(*_, **__):
        raise OSError(11, "no more processes")

    monkeypatch.setattr(warm, "take", refuse)
    with pytest.raises(BackendBroken, match="no more processes"):
        _ = nbp.pmap(abs, range(3)).results
    assert set(nbp.last.df["status"]) == {"cancelled"}


def test_what_a_process_looks_for_at_the_end_is_no_task():
    page = Page(new_file())
    page.reset(2)

    page.words[BEGUN] = 3  # for an instant, before it sees that there are but two

    assert page.begun() == 2
    assert page.begin_no_more() == 2
