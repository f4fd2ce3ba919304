"""`Executor` does what the standard library says of `ThreadPoolExecutor` and `Future`.

The sentences of its documentation, in their order; what we do beyond them comes after.
"""

from __future__ import annotations

import concurrent.futures as cf
import gc
import itertools
import logging
import random
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import thread as stdlib

import pytest

import nbparallel as nbp
from nbparallel.faces.submitted import TaskFuture
from nbparallel.testing import DEADLINE
from nbparallel.types import State
from tests.engine.conftest import wait_for

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
def make(gate):
    made = []

    def executor(*args, **options):
        made.append(nbp.Executor(*args, **options))
        return made[-1]

    yield executor
    gate.open()
    for each in made:
        each.run.cancel()


def fail(error):
    raise error


def touch_and_hang(path):
    path.touch()
    threading.Event().wait()


def length_by_executor(text):
    with nbp.Executor(1) as executor:
        return executor.submit(len, text).result()


class Thing:
    def method(self):
        return self


class TestExecutorObjects:
    def test_it_is_a_thread_pool_executor(self, make):
        executor = make()
        assert isinstance(executor, cf.ThreadPoolExecutor)
        assert isinstance(executor, cf.Executor)

    def test_submit_schedules_the_callable_and_returns_a_future(self, make):
        future = make().submit(pow, 323, 1235)
        assert isinstance(future, cf.Future)
        assert future.result() == 323**1235

    def test_submit_passes_whatever_names_the_keywords_have(self, make):
        def take(*args, **kwargs):
            return args, kwargs

        future = make().submit(take, 1, self=2, fn=3, timeout=4)
        assert future.result() == ((1,), {"self": 2, "fn": 3, "timeout": 4})

    def test_submit_takes_the_function_by_position_only(self, make):
        with pytest.raises(TypeError):
            make().submit(fn=pow, arg=1)

    def test_map_is_like_the_builtin(self, make):
        found = make(3).map(pow, range(10), range(5))
        assert list(found) == list(map(pow, range(10), range(5)))

    def test_map_collects_the_iterables_immediately(self, make):
        read = []
        make().map(str, (read.append(n) for n in range(5)))
        assert len(read) == 5

    def test_map_carries_out_without_anybody_iterating(self, make):
        done = []
        executor = make()
        executor.map(done.append, range(10))
        executor.shutdown()
        assert sorted(done) == list(range(10))

    def test_map_executes_asynchronously_and_several_at_a_time(self, make, gate):
        found = make(3).map(gate, range(3))
        gate.wait_for_count(3)
        gate.open()
        assert list(found) == [0, 1, 2]

    def test_map_raises_timeout_error_counted_from_the_call(self, make, gate):
        found = make(1).map(gate, [0, 1], timeout=0.05)
        with pytest.raises(TimeoutError):
            next(found)

    def test_map_gives_what_was_ready_before_the_timeout(self, make, gate):
        gate.open("a")
        found = make(1).map(gate, "ab", timeout=DEADLINE)
        assert next(found) == "a"

    def test_map_cancels_the_rest_once_it_has_timed_out(self, make, gate):
        executor = make(1)
        first = executor.submit(gate, "first")
        with pytest.raises(TimeoutError):
            next(executor.map(gate, ["second", "third"], timeout=0))
        gate.open()
        first.result()
        executor.shutdown()
        assert gate.started == ["first"]

    def test_map_takes_a_timeout_of_int_or_float_or_none(self, make):
        executor = make()
        for timeout in (None, 10, 10.5):
            assert list(executor.map(abs, [-1], timeout=timeout)) == [1]

    def test_map_raises_what_a_call_raised_when_its_value_is_retrieved(self, make):
        found = make().map(divmod, [1, 1, 1], [2, 0, 3])
        assert next(found) == (0, 1)
        with pytest.raises(ZeroDivisionError):
            next(found)

    def test_map_ignores_the_chunksize(self, make):
        assert list(make().map(abs, [-1, -2], chunksize=7)) == [1, 2]

    def test_map_with_a_buffersize_submits_no_more_than_that(self, make):
        numbers = itertools.count()
        executor = make()
        executor.map(str, numbers, buffersize=4)
        executor.shutdown()
        assert next(numbers) == 4

    def test_map_with_a_buffersize_reads_on_as_results_are_given(self, make):
        found = make().map(str, itertools.count(), buffersize=2)
        assert [next(found) for _ in range(20)] == [str(n) for n in range(20)]

    @pytest.mark.parametrize("size", ["1", 1.5, [1]])
    def test_a_buffersize_must_be_whole(self, make, size):
        with pytest.raises(TypeError, match="buffersize must be an integer or None"):
            make().map(str, [1], buffersize=size)

    @pytest.mark.parametrize("size", [0, -1])
    def test_a_buffersize_must_be_positive(self, make, size):
        with pytest.raises(ValueError, match="buffersize must be None or > 0"):
            make().map(str, [1], buffersize=size)

    def test_map_with_a_buffersize_does_not_keep_the_executor(self):
        executor = nbp.Executor()
        found = executor.map(abs, [-1, -2, -3], buffersize=1)
        del executor
        gc.collect()
        assert list(found) == [1]


