"""Executors that users bring: what only those do, beside what every backend does."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from concurrent.futures import (
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from concurrent.futures.process import BrokenProcessPool
from concurrent.futures.thread import BrokenThreadPool
from functools import lru_cache
from itertools import chain

import loky
import pytest

import nbparallel as nbp
from nbparallel.testing import DEADLINE
from nbparallel.types import State, Status
from nbparallel.views import text
from nbparallel.workers import executors
from tests.engine.conftest import wait_for
from tests.support.threads import ours, whereabouts

# Functions are made inside tests: those of a module would be looked for by its name.


def processes(workers=2):
    # Not by fork: there are threads already.
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(workers, mp_context=context)


def loky_processes(workers=2):
    return loky.ProcessPoolExecutor(workers)


MAKE = {"processes": processes, "loky": loky_processes}


@pytest.fixture(scope="module", params=MAKE)
def far(request):
    """An executor whose workers are processes; nothing here breaks it."""
    with MAKE[request.param]() as pool:
        yield pool


@pytest.fixture(params=MAKE)
def fragile(request):
    """One that may be broken."""
    pool = MAKE[request.param]()
    yield pool
    pool.shutdown(wait=False)


@pytest.fixture
def threads():
    with ThreadPoolExecutor(3) as pool:
        yield pool


@pytest.fixture(autouse=True)
def _quiet():
    before = ours()  # what tests of other files have left hanging
    with nbp.defaults(progress=False):
        yield
    wait_for(lambda: ours() <= before, whereabouts)


def statuses(run):
    return run.df["status"].tolist()


class Kept(Executor):
    """Carries nothing out by itself."""

    def __init__(self):
        self.sent = []

    def submit(self, function, /, *args, **kwargs):  # noqa: ARG002
        self.sent.append(Future())
        return self.sent[-1]


class AtOnce(Executor):
    """Carries out what it is handed before it gives the future of it."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Moody(Executor):
    """Has somebody else cancel so many of the futures."""

    def __init__(self, pool, times):
        self.pool, self.times = pool, times

    def submit(self, fn, /, *args, **kwargs):
        if args and self.times:
            self.times -= 1
            future = Future()
            future.cancel()
            return future
        return self.pool.submit(fn, *args, **kwargs)


class Liar(Executor):
    """Says that it is elsewhere, and gives nothing back that could be used."""

    def submit(self, fn, /, *args, **kwargs):  # noqa: ARG002 # it is a lie
        future = Future()
        future.set_result(None)
        return future


