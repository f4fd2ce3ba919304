"""Coroutines: what they have that no other kind of worker has."""

from __future__ import annotations

import asyncio
import functools
import operator
import threading
import time
from contextvars import ContextVar
from functools import partial

import pytest

import nbparallel as nbp
from nbparallel.engine import hooks
from nbparallel.testing import DEADLINE
from nbparallel.types import State, Status
from nbparallel.workers import loop as loops
from tests.engine.conftest import wait_for

say = print  # what tasks print is part of what is tested

KIND = ContextVar("KIND", default="default")


async def double(number):
    await asyncio.sleep(0)
    return 2 * number


async def where(_=None):
    return asyncio.get_running_loop(), threading.current_thread().name


class Asked:
    """Coroutines that wait until they are let go, or cancelled."""

    def __init__(self):
        self.begun = threading.Semaphore(0)
        self.let_go = asyncio.Event()
        self.cancelled = []

    async def __call__(self, item):
        self.begun.release()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled.append(item)
            raise
        return item

    def wait_for(self, count):
        for _ in range(count):
            assert self.begun.acquire(timeout=DEADLINE)


class TestWhoTakesIt:
    def test_an_async_function_does_so_by_itself(self):
        run = nbp.pmap(double, [1, 2])

        assert run.results == [2, 4]
        assert run.options.backend == "asyncio"

    def test_so_do_objects_methods_and_partials(self):
        class Doubling:
            async def __call__(self, number):
                return await double(number)

            async def method(self, number):
                return await double(number)

        fns = Doubling(), Doubling().method, partial(double), partial(Doubling())

        for fn in fns:
            run = nbp.pmap(fn, [2])
            assert (run.results, run.options.backend) == ([4], "asyncio")

    def test_a_plain_function_takes_threads(self):
        assert nbp.pmap(abs, [1]).options.backend == "threads"

    def test_what_the_user_says_outranks_it(self):
        with nbp.defaults(backend="threads"):
            run = nbp.pmap(double, [1])

        assert (run.results, run.options.backend) == ([2], "threads")
        assert nbp.pmap(double, [1], backend="inline").results == [2]

    def test_there_are_64_at_a_time(self):
        asked = Asked()
        run = nbp.pmap(asked, range(100), block=False)
        asked.wait_for(64)

        shot = run.snapshot()
        assert shot.workers == shot.counts[Status.RUNNING] == 64
        release(asked, run)
        assert run.results == list(range(100))

    def test_any_number_of_workers_may_be_allowed(self):
        assert nbp.pmap(double, range(1000), workers=10**12).results[999] == 1998

    def test_a_plain_function_works_in_threads(self):
        def name(_):
            return threading.current_thread().name

        assert nbp.pmap(name, [1], backend="asyncio").results == ["nbparallel-0"]

    def test_a_coroutine_is_never_a_result(self):
        def plain(number):
            return double(number)

        run = nbp.pmap(plain, range(5), backend="asyncio")

        assert run.results == [0, 2, 4, 6, 8]

    @pytest.mark.filterwarnings("error")
    def test_what_only_returns_a_coroutine_is_awaited_here_and_refused_elsewhere(
        self, backend
    ):
        plain = functools.partial(operator.call, double)
        run = nbp.pmap(plain, range(5), backend=backend)

        if backend == "asyncio":
            assert run.results == [0, 2, 4, 6, 8]
        else:
            assert run.df["status"].tolist() == ["error"] * 5
            error = run.errors[4]
            assert isinstance(error, TypeError)
            assert str(error).startswith("the task returned a coroutine of 'double',")
            assert str(error).endswith('write backend="asyncio", which does')

    @pytest.mark.parametrize("backend", ["threads", "inline"])
    def test_among_other_results_it_is_refused_by_itself(self, backend):
        def sometimes(number):
            return double(number) if number % 2 else number

        run = nbp.pmap(sometimes, range(20), backend=backend)

        assert run.df["status"].tolist() == ["ok", "error"] * 10

    def test_arguments_are_unpacked_as_ever(self):
        async def add(one, two=1):
            return one + two

        assert nbp.pmap(add, [1, 2], [10, 20]).results == [11, 22]
        assert nbp.pmap(add, [{"one": 3}], unpack="kwargs").results == [4]