class TestShutdown:
    def test_submit_and_map_after_it_raise_runtime_error(self, make):
        executor = make()
        executor.shutdown()
        with pytest.raises(RuntimeError, match="after shutdown"):
            executor.submit(pow, 2, 5)
        with pytest.raises(RuntimeError, match="after shutdown"):
            executor.map(abs, [1])

    def test_with_wait_it_returns_once_all_pending_futures_are_done(self, make):
        executor = make(1)
        futures = [executor.submit(nbp.sleep, 0.001) for _ in range(20)]
        executor.shutdown(wait=True)
        assert all(future.done() for future in futures)

    def test_without_wait_it_returns_at_once_and_all_are_carried_out(self, make, gate):
        executor = make(1)
        futures = [executor.submit(gate, n) for n in range(3)]
        executor.shutdown(wait=False)
        assert not any(future.done() for future in futures)
        gate.open()
        assert [future.result() for future in futures] == [0, 1, 2]

    def test_cancel_futures_cancels_what_has_not_started_running(self, make, gate):
        executor = make(2)
        futures = [executor.submit(gate, n) for n in range(6)]
        gate.wait_for(0, 1)
        executor.shutdown(wait=False, cancel_futures=True)
        assert [future.cancelled() for future in futures] == [False] * 2 + [True] * 4
        gate.open()
        executor.shutdown()
        assert [futures[n].result() for n in (0, 1)] == [0, 1]

    def test_cancel_futures_leaves_what_is_done_or_running(self, make, gate):
        executor = make(1)
        done, running = executor.submit(abs, -1), executor.submit(gate, 1)
        assert done.result() == 1
        gate.wait_for(1)
        executor.shutdown(wait=False, cancel_futures=True)
        assert done.result() == 1
        assert running.running()

    def test_with_both_it_cancels_what_has_not_started_and_waits_for_the_rest(
        self, make, gate
    ):
        executor = make(1)
        running, pending = executor.submit(gate, 1), executor.submit(gate, 2)
        gate.wait_for(1)
        opener = threading.Timer(0.05, gate.open)
        opener.start()
        executor.shutdown(wait=True, cancel_futures=True)
        assert running.result(timeout=0) == 1
        assert pending.cancelled()

    def test_the_with_statement_shuts_down_and_waits(self):
        with nbp.Executor(4) as executor:
            futures = [executor.submit(nbp.sleep, 0.001) for _ in range(8)]
        assert all(future.done() for future in futures)
        with pytest.raises(RuntimeError):
            executor.submit(abs, 1)

    def test_the_with_statement_gives_the_executor_and_lets_errors_through(self):
        executor = nbp.Executor()
        with pytest.raises(KeyError), executor as given:
            fail(KeyError())
        assert given is executor

    def test_it_is_safe_several_times_and_without_any_call(self, make):
        executor = make()
        for wait in (True, False, True):
            executor.shutdown(wait)


class TestThreadPool:
    def test_at_most_max_workers_calls_at_a_time(self, make, gate):
        executor = make(3)
        for number in range(9):
            executor.submit(gate, number)
        gate.wait_for_count(3)
        assert executor.run.snapshot().counts[1] <= 3
        gate.open()
        executor.shutdown()
        assert executor.run.df["worker"].nunique() <= 3

    def test_the_default_is_that_of_the_standard_library(self, make):
        with cf.ThreadPoolExecutor() as other:
            assert make()._max_workers == other._max_workers

    @pytest.mark.parametrize("number", [0, -1])
    def test_max_workers_must_be_positive(self, number):
        with pytest.raises(ValueError, match=f"max_workers={number}: must be"):
            nbp.Executor(max_workers=number)

    def test_idle_threads_are_reused_before_others_are_started(self, make):
        executor = make(5)
        for _ in range(3):
            executor.submit(abs, -1).result()
            wait_for(lambda: executor.run._life.scheduler.crew.idle)
        assert len(executor._threads) == 1

    def test_thread_name_prefix_controls_the_names(self, make):
        executor = make(2, "loaders")
        name = executor.submit(lambda: threading.current_thread().name).result()
        assert name in ("loaders_0", "loaders_1")

    def test_without_a_prefix_names_tell_executors_apart(self, make):
        def name():
            return threading.current_thread().name.rpartition("_")[0]

        assert make().submit(name).result() != make().submit(name).result()

    def test_calls_run_in_the_order_of_their_submission(self, make, gate):
        executor = make(1)
        first, order = executor.submit(gate, 0), []
        for number in range(50):
            executor.submit(order.append, number)
        gate.open()
        first.result()
        executor.shutdown()
        assert order == list(range(50))

    def test_a_deadlock_of_the_documentation_is_none_here(self, make):
        executor = make(1)

        def wait_on_future():
            return executor.submit(pow, 5, 2).result()

        assert executor.submit(wait_on_future).result(DEADLINE) == 25

    def test_two_that_wait_for_each_others_work_end_too(self, make):
        executor = make(2)

        def nest(depth):
            return executor.submit(nest, depth - 1).result() + 1 if depth else 0

        futures = [executor.submit(nest, 5) for _ in range(4)]
        assert [future.result(DEADLINE) for future in futures] == [5] * 4