class TestFarAway:
    def test_results_are_in_input_order(self, far):
        factor = 3

        run = nbp.pmap(lambda number: factor * number, range(3000), backend=far)

        assert run.results == [3 * number for number in range(3000)]
        assert run.df["attempts"].eq(1).all()

    def test_what_tasks_raise_are_rows_with_their_traceback(self, far):
        def half(number):
            if number % 2:
                raise ValueError(number)
            return number // 2

        run = nbp.pmap(half, range(6), backend=far)

        assert {task: error.args for task, error in run.errors.items()} == {
            1: (1,),
            3: (3,),
            5: (5,),
        }
        assert "in half" in str(run.errors[1].__cause__)
        assert run.df["result"].dropna().tolist() == [0, 1, 2]

    def test_an_error_that_cannot_be_rebuilt_keeps_its_text(self, far):
        class Odd(Exception):
            def __init__(self, one, two):
                super().__init__(f"{one} and {two}")

        def task(_):
            raise Odd(1, 2)

        (error,) = nbp.pmap(task, [1], backend=far).errors.values()

        assert "Odd: 1 and 2" in str(error)

    def test_an_item_that_cannot_be_pickled_fails_its_row(self, far):
        run = nbp.pmap(str, [1, {"deep": [threading.Lock()]}, 3], backend=far)

        assert statuses(run) == ["ok", "error", "ok"]
        with pytest.raises(nbp.BadType, match=r"task 1.*deep.*lock.*inside the task"):
            raise run.errors[1]

    def test_a_result_that_cannot_be_pickled_fails_its_row(self, far):
        def task(number):
            return threading.Lock() if number == 1 else number

        run = nbp.pmap(task, range(3), backend=far)

        assert statuses(run) == ["ok", "error", "ok"]
        with pytest.raises(nbp.BadType, match=r"returned.*lock.*return what you need"):
            raise run.errors[1]

    def test_a_function_that_cannot_be_pickled_is_refused_before_the_run(self, far):
        guard = threading.Lock()
        before = nbp.pmap(abs, [1], backend=far)  # so it is known where its workers are

        with pytest.raises(nbp.BadType, match=r"variable guard.*lock.*inside the task"):
            nbp.pmap(lambda _: guard, range(3), backend=far)

        assert nbp.last is before

    def test_a_function_that_cannot_be_pickled_is_refused_by_an_unknown_pool(self):
        guard = threading.Lock()

        with loky_processes() as pool, pytest.raises(nbp.BadType, match=r"guard.*lock"):
            nbp.pmap(lambda _: guard, range(3), backend=pool)

        assert statuses(nbp.last) == ["cancelled"] * 3

    def test_a_retry_sends_what_the_function_knows_by_then(self, far):
        names = {"__name__": "__main__", "divisor": 0}
        exec("def task(number):\n    return number / divisor", names)

        run = nbp.pmap(names["task"], [4, 6], backend=far)
        names["divisor"] = 2

        assert run.retry().results == [2, 3]

    def test_a_function_that_remembers_results_can_be_sent(self, far):
        @lru_cache(maxsize=5)
        def double(number):
            return 2 * number

        double.__module__ = "__main__"

        assert nbp.pmap(double, [1, 2], backend=far).results == [2, 4]

    def test_what_tasks_print_is_in_their_rows(self, far, capfd):
        say = print

        def task(number):
            say("this is", number)

        run = nbp.pmap(task, range(50), backend=far)

        assert run.df["output"].tolist() == [f"this is {n}\n" for n in range(50)]
        assert capfd.readouterr().out == ""

    def test_a_run_inside_a_task_is_carried_out_over_there(self, far):
        def task(number):
            return nbp.pmap(abs, [number, -number], progress=False).results

        assert nbp.pmap(task, [1, 2], backend=far).results == [[1, 1], [2, 2]]

    def test_it_tells_how_many_workers_it_has(self, far):
        run = nbp.pmap(abs, range(100), backend=far)

        assert run.snapshot().workers == 2
        assert run.df["worker"].nunique() <= 2

    def test_a_cancelled_run_leaves_it_as_it_was(self, far, tmp_path):
        def task(number):
            (tmp_path / f"begun-{number}").touch()
            while not (tmp_path / "go on").exists():
                nbp.sleep(0.001)
            return number

        run = nbp.pmap(task, range(50), backend=far, block=False, grace=0)
        wait_for(lambda: len(list(tmp_path.glob("begun-*"))) == 2)
        run.cancel()
        assert run.wait(DEADLINE)

        assert statuses(run) == ["cancelled"] * 50
        (tmp_path / "go on").touch()
        wait_for(lambda: run.snapshot().abandoned == 0)
        assert statuses(run) == ["cancelled"] * 50
        assert len(list(tmp_path.glob("begun-*"))) <= 2 + 2 + 1  # what lay ready
        assert far.submit(abs, -1).result(DEADLINE) == 1

    def test_a_lazy_input_is_read_as_it_is_wanted(self, far):
        run = nbp.pmap(abs, iter(range(500)), backend=far, buffer=3)

        assert sum(result for _, result, _ in run) == sum(range(500))


@pytest.mark.skipif(sys.version_info < (3, 14), reason="new in Python 3.14")
def test_interpreters_are_far_away_too():
    from concurrent.futures import InterpreterPoolExecutor

    offset = 10

    def work(n):
        print("at", n)  # noqa: T201 # it is kept
        return offset // n

    with InterpreterPoolExecutor(2) as pool:
        frame = nbp.pmap(work, range(5), backend=pool).df

    assert frame["status"].tolist() == ["error", "ok", "ok", "ok", "ok"]
    assert frame["result"].tolist()[1:] == [10, 5, 3, 2]
    assert frame["output"].tolist() == [f"at {n}\n" for n in range(5)]
    assert isinstance(frame["error"][0], ZeroDivisionError)