class TestTheLoop:
    def test_is_one_for_all_runs(self):
        found = {*nbp.pmap(where, range(100)).results, *nbp.pmap(where, [1]).results}

        ((_, thread),) = found
        assert thread == "nbparallel-loop"

    def test_does_not_keep_the_interpreter(self):
        nbp.pmap(where, [1])

        ours = [t for t in threading.enumerate() if t.name.startswith("nbparallel-")]
        assert ours
        assert all(thread.daemon for thread in ours)

    def test_goes_on_though_a_task_of_a_task_exits(self):
        async def leave():
            raise SystemExit

        async def task(_):
            await asyncio.gather(asyncio.create_task(leave()))

        run = nbp.pmap(task, [1])

        assert isinstance(run.errors[0], SystemExit)
        assert nbp.pmap(double, [1]).results == [2]

    def test_goes_on_though_a_task_stops_it(self):
        async def stop(_):
            asyncio.get_running_loop().stop()

        assert nbp.pmap(stop, range(3)).results == [None] * 3
        assert nbp.pmap(double, [1]).results == [2]

    def test_what_cancels_every_task_leaves_rows(self):
        async def cancel_all(_):
            for task in asyncio.all_tasks():
                task.cancel()

        run = nbp.pmap(cancel_all, range(3))

        assert run.state is State.DONE
        assert {type(error) for error in run.errors.values()} == {
            asyncio.CancelledError
        }


class TestContext:
    def test_each_task_has_a_copy_of_the_callers(self):
        async def task(number):
            before = KIND.get()
            KIND.set(number)
            await asyncio.sleep(0)
            return before, KIND.get()

        token = KIND.set("mine")
        run = nbp.pmap(task, range(100), workers=3)
        KIND.reset(token)

        assert run.results == [("mine", number) for number in range(100)]

    def test_what_a_task_prints_is_in_its_row(self):
        async def task(number):
            say("begins", number)
            await asyncio.sleep(0)
            await asyncio.gather(inner(number), inner(number))
            say("ends", number)

        async def inner(number):
            say("inner", number)

        run = nbp.pmap(task, range(10))

        assert run.df["output"].tolist() == [
            f"begins {n}\ninner {n}\ninner {n}\nends {n}\n" for n in range(10)
        ]

    def test_a_traceback_starts_in_the_users_function(self):
        async def outer(_):
            await inner()

        async def inner():
            await asyncio.sleep(0)
            raise ValueError

        trace, names = nbp.pmap(outer, [1]).errors[0].__traceback__, []
        while trace is not None:
            names.append(trace.tb_frame.f_code.co_name)
            trace = trace.tb_next

        assert names == ["outer", "inner"]

    def test_what_cannot_be_called_is_a_row_each(self):
        async def task(one):
            return one

        items = [(1,), (1, 2)] * 500
        run = nbp.pmap(task, items, unpack="args")

        assert len(run.errors) == 500
        assert {type(error) for error in run.errors.values()} == {TypeError}


class TestCancel:
    def test_raises_where_a_coroutine_awaits_once_the_grace_is_over(self):
        asked = Asked()
        run = nbp.pmap(asked, range(10), workers=3, grace=0, block=False)
        asked.wait_for(3)
        run.cancel()

        assert run.wait(DEADLINE)
        assert run.df["status"].tolist() == ["cancelled"] * 10
        wait_for(lambda: len(asked.cancelled) == 3)
        wait_for(lambda: run.snapshot().abandoned == 0)

    def test_leaves_coroutines_the_grace_to_end(self):
        asked = Asked()
        run = nbp.pmap(asked, range(3), workers=1, grace=DEADLINE, block=False)
        asked.wait_for(1)
        run.cancel()
        release(asked, run)

        assert run.wait(DEADLINE)
        assert run.df["status"].tolist() == ["ok", "cancelled", "cancelled"]

    def test_one_that_swallows_it_is_left_behind(self):
        asked, over = Asked(), threading.Event()

        async def stubborn(item):
            try:
                await asked(item)
            except asyncio.CancelledError:
                await asked.let_go.wait()
            over.set()
            return item

        run = nbp.pmap(stubborn, [1], grace=0, block=False)
        asked.wait_for(1)
        run.cancel()
        assert run.wait(DEADLINE)
        wait_for(lambda: asked.cancelled)
        assert run.snapshot().abandoned == 1
        assert nbp.pmap(double, [1]).results == [2]

        release(asked, run)
        assert over.wait(DEADLINE)
        wait_for(lambda: run.snapshot().abandoned == 0)
        assert run.df["status"].tolist() == ["cancelled"]

    def test_one_that_blocks_the_loop_does_not_block_the_next_run(self, gate):
        async def block(item):
            gate(item)

        run = nbp.pmap(block, range(3), grace=0, block=False)
        gate.wait_for_count(1)
        run.cancel()
        assert run.wait(DEADLINE)
        assert run.df["status"].tolist() == ["cancelled"] * 3

        assert nbp.pmap(double, range(100)).results == list(range(0, 200, 2))
        gate.open()
        wait_for(lambda: run.snapshot().abandoned == 0)

    def test_reaches_what_a_plain_function_has_awaited(self):
        asked = Asked()

        def plain(item):
            return asked(item)

        run = nbp.pmap(plain, [1], backend="asyncio", grace=0, block=False)
        asked.wait_for(1)
        run.cancel()

        assert run.wait(DEADLINE)
        wait_for(lambda: asked.cancelled == [1])

    def test_a_cancelled_error_of_the_tasks_own_is_its_row(self):
        async def task(_):
            raise asyncio.CancelledError

        run = nbp.pmap(task, [1, 2])

        assert run.df["status"].tolist() == ["error", "error"]

    def test_on_error_raise_ends_those_that_wait(self):
        async def task(number):
            if number == 3:
                raise KeyError
            await asyncio.Event().wait()

        with pytest.raises(KeyError):
            nbp.pmap(task, range(10), on_error="raise", grace=0)