class TestInitializer:
    def test_it_is_called_at_the_start_of_each_worker_with_initargs(self, make, gate):
        ready = []
        executor = make(2, "", lambda *args: ready.append(args), ("a", 1))
        futures = [executor.submit(gate, n) for n in range(2)]
        gate.wait_for_count(2)
        gate.open()
        assert [future.result() for future in futures] == [0, 1]
        assert ready == [("a", 1)] * 2

    def test_it_sets_what_belongs_to_the_thread(self, make):
        here = threading.local()
        executor = make(1, initializer=lambda: setattr(here, "it", 5))
        assert [executor.submit(lambda: here.it).result() for _ in range(3)] == [5] * 3

    def test_it_sets_context_variables_for_all_calls_of_the_thread(self, make):
        import decimal

        def prepare():
            decimal.getcontext().prec = 7

        executor = make(1, initializer=prepare)
        found = [executor.submit(lambda: decimal.getcontext().prec) for _ in range(3)]
        assert [future.result() for future in found] == [7] * 3

    def test_if_it_raises_pending_calls_and_new_ones_are_broken(self, make, caplog):
        caplog.set_level(logging.CRITICAL, "concurrent.futures")
        going = threading.Event()
        executor = make(
            1, initializer=lambda: going.wait(DEADLINE) and fail(KeyError())
        )
        futures = [executor.submit(abs, n) for n in range(3)]
        going.set()
        for future in futures:
            with pytest.raises(stdlib.BrokenThreadPool):
                future.result()
        with pytest.raises(cf.BrokenExecutor):
            executor.submit(abs, 1)
        assert "Exception in initializer" in caplog.text

    def test_it_must_be_callable(self):
        with pytest.raises(TypeError, match="initializer must be a callable"):
            nbp.Executor(initializer=1)


class TestFuture:
    def test_cancel_of_what_is_running_or_done_returns_false(self, make, gate):
        executor = make(1)
        done, running = executor.submit(abs, -1), executor.submit(gate, 1)
        gate.wait_for(1)
        assert not done.cancel()
        assert not running.cancel()

    def test_cancel_of_what_is_pending_cancels_the_call(self, make, gate):
        executor = make(1)
        executor.submit(gate, 1)
        pending = executor.submit(gate, 2)
        gate.wait_for(1)
        assert pending.cancel()
        assert pending.cancelled()
        assert pending.done()
        assert pending.cancel()
        gate.open()
        executor.shutdown()
        assert gate.started == [1]
        assert executor.run.df["status"].tolist() == ["ok", "cancelled"]

    def test_running_while_the_call_is_being_made(self, make, gate):
        executor = make(1)
        first, second = executor.submit(gate, 1), executor.submit(gate, 2)
        gate.wait_for(1)
        assert first.running()
        assert not second.running()
        assert not first.done()
        gate.open()
        first.result()
        assert not first.running()
        assert first.done()

    def test_result_waits_up_to_timeout_seconds(self, make, gate):
        future = make().submit(gate, 1)
        for timeout in (0, 0.001, 1e-9):
            with pytest.raises(TimeoutError):
                future.result(timeout)
        gate.open()
        assert future.result(timeout=DEADLINE) == 1
        assert future.result(None) == 1

    def test_exception_waits_up_to_timeout_seconds(self, make, gate):
        future = make().submit(gate, 1)
        with pytest.raises(cf.TimeoutError):
            future.exception(0)
        gate.open()
        assert future.exception() is None

    def test_a_cancelled_one_raises_cancelled_error(self, make, gate):
        executor = make(1)
        executor.submit(gate, 1)
        pending = executor.submit(gate, 2)
        pending.cancel()
        for ask in (pending.result, pending.exception):
            with pytest.raises(cf.CancelledError):
                ask()

    @pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt])
    def test_result_raises_the_same_exception_as_the_call(self, make, kind):
        error = kind("so")
        future = make().submit(fail, error)
        assert future.exception() is error
        with pytest.raises(kind) as caught:
            future.result()
        assert caught.value is error
        assert "fail" in [entry.name for entry in caught.traceback]

    def test_callbacks_are_called_with_the_future_in_their_order(self, make, gate):
        future, heard = make().submit(gate, 1), []
        for number in range(5):
            future.add_done_callback(lambda f, n=number: heard.append((n, f)))
        gate.open()
        wait_for(lambda: len(heard) == 5)
        assert heard == [(n, future) for n in range(5)]

    def test_a_callback_that_raises_is_logged_and_ignored(self, make, gate, caplog):
        future, heard = make().submit(gate, 1), []
        future.add_done_callback(lambda _: fail(KeyError("callback")))
        future.add_done_callback(heard.append)
        gate.open()
        wait_for(lambda: heard)
        assert "exception calling callback" in caplog.text
        assert future.result() == 1

    def test_a_callback_of_what_is_done_or_cancelled_is_called_at_once(
        self, make, gate
    ):
        executor, heard = make(1), []
        done = executor.submit(abs, -1)
        done.result()
        executor.submit(gate, 1)
        called_off = executor.submit(gate, 2)
        called_off.cancel()
        for future in (done, called_off):
            future.add_done_callback(heard.append)
        assert heard == [done, called_off]

    def test_callbacks_are_called_on_cancel(self, make, gate):
        executor, heard = make(1), []
        executor.submit(gate, 1)
        pending = executor.submit(gate, 2)
        pending.add_done_callback(heard.append)
        pending.cancel()
        assert heard == [pending]

    def test_a_call_begins_by_being_set_running_which_is_done_once(self):
        future = TaskFuture()
        assert future.set_running_or_notify_cancel()
        assert future.running()
        with pytest.raises(RuntimeError):
            future.set_running_or_notify_cancel()

    def test_set_running_tells_who_waits_for_one_that_was_cancelled(self):
        future, heard = TaskFuture(), []
        cf.Future.cancel(future)
        waits = threading.Thread(target=lambda: heard.append(cf.wait([future])))
        waits.start()
        assert not future.set_running_or_notify_cancel()
        waits.join(DEADLINE)
        assert heard[0].done == {future}

    def test_set_running_cannot_follow_the_end(self, make):
        done, failed = make().submit(abs, -1), make().submit(fail, KeyError())
        for future in (done, failed):
            future.exception()
            with pytest.raises(RuntimeError):
                future.set_running_or_notify_cancel()

    @pytest.mark.parametrize("kind", ["result", "exception"])
    def test_what_is_done_takes_no_other_end(self, make, gate, kind):
        executor = make(1)
        done, _ = executor.submit(abs, -1), executor.submit(gate, 1)
        pending = executor.submit(gate, 2)
        pending.cancel()
        assert done.result() == 1
        for future in (done, pending):
            with pytest.raises(cf.InvalidStateError):
                getattr(future, f"set_{kind}")(KeyError())
        assert done.result() == 1
        assert pending.cancelled()

    def test_an_end_that_somebody_else_sets_stands_and_holds_nothing_up(
        self, make, gate
    ):
        executor, error = make(1), KeyError()
        running, told = executor.submit(gate, 1), executor.submit(gate, 2)
        failed, last = executor.submit(gate, 3), executor.submit(gate, 4)
        gate.wait_for(1)
        for future in (running, told):
            future.set_result("set")
        failed.set_exception(error)
        gate.open()
        executor.shutdown()
        assert (running.result(), told.result(), last.result()) == ("set", "set", 4)
        assert failed.exception() is error

    def test_it_has_all_that_the_base_class_sets(self):
        assert vars(TaskFuture()).keys() == vars(cf.Future()).keys()
        base, ours = cf.Future(), TaskFuture()
        for name in ("_state", "_result", "_exception", "_waiters", "_done_callbacks"):
            assert getattr(ours, name) == getattr(base, name)