class TestBroken:
    def test_what_it_held_has_crashed_and_nothing_finished_is_lost(self, fragile):
        def task(number):
            if number == 40:
                os._exit(1)
            return number

        with pytest.raises(nbp.BackendBroken, match="no more tasks out") as caught:
            nbp.pmap(task, range(300), backend=fragile)

        run, columns = nbp.last, nbp.last.columns()
        assert isinstance(caught.value.__cause__, BrokenProcessPool)
        assert "nbparallel.last.df" in str(caught.value)
        assert run.state is State.CANCELLED
        assert columns.status[40] == Status.CRASHED
        assert {*columns.status} <= {Status.OK, Status.CRASHED, Status.CANCELLED}
        for task, status in enumerate(columns.status):
            assert status != Status.OK or columns.results[task] == task
        assert run.snapshot().known == 300

    @pytest.mark.parametrize("again", range(5))
    def test_what_is_being_answered_is_not_cancelled(self, again):  # noqa: ARG002
        pool = Kept()
        run = nbp.pmap(abs, range(8), backend=pool, workers=4, block=False)
        wait_for(lambda: pool.sent)
        pool.sent.pop().set_result("elsewhere")  # where its workers are
        wait_for(lambda: len(pool.sent) == 4)

        pool.sent[0].set_exception(BrokenProcessPool("gone"))
        wait_for(lambda: run.state is State.CANCELLING)
        for future in pool.sent[1:]:
            future.set_exception(BrokenProcessPool("gone"))  # CPython 3.11 does so

        with pytest.raises(nbp.BackendBroken):
            run.wait()

    def test_a_retry_says_so_again(self, fragile):
        def task(number):
            os._exit(number)

        for _ in range(2):
            with pytest.raises(nbp.BackendBroken):
                nbp.pmap(task, [1], backend=fragile)
        with pytest.raises(nbp.BackendBroken):
            nbp.last.retry()

    def test_shut_down_in_the_middle(self, fragile):
        shut = threading.Event()

        def late():
            shut.wait(DEADLINE)
            yield from range(5)

        run = nbp.pmap(abs, chain(range(3), late()), backend=fragile, block=False)
        wait_for(lambda: run.snapshot().finished == 3)
        fragile.shutdown(wait=False)
        shut.set()

        with pytest.raises(nbp.BackendBroken, match=r"after shutdown|shutdown"):
            run.wait(DEADLINE)
        assert statuses(run)[:3] == ["ok"] * 3
        assert {*statuses(run)[3:]} <= {"cancelled"}

    @pytest.mark.parametrize("drops", [False, True])
    def test_threads_that_are_shut_down_end_what_they_are_at(self, gate, drops):
        pool = ThreadPoolExecutor(2)
        run = nbp.pmap(gate, range(20), backend=pool, block=False, grace=DEADLINE)
        gate.wait_for_count(2)
        pool.shutdown(wait=False, cancel_futures=drops)
        gate.open()

        with pytest.raises(nbp.BackendBroken, match="after shutdown"):
            run.wait(DEADLINE)
        assert statuses(run) == ["ok"] * 2 + ["cancelled"] * 18

    def test_shut_down_before_it_begins(self):
        pool = ThreadPoolExecutor(2)
        pool.shutdown()

        with pytest.raises(nbp.BackendBroken, match="after shutdown"):
            nbp.pmap(abs, range(3), backend=pool)

        assert statuses(nbp.last) == ["cancelled"] * 3
        (said,) = text.notices(nbp.last.snapshot())
        assert "no workers any more" in said
        assert "after shutdown" in said

    def test_threads_that_cannot_be_made_ready(self):
        def fail():
            raise OSError

        pool = ThreadPoolExecutor(2, initializer=fail)
        with pool, pytest.raises(nbp.BackendBroken) as caught:
            nbp.pmap(abs, range(3), backend=pool)

        assert isinstance(caught.value.__cause__, BrokenThreadPool)
        assert statuses(nbp.last) == ["cancelled"] * 3

    def test_what_brings_back_nonsense_has_lost_its_tasks(self, caplog):
        run = nbp.pmap(abs, range(5), backend=Liar())

        assert statuses(run) == ["crashed"] * 5
        assert "could not be taken" in caplog.text

    def test_futures_that_somebody_cancels_are_sent_again(self, threads):
        run = nbp.pmap(abs, range(100), backend=Moody(threads, 7))

        assert run.results == list(range(100))

    def test_but_not_for_ever(self, threads):
        with pytest.raises(nbp.BackendBroken, match="in a row"):
            nbp.pmap(abs, range(100), backend=Moody(threads, 10**9))

        assert statuses(nbp.last) == ["cancelled"] * 100