class TestAwaiting:
    def test_in_a_loop_that_already_runs(self):
        async def cell():
            run = nbp.pmap(double, range(100), block=False)
            return (await run).results

        assert asyncio.run(cell()) == list(range(0, 200, 2))

    def test_inside_a_coroutine_of_a_run(self):
        async def outer(number):
            run = await nbp.pmap(double, range(number), block=False)
            assert run.nested
            return run.results

        assert nbp.pmap(outer, [1, 2, 3]).results == [[0], [0, 2], [0, 2, 4]]

    def test_a_plain_wait_inside_a_coroutine_is_refused(self):
        async def outer(_):
            nbp.pmap(double, [1])

        errors = nbp.pmap(outer, [1, 2]).errors

        assert {type(error) for error in errors.values()} == {nbp.UsageError}
        assert "await pmap" in str(errors[0])

    def test_threads_may_be_waited_for_inside_a_coroutine(self):
        async def outer(number):
            return nbp.pmap(abs, [-number]).results

        assert nbp.pmap(outer, [1, 2, 3]).results == [[1], [2], [3]]

    def test_who_hears_the_end_may_wait_for_another_run(self):
        heard = []

        class Following(hooks.Hook):
            def run_finished(self, run):
                if run.options.desc == "first":
                    heard.extend(nbp.pmap(double, [1, 2]).results)

        hook = Following()
        hooks.add(hook)
        try:
            nbp.pmap(double, [1], desc="first")
        finally:
            hooks.remove(hook)

        assert heard == [2, 4]


class TestLag:
    def test_a_task_that_keeps_the_loop_is_named(self, monkeypatch, gate):
        monkeypatch.setattr(loops, "LAG", 0.01)

        async def task(number):
            if number == 2:
                gate(number)
            await asyncio.sleep(0)

        run = nbp.pmap(task, range(5), workers=1, block=False)
        gate.wait_for(2)
        wait_for(lambda: run.snapshot().lag)
        gate.open()

        assert run.wait(DEADLINE)
        task, seconds = run.snapshot().lag
        assert task == 2
        assert seconds > 0.005  # no more than was seen of it

    def test_so_is_one_whose_own_task_keeps_it(self, monkeypatch, gate):
        monkeypatch.setattr(loops, "LAG", 0.01)

        async def inner(number):
            gate(number)

        async def task(number):
            if number == 2:
                await asyncio.gather(inner(number))

        run = nbp.pmap(task, range(5), workers=1, block=False)
        gate.wait_for(2)
        wait_for(lambda: run.snapshot().lag)
        gate.open()

        assert run.wait(DEADLINE)
        assert run.snapshot().lag[0] == 2

    def test_what_keeps_the_loop_counts_for_itself_alone(self):
        async def task(seconds):
            time.sleep(seconds)  # noqa: ASYNC251 # which it should not

        columns = nbp.pmap(task, [0.01] * 5).columns()
        starts_and_ends = sorted([*columns.started, *columns.ended])

        assert starts_and_ends[1:-1:2] == sorted(columns.ended)[:-1]

    def test_nobody_is_named_where_all_await(self):
        run = nbp.pmap(double, range(100))

        assert run.snapshot().lag is None


def release(asked, run):
    """Let the coroutines of *run* go on; an event is set in its own loop."""
    run._life.scheduler.backend._loop.soon(asked.let_go.set)