class TestModuleFunctions:
    def test_wait_returns_when_all_are_completed(self, make):
        executor = make()
        futures = [executor.submit(abs, n) for n in range(9)]
        done, left = cf.wait([*futures, futures[0]], DEADLINE)
        assert (done, left) == ({*futures}, set())

    def test_wait_for_the_first_completed(self, make, gate):
        executor = make(2)
        slow, quick = executor.submit(gate, 1), executor.submit(abs, -1)
        done, left = cf.wait([slow, quick], return_when=cf.FIRST_COMPLETED)
        assert (done, left) == ({quick}, {slow})

    def test_wait_for_the_first_exception(self, make, gate):
        executor = make(2)
        slow, wrong = executor.submit(gate, 1), executor.submit(fail, KeyError())
        done, left = cf.wait([slow, wrong], return_when=cf.FIRST_EXCEPTION)
        assert (done, left) == ({wrong}, {slow})

    def test_a_cancelled_future_counts_as_completed_at_once(self, make, gate):
        executor = make(1)
        executor.submit(gate, 1)
        pending = executor.submit(gate, 2)
        pending.cancel()
        assert cf.wait([pending], DEADLINE).done == {pending}

    def test_who_waits_already_hears_of_a_cancel(self, make, gate):
        executor, found = make(1), []
        executor.submit(gate, 1)
        pending = executor.submit(gate, 2)
        waiter = threading.Thread(target=lambda: found.append(cf.wait([pending])))
        waiter.start()
        wait_for(lambda: pending._waiters)
        pending.cancel()
        waiter.join(DEADLINE)
        assert found[0].done == {pending}

    def test_as_completed_gives_them_as_they_complete(self, make, gate):
        executor = make(3)
        futures = {executor.submit(gate, n): n for n in range(3)}
        gate.wait_for_count(3)
        found = []
        gate.open(1)
        for future in cf.as_completed(futures, DEADLINE):
            found.append(futures[future])
            gate.open({1: 2, 2: 0, 0: 0}[found[-1]])
        assert found == [1, 2, 0]

    def test_wait_returns_after_its_timeout_with_what_is_not_done(self, make, gate):
        executor = make(1)
        quick, slow = executor.submit(abs, -1), executor.submit(gate, 1)
        gate.wait_for(1)
        done, left = cf.wait([quick, slow], timeout=0.001)
        assert (done, left) == ({quick}, {slow})

    def test_as_completed_gives_what_is_completed_first_and_each_once(self, make, gate):
        executor = make(1)
        done, later = executor.submit(abs, -1), executor.submit(gate, 1)
        gate.wait_for(1)
        found = cf.as_completed([later, done, later, done], DEADLINE)
        assert next(found) is done
        gate.open()
        assert list(found) == [later]

    def test_as_completed_raises_timeout_error(self, make, gate):
        with pytest.raises(TimeoutError, match=r"1 \(of 1\) futures unfinished"):
            list(cf.as_completed([make().submit(gate, 1)], timeout=0))