class TestInThisProcess:
    def test_it_is_never_shut_down(self, threads):
        nbp.pmap(abs, range(100), backend=threads)

        assert threads.submit(abs, -1).result(DEADLINE) == 1

    def test_workers_have_numbers(self, threads):
        run = nbp.pmap(abs, range(3), backend=threads)

        assert set(run.df["worker"]) <= {0, 1, 2}
        assert run.snapshot().workers == 3

    def test_tasks_see_the_memory_of_this_process(self, threads):
        seen = []
        nbp.pmap(seen.append, range(100), backend=threads)

        assert sorted(seen) == list(range(100))

    def test_one_that_does_it_at_once(self):
        run = nbp.pmap(abs, range(20_000), backend=AtOnce(), workers=2)

        assert run.results == list(range(20_000))

    def test_of_one_that_does_not_tell_there_are_as_many_as_is_guessed(self):
        run = nbp.pmap(abs, range(3), backend=AtOnce())

        assert run.snapshot().workers == executors.GUESS

    def test_no_more_tasks_at_a_time_than_workers(self, threads):
        going, most, lock = [0], [0], threading.Lock()

        def task(_):
            with lock:
                going[0] += 1
                most[0] = max(most[0], going[0])
            nbp.sleep(0.0005)
            with lock:
                going[0] -= 1

        nbp.pmap(task, range(100), backend=threads, workers=2)

        assert most[0] <= 2

    def test_a_run_that_never_gets_a_turn_can_be_cancelled(self, gate):
        with ThreadPoolExecutor(1) as pool:
            busy = pool.submit(gate, "others")
            gate.wait_for("others")
            run = nbp.pmap(abs, range(50), backend=pool, block=False, grace=60)
            run.cancel()
            assert run.wait(DEADLINE)
            gate.open()

            assert statuses(run) == ["cancelled"] * 50
            assert busy.result(DEADLINE) == "others"

    def test_its_only_thread_may_start_runs_on_it(self):
        def leaf(number):
            return nbp.pmap(abs, [number], backend=pool).results

        def task(number):
            return nbp.pmap(leaf, [number, -number], backend=pool).results

        with ThreadPoolExecutor(1) as pool:
            run = nbp.pmap(task, range(6), backend=pool)

        assert run.results == [[[n], [n]] for n in range(6)]

    def test_pools_may_be_nested_in_each_other(self):
        with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two:

            def leaf(number):
                return nbp.pmap(abs, [number], backend=one).results

            def task(number):
                return nbp.pmap(leaf, [number, -number], backend=two).results

            run = nbp.pmap(task, range(6), backend=one)

        assert run.results == [[[n], [n]] for n in range(6)]

    def test_an_inner_run_on_a_pool_is_carried_out_by_that_pool(self, threads):
        def name(_):
            return threading.current_thread().name

        outer = nbp.pmap(lambda n: nbp.pmap(name, [n], backend=threads).results, [1])

        assert outer.results[0][0].startswith("ThreadPoolExecutor")

    def test_two_runs_may_share_it(self, threads, gate):
        runs = [
            nbp.pmap(gate, range(50), backend=threads, block=False) for _ in range(3)
        ]
        gate.open()

        assert [run.results for run in runs] == [list(range(50))] * 3

    def test_measurements_take_it(self, threads):
        found = nbp.compare(abs, range(5), backend=threads, repeats=1)
        swept = nbp.sweep(abs, range(5), workers=(1, 2), backend=threads, repeats=1)

        assert "3 workers" in str(found)
        assert {*swept.df["workers"]} >= {1, 2}


class TestRefused:
    @pytest.mark.parametrize(
        ("backend", "said"),
        [
            (8, "backend=8: must be a string or an executor, as in"),
            (ThreadPoolExecutor, r"not a class: write backend=ThreadPoolExecutor\(8\)"),
            (threading, "must be a string or an executor"),
        ],
    )
    def test_what_is_no_executor(self, backend, said):
        with pytest.raises(nbp.BadType, match=said):
            nbp.pmap(abs, [1], backend=backend)

    def test_a_client_that_has_one(self):
        class Client:
            def get_executor(self): ...

        with pytest.raises(nbp.BadType, match=r"backend=client\.get_executor\(\)"):
            nbp.pmap(abs, [1], backend=Client())