class TestMemory:
    """Nothing lives longer than with the standard library."""

    def test_arguments_go_when_the_call_has_ended(self, make):
        executor, thing = make(), Thing()
        gone = weakref.ref(thing)
        future = executor.submit(thing.method)
        del thing
        future.result()
        del future
        wait_for(lambda: gc.collect() >= 0 and gone() is None)
        assert executor.run.df["item"].astype(str).tolist() == ["method()"]

    def test_results_go_with_their_future(self, make):
        executor = make()
        for found in executor.map(lambda _: Thing(), range(5)):
            gone = weakref.ref(found)
            del found
            wait_for(lambda gone=gone: gone() is None)

    def test_the_row_has_the_result_while_there_is_its_future(self, make):
        executor = make()
        future = executor.submit(list, "ab")
        assert future.result() == ["a", "b"]
        executor.shutdown()
        assert executor.run.results == [["a", "b"]]
        assert [row[1] for row in executor.run] == [["a", "b"]]
        del future
        gc.collect()
        assert executor.run.df["result"].astype(str).tolist() == ["<list>"]

    def test_keep_results_keeps_all_of_it(self, make):
        executor = make(keep_results=True)
        executor.submit(sorted, [2, 1]).result()
        executor.shutdown()
        assert executor.run.results == [[1, 2]]
        assert repr(executor.run.df["item"][0]) == "sorted([2, 1])"

    def test_without_rows_any_number_of_calls_goes_through(self, make):
        executor = make(2, keep_results=False)
        assert sum(executor.map(abs, range(5000))) == sum(range(5000))
        executor.shutdown()
        assert executor.run.snapshot().finished == 5000

    def test_an_executor_that_is_gone_ends_with_its_calls(self, gate):
        executor = nbp.Executor(1)
        run, future = executor.run, executor.submit(gate, 1)
        gone = weakref.ref(executor)
        del executor
        gc.collect()
        assert gone() is None
        assert not future.done()
        gate.open()
        assert future.result() == 1
        assert run.wait(DEADLINE)

    def test_an_idle_executor_that_is_gone_ends(self):
        executor = nbp.Executor(1)
        run = executor.run
        executor.submit(abs, 1).result()
        wait_for(lambda: run._life.scheduler.crew.idle)
        del executor
        gc.collect()
        assert run.wait(DEADLINE)


class TestRun:
    def test_each_call_has_its_row(self, make):
        executor = make(2)
        executor.submit(pow, 2, 8)
        executor.submit(fail, KeyError("k"))
        executor.shutdown()
        found = executor.run.df
        assert found["item"].astype(str)[0] == "pow(2, 8)"
        assert found["status"].tolist() == ["ok", "error"]
        assert found["result"][0] == 256
        assert isinstance(found["error"][1], KeyError)
        assert found["seconds"].notna().all()

    def test_it_is_told_as_its_run_is(self, make):
        executor, named = make(2), make(2, "pages")
        executor.submit(abs, -1)
        executor.shutdown()
        assert repr(executor) == "<Executor: done, 1 ok>"
        assert repr(named) == "<Executor pages: running, no tasks>"

    def test_a_row_has_both_ends_of_a_long_argument(self, make):
        executor = make(1)
        executor.submit(len, "/a/folder/that/has/a/long/name/pages.txt").result()
        assert str(executor.run.df["item"][0]) == "len('/a/folder/th...ame/pages.txt')"

    def test_cancel_cancels_pending_calls_and_gives_up_running_ones(self, make, gate):
        executor = make(1, grace=0)
        running, pending = executor.submit(gate, 1), executor.submit(gate, 2)
        gate.wait_for(1)
        executor.run.cancel()
        assert executor.run.wait(DEADLINE)
        assert pending.cancelled()
        assert isinstance(running.exception(DEADLINE), nbp.TaskCancelled)
        assert executor.run.state is State.CANCELLED
        with pytest.raises(RuntimeError, match="was cancelled; make another"):
            executor.submit(abs, 1)

    def test_pause_holds_back_what_has_not_begun(self, make, gate):
        executor = make(1)
        executor.submit(abs, 1).result()
        executor.run.pause()
        future = executor.submit(gate, 1)
        assert executor.run.state is State.PAUSED
        assert not future.running()
        executor.run.resume()
        gate.open()
        assert future.result(DEADLINE) == 1

    def test_a_pause_before_the_first_call_holds_it_back_too(self, make):
        executor = make(1)
        executor.run.pause()
        future = executor.submit(len, "abc")
        executor.run.resume()
        assert future.result(DEADLINE) == 3

    def test_after_a_pause_there_are_workers_for_all_that_was_submitted(
        self, make, gate
    ):
        executor = make(4)
        executor.submit(abs, 1).result()
        executor.run.pause()
        for number in range(4):
            executor.submit(gate, number)
        executor.run.resume()
        gate.wait_for_count(4)

    def test_a_timeout_is_told_by_the_future_and_others_go_on(self, make, gate):
        executor = make(1, timeout=0.05)
        hung = executor.submit(gate, 1)
        assert isinstance(hung.exception(DEADLINE), nbp.TaskTimeout)
        assert executor.submit(abs, -1).result(DEADLINE) == 1
        executor.shutdown()
        assert executor.run.df["status"].tolist() == ["timeout", "ok"]

    def test_with_retries_the_future_tells_of_the_last_attempt(self, make):
        tries = itertools.count()

        def flaky():
            if next(tries) < 2:
                raise ConnectionError
            return "at last"

        executor = make(retries=3, backoff=0)
        assert executor.submit(flaky).result(DEADLINE) == "at last"
        error = executor.submit(fail, KeyError("always")).exception(DEADLINE)
        executor.shutdown()
        assert isinstance(error, KeyError)
        assert executor.run.df["attempts"].tolist() == [3, 4]

    def test_there_is_no_retry_and_no_button_for_it(self, make):
        executor = make()
        executor.submit(fail, KeyError()).exception()
        executor.shutdown()
        with pytest.raises(nbp.UsageError, match="Submit it again"):
            executor.run.retry()
        assert "retry" not in executor.run.snapshot().advice
        assert executor.run.snapshot().once

    def test_on_error_raise_cancels_the_rest_and_is_raised_by_shutdown(self, gate):
        executor = nbp.Executor(1, on_error="raise")
        wrong, pending = executor.submit(fail, KeyError("k")), executor.submit(gate, 1)
        gate.open()
        with pytest.raises(KeyError):
            executor.shutdown()
        assert isinstance(wrong.exception(), KeyError)
        assert pending.done()

    def test_a_rate_bounds_how_many_start(self, make):
        executor = make(4, rate="100/s")
        began = time.perf_counter()
        list(executor.map(abs, range(6)))
        assert time.perf_counter() - began >= 0.03

    def test_printed_text_is_in_the_rows(self, make):
        executor = make()
        executor.submit(print, "hello").result()
        executor.shutdown()
        assert executor.run.df["output"][0] == "hello\n"

    def test_inside_a_task_it_has_workers_of_its_own(self):
        def task(number):
            with nbp.Executor(2) as executor:
                futures = [executor.submit(pow, number, n) for n in range(4)]
                done, _ = cf.wait(futures, DEADLINE)
                return sum(future.result() for future in done)

        found = nbp.pmap(task, [1, 2], workers=1).results
        assert found == [4, 15]

    def test_a_run_inside_of_a_call_shares_its_workers(self, make):
        executor = make(1)
        found = executor.submit(lambda: nbp.pmap(abs, [-1, -2]).results)
        assert found.result(DEADLINE) == [1, 2]

    def test_it_can_be_the_backend_of_another_run(self, make):
        assert nbp.pmap(abs, range(100), backend=make(2)).results == list(range(100))

    def test_shutdown_by_a_call_of_its_own_is_refused(self, make):
        executor = make(1)
        error = executor.submit(executor.shutdown).exception(DEADLINE)
        assert isinstance(error, RuntimeError)
        assert "cannot join current thread" in str(error)

    def test_ctrl_c_in_the_with_block_cancels_what_is_left(self, gate):
        executor = nbp.Executor(1, grace=0)
        futures = [executor.submit(gate, n) for n in (1, 2)]
        gate.wait_for(1)
        with pytest.raises(KeyboardInterrupt), executor:
            fail(KeyboardInterrupt())
        assert futures[1].cancelled()
        assert executor.run.state is State.CANCELLED


class TestWaitingForEachOther:
    """With one worker: whoever waits carries out what it waits for."""

    def test_with_a_timeout_too(self, make):
        executor = make(1)
        found = executor.submit(lambda: executor.submit(len, "abc").result(DEADLINE))
        assert found.result(DEADLINE) == 3

    def test_a_look_carries_nothing_out(self, make):
        executor = make(1)

        def look():
            future = executor.submit(len, "abc")
            with pytest.raises(TimeoutError):
                future.result(timeout=0)
            return future

        assert executor.submit(look).result(DEADLINE).result(DEADLINE) == 3

    def test_in_a_run_that_has_the_executor_as_its_backend(self, make):
        executor = make(1)
        run = nbp.pmap(
            lambda value: executor.submit(abs, value).result(),
            [-1, -2],
            backend=executor,
            block=False,
        )
        assert run.wait(DEADLINE)
        assert run.results == [1, 2]

    @pytest.mark.parametrize("workers", [1, 2])
    def test_in_a_run_inside_of_a_call(self, make, workers):
        executor = make(workers)

        def nested():
            items = range(20)
            return nbp.pmap(lambda n: executor.submit(abs, n).result(), items).results

        assert executor.submit(nested).result(DEADLINE) == [*range(20)]

    def test_a_call_that_waits_for_itself_is_told_so(self, make, gate):
        executor, own = make(1), []

        def call():
            gate(0)
            return own[0].result()

        own.append(executor.submit(call))
        gate.open()
        assert "wait for its own result" in str(own[0].exception(DEADLINE))

    def test_so_are_two_that_one_worker_carries_out(self, make, gate):
        executor, futures = make(1), {}
        executor.submit(gate, 0)

        def wait(name):
            return futures[name].result()

        futures["a"] = executor.submit(wait, "b")
        futures["b"] = executor.submit(wait, "a")
        gate.open()
        for future in futures.values():
            assert "wait for its own result" in str(future.exception(DEADLINE))

    def test_shutdown_in_a_run_inside_of_a_call_is_refused(self, make):
        executor = make(2)

        def nested():
            run = nbp.pmap(lambda _: executor.shutdown(), range(4))
            return [str(error) for error in run.errors.values()]

        told = executor.submit(nested).result(DEADLINE)
        assert len(told) == 4
        assert all("wait for its own end" in each for each in told)


class TestBackends:
    @pytest.fixture(params=["processes", "pool"])
    def afar(self, request, make):
        if request.param == "processes":
            yield make(1, backend="processes")
            return
        with cf.ThreadPoolExecutor(2) as pool:
            executor = make(backend=pool)
            yield executor
            executor.shutdown()

    def test_results_and_errors_come_back(self, afar):
        futures = [afar.submit(pow, 2, n) for n in range(5)]
        wrong = afar.submit(divmod, 1, 0)
        assert [future.result(DEADLINE) for future in futures] == [1, 2, 4, 8, 16]
        assert isinstance(wrong.exception(DEADLINE), ZeroDivisionError)
        assert list(afar.map(abs, [-1, -2])) == [1, 2]
        afar.shutdown()
        assert afar.run.df["item"].astype(str)[2] == "pow(2, 2)"

    def test_a_call_that_a_cancel_ends_raises_task_cancelled(self, make, tmp_path):
        executor = make(1, backend="processes", grace=0)
        begun = tmp_path / "begun"
        running = executor.submit(touch_and_hang, begun)
        pending = executor.submit(abs, 1)
        wait_for(begun.exists)
        executor.run.cancel()
        assert isinstance(running.exception(DEADLINE), nbp.TaskCancelled)
        assert pending.cancelled()
        assert executor.run.wait(DEADLINE)
        assert executor.run.df["status"].tolist() == ["cancelled", "cancelled"]

    def test_in_a_task_of_a_process_it_has_threads(self):
        run = nbp.pmap(length_by_executor, ["ab"], backend="processes", workers=1)
        assert run.results == [2]

    @pytest.mark.parametrize("backend", ["asyncio", "inline"])
    def test_a_default_that_cannot_be_is_none(self, make, backend):
        with nbp.defaults(backend=backend):
            executor = make(1)
            assert executor.submit(len, "ab").result(DEADLINE) == 2
        assert executor.run.options.backend == "threads"

    def test_processes_call_the_initializer(self, make):
        import decimal

        executor = make(
            1, initializer=decimal.getcontext, initargs=(), backend="processes"
        )
        assert executor.submit(abs, -1).result(DEADLINE) == 1

    def test_an_initializer_that_raises_there_breaks_it_here(self, make, caplog):
        caplog.set_level(logging.CRITICAL, "concurrent.futures")
        executor = make(1, "", divmod, (1, 0), backend="processes")
        futures = [executor.submit(abs, n) for n in range(3)]
        for future in futures:
            assert isinstance(future.exception(DEADLINE), stdlib.BrokenThreadPool)
        with pytest.raises(stdlib.BrokenThreadPool):
            executor.submit(abs, 1)
        executor.shutdown()
        assert caplog.text.count("Exception in initializer:") == 1
        assert "ZeroDivisionError" in caplog.text

    def test_an_argument_that_cannot_be_pickled_is_named(self, make):
        executor = make(1, backend="processes")
        by_place = executor.submit(len, threading.Lock())
        by_name = executor.submit(len, obj=threading.Lock())
        assert ".args[0] is of type _thread.lock" in str(by_place.exception(DEADLINE))
        assert ".kwargs['obj'] is of" in str(by_name.exception(DEADLINE))

    @pytest.mark.parametrize("backend", ["asyncio", "inline"])
    def test_others_are_refused(self, backend):
        with pytest.raises(nbp.BadValue, match=f"backend='{backend}': an executor"):
            nbp.Executor(backend=backend)


class TestBadInput:
    def test_an_option_that_means_nothing_here_is_refused(self):
        with pytest.raises(nbp.BadType, match="unpack='args': an executor has no such"):
            nbp.Executor(unpack="args")
        with pytest.raises(nbp.BadType, match=r"journal='x.db'.* it keeps no journal"):
            nbp.Executor(journal="x.db")

    def test_an_unknown_option_names_the_nearest(self):
        with pytest.raises(nbp.BadType, match="timeout"):
            nbp.Executor(timeuot=1)

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"max_workers": "8"}, "max_workers='8': must be a whole number"),
            ({"initargs": 5}, "initargs=5: must be a tuple"),
            ({"initialiser": len}, "Did you mean 'initializer'"),
            ({"mp_context": None}, "started in one way"),
            ({"depth": 2}, r"executor\.submit\(fetch, depth=…\)"),
        ],
    )
    def test_it_is_said_what_would_be_right(self, options, told):
        with pytest.raises(nbp.BadType, match=told):
            nbp.Executor(**options)

    def test_only_options_that_it_has_are_offered(self):
        with pytest.raises(nbp.BadType) as caught:
            nbp.Executor(depth=2)
        offered = str(caught.value).partition("The options are ")[2].split(".")[0]
        assert {"workers", "initargs"} <= {*offered.split(", ")}
        assert {"journal", "unpack", "block"}.isdisjoint(offered.split(", "))

    def test_as_many_workers_as_the_work_rewards(self, make):
        assert make(max_workers="auto").run.options.workers == "auto"

    def test_any_value_is_a_prefix(self, make):
        executor = make(1, 5)
        assert executor.submit(threading.current_thread).result().name == "5_0"

    def test_workers_may_be_said_once(self):
        with pytest.raises(nbp.BadValue, match=r"write Executor\(2\)"):
            nbp.Executor(2, workers=3)
        assert nbp.Executor(workers=3)._max_workers == 3


@pytest.mark.parametrize("seed", range(50))
def test_under_random_delays_every_call_is_told_once(seed):
    chance = random.Random(seed)
    waits = [chance.choice([0, 0, 0, chance.random() / 500]) for _ in range(60)]
    calls, heard = [], []

    def call(number):
        calls.append(number)
        nbp.sleep(waits[number])
        if number % 7 == 3:
            raise ValueError(number)
        return number

    with nbp.Executor(chance.randint(1, 6)) as executor:
        futures = []
        for number in range(60):
            futures.append(executor.submit(call, number))
            futures[-1].add_done_callback(heard.append)
            if chance.random() < 0.1:
                chance.choice(futures).cancel()
        if chance.random() < 0.3:
            executor.shutdown(wait=False, cancel_futures=True)
    assert all(future.done() for future in futures)
    assert len(heard) == len({*heard}) == 60
    statuses = executor.run.df["status"].tolist()
    for number, future in enumerate(futures):
        if future.cancelled():
            assert statuses[number] == "cancelled"
            assert number not in calls
        elif number % 7 == 3:
            assert statuses[number] == "error"
            assert future.exception().args == (number,)
        else:
            assert statuses[number] == "ok"
            assert future.result() == number
    assert len(calls) == len({*calls})


SLEEPER = """
import threading, time
import nbparallel as nbp
def later(seconds, text):
    time.sleep(seconds)
    print(text, flush=True)
"""


def script(body, *, timeout=40):
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SLEEPER + body],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class TestExit:
    def test_pending_calls_are_made_before_the_interpreter_exits(self):
        done = script(
            "e = nbp.Executor(1)\nfor n in range(3): e.submit(later, 0.05, n)"
        )
        assert (done.stdout, done.stderr) == ("0\n1\n2\n", "")

    def test_a_pause_that_nobody_ends_is_ended(self):
        done = script(
            "e = nbp.Executor(1)\ne.submit(abs, 1).result()\ne.run.pause()\n"
            "e.submit(later, 0.05, 'apple')"
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "apple\n", "")

    def test_those_of_an_executor_that_is_gone_too(self):
        done = script("nbp.Executor().submit(later, 0.3, 'apple')")
        assert (done.stdout, done.stderr) == ("apple\n", "")

    def test_and_after_a_shutdown_that_did_not_wait(self):
        done = script(
            "e = nbp.Executor()\ne.submit(later, 0.3, 'apple')\ne.shutdown(wait=False)"
        )
        assert (done.stdout, done.stderr) == ("apple\n", "")

    def test_calls_submitted_at_exit_are_refused(self):
        done = script(
            "import atexit\n"
            "e = nbp.Executor()\n"
            "@atexit.register\n"
            "def last():\n"
            "    try: e.submit(id, None)\n"
            "    except RuntimeError as error: print(error)\n"
        )
        assert done.stdout == "cannot schedule new futures after interpreter shutdown\n"

    def test_a_call_that_hangs_does_not_hold_up_the_exit(self):
        done = script(
            "nbp.Executor.patience = 0.2\n"
            "e = nbp.Executor(2)\n"
            "e.submit(threading.Event().wait)\n"
            "e.submit(later, 0.1, 'apple')\n"
        )
        assert done.returncode == 0
        assert done.stdout == "apple\n"
        assert "calls of Executor that go on: 1 of them, such as wait()" in done.stderr

    def test_nor_where_other_workers_make_the_calls_that_wait(self):
        done = script(
            "nbp.Executor.patience = 0.2\n"
            "e = nbp.Executor(2)\n"
            "e.submit(threading.Event().wait)\n"
            "for n in range(4): e.submit(later, 0.3, n)\n"
        )
        assert done.returncode == 0
        assert done.stdout == "0\n1\n2\n3\n"
        assert "go on: 1 of them, such as wait()" in done.stderr

    def test_calls_that_have_not_begun_are_made_however_slow_all_are(self):
        done = script(
            "nbp.Executor.patience = 0.2\n"
            "e = nbp.Executor(2)\n"
            "for n in range(6): e.submit(later, 0.6, n)\n"
        )
        assert done.returncode == 0
        assert sorted(done.stdout.split()) == [*"012345"]
        waits = "2 that go on, such as later(0.6, 0), later(0.6, 1), and 4 that have"
        assert done.stderr.count(waits) == 1
        assert "exits without" not in done.stderr

    @pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
    def test_where_all_workers_hang_ctrl_c_ends_the_wait(self):
        body = (
            "import signal\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "nbp.Executor.patience = 0.2\n"
            "e = nbp.Executor(1, grace=0.1)\n"
            "e.submit(threading.Event().wait)\n"
            "e.submit(print, 'never')\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", SLEEPER + body],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert "waits for the calls of Executor" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            printed, _ = process.communicate(timeout=40)
        assert printed == ""

    def test_nor_one_that_has_timed_out_or_was_cancelled(self):
        done = script(
            "nbp.Executor.patience = 1000.0\n"
            "e = nbp.Executor(timeout=0.1)\n"
            "print(type(e.submit(threading.Event().wait).exception()).__name__)\n"
            "e = nbp.Executor(grace=0.1)\n"
            "f = e.submit(threading.Event().wait)\n"
            "while not f.running(): time.sleep(0.001)\n"
            "e.run.cancel()\n"
        )
        assert (done.stdout, done.stderr) == ("TaskTimeout\n", "")

    def test_ctrl_c_ends_a_script_at_once(self):
        done = script(
            "import signal\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "nbp.Executor.patience = 1000.0\n"
            "e = nbp.Executor(1, grace=0.1)\n"
            "f = e.submit(threading.Event().wait)\n"
            "e.submit(print, 'never')\n"
            "while not f.running(): time.sleep(0.001)\n"
            "signal.raise_signal(signal.SIGINT)\n"
        )
        assert done.stdout == ""
        assert done.stderr.endswith("KeyboardInterrupt\n")

    @pytest.mark.skipif(sys.platform == "win32", reason="this platform cannot fork")
    def test_a_forked_child_has_workers_of_its_own(self):
        done = script(
            "import os\n"
            "e = nbp.Executor(2)\n"
            "print(e.submit(pow, 2, 3).result(), flush=True)\n"
            "if os.fork() == 0:\n"
            "    print(e.submit(pow, 2, 4).result(10), flush=True)\n"
            "else:\n"
            "    os.wait()\n"
            "    print(e.submit(pow, 2, 5).result(10))\n"
        )
        assert done.stdout == "8\n16\n32\n", done.stderr
