"""What belongs to a task: context variables, and the text that it prints."""

from __future__ import annotations

import asyncio
import contextvars
import decimal
import io
import logging
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from functools import partial

import pytest

import nbparallel as nbp
from nbparallel.engine import hooks
from nbparallel.testing import DEADLINE, Gate
from nbparallel.workers.printed import MOST_OUTPUT
from nbparallel.workers.scope import context_of_tasks, copies_of
from tests.engine.conftest import APART, BACKENDS, wait_for

pytestmark = pytest.mark.usefixtures("backend")


@pytest.fixture(params=[kind for kind in BACKENDS if kind not in APART])
def backend(request):
    """Those that share our variables and streams, the subject here."""
    return request.param


say = print  # what tasks print is the subject here
colour = contextvars.ContextVar("colour", default="none")


class Stream(io.StringIO):
    """A stream whose ``write`` can be replaced, as a kernel's can."""

    def __init__(self):
        super().__init__()
        self.__dict__.clear()


def outputs(run):
    return run.df["output"].tolist()


class TestVariables:
    def test_what_the_cell_has_set_is_seen_by_tasks(self):
        token = colour.set("red")
        run = nbp.pmap(lambda _: colour.get(), range(3))
        colour.reset(token)

        assert run.results == ["red"] * 3

    def test_what_a_task_sets_is_seen_by_no_other(self):
        def task(number):
            seen = colour.get()
            colour.set(str(number))
            return seen

        assert set(nbp.pmap(task, range(100), workers=1).results) == {"none"}
        assert colour.get() == "none"

    @pytest.mark.parametrize("precision", [7, decimal.DefaultContext.prec])
    def test_decimal_settings_stay_with_the_task_that_changes_them(self, precision):
        # A context keeps them as one object that can be changed
        with decimal.localcontext() as ours:
            ours.prec = precision

            def task(_):
                seen = decimal.getcontext().prec
                decimal.getcontext().prec = 50
                return seen

            def numbers():
                decimal.getcontext().prec = 60
                yield from range(3)

            assert set(nbp.pmap(task, range(100), workers=2).results) == {precision}
            assert nbp.pmap(task, numbers(), workers=1).results == [precision] * 3
            assert decimal.getcontext().prec == precision

    def test_usual_decimal_settings_are_copied_for_nobody(self):
        # That copy costs more than all else that is done for a task.
        with decimal.localcontext(decimal.DefaultContext):
            context = context_of_tasks()
            assert copies_of(context) == context.copy
            decimal.getcontext().prec = 7
            assert context.run(decimal.getcontext).prec == decimal.DefaultContext.prec
            assert isinstance(copies_of(context_of_tasks()), partial)

    def test_a_lazy_input_sees_them_too(self):
        token = colour.set("blue")
        run = nbp.pmap(str, (colour.get() for _ in range(3)))
        colour.reset(token)

        assert run.results == ["blue"] * 3

    def test_what_runs_later_in_a_tasks_context_belongs_to_no_task(self):
        # As an event loop does with what it is asked to call later
        contexts = []
        nbp.pmap(lambda _: contexts.append(contextvars.copy_context()), [1])
        run = contexts[0].run(nbp.pmap, str, [1])

        assert not run.nested
        assert run.results == ["1"]


class TestOutput:
    def test_is_kept_with_its_task(self, capsys):
        def task(number):
            say("out", number)
            say("err", number, file=sys.stderr)

        run = nbp.pmap(task, range(200), workers=4)

        assert outputs(run) == [f"out {n}\nerr {n}\n" for n in range(200)]
        # Several tasks print at once: their pieces come through in any order.
        printed = capsys.readouterr()
        assert sorted(printed.out) == sorted("".join(f"out {n}\n" for n in range(200)))

    def test_is_let_through_only_if_no_view_shows_it(self, capsys):
        class Shows(hooks.Hook):
            def shows_output(self, _):
                return True

        view = Shows()
        hooks.add(view)
        try:
            run = nbp.pmap(say, ["seen"])
        finally:
            hooks.remove(view)

        assert outputs(run) == ["seen\n"]
        assert capsys.readouterr().out == ""

    def test_is_not_kept_where_it_is_not_wanted(self, capsys):
        run = nbp.pmap(say, ["here"], capture=False)

        assert outputs(run) == [""]
        assert capsys.readouterr().out == "here\n"

    def test_is_kept_once_whatever_else_goes_on(self, gate, go):
        def inner(number):
            say("inner", number)

        def outer(number):
            say("outer", number)
            return outputs(nbp.pmap(inner, range(2)))

        go(gate, ["another"])
        gate.wait_for("another")
        run = nbp.pmap(outer, range(3))

        assert outputs(run) == [f"outer {n}\n" for n in range(3)]
        assert run.results == [["inner 0\n", "inner 1\n"]] * 3

    def test_of_a_run_beside_one_that_does_not_keep_it(self, go):
        gate = Gate(then=say)
        loud = go(gate, ["loud"], capture=False)
        quiet = go(gate, ["quiet"])
        gate.wait_for("loud", "quiet")
        gate.open()
        assert loud.wait(DEADLINE)
        assert quiet.wait(DEADLINE)

        assert (outputs(loud), outputs(quiet)) == ([""], ["quiet\n"])

    def test_of_the_calling_cell_is_left_alone(self, go, capsys):
        gate = Gate(then=say)
        run = go(gate, ["task"])
        gate.wait_for("task")
        say("cell")
        gate.open()
        assert run.wait(DEADLINE)

        assert outputs(run) == ["task\n"]
        assert capsys.readouterr().out == "cell\ntask\n"

    def test_is_seen_while_the_task_goes_on(self, go):
        gate = Gate()

        def task(item):
            say("working")
            gate(item)

        run = go(task, [1])
        gate.wait_for(1)

        (row,) = run.snapshot().running
        assert row.output == "working\n"
        gate.open()

    def test_is_bounded_and_says_so(self):
        def task(size):
            for _ in range(size):
                sys.stdout.write("x")

        run = nbp.pmap(task, [MOST_OUTPUT, MOST_OUTPUT + 1, 3 * MOST_OUTPUT])

        exact, *more = outputs(run)
        assert exact == "x" * MOST_OUTPUT
        for text in more:
            assert "…[cut]" in text
            assert text.count("x") == MOST_OUTPUT

    def test_in_one_piece_is_bounded_too(self):
        run = nbp.pmap(lambda n: sys.stdout.write("x" * n), [3 * MOST_OUTPUT])

        (text,) = outputs(run)
        assert "…[cut]" in text
        assert text.count("x") == MOST_OUTPUT

    def test_of_a_retried_task_is_that_of_the_last_attempt(self):
        attempts = []

        def task(item):
            attempts.append(item)
            say("attempt", len(attempts))
            return 1 / (len(attempts) - 1)

        run = nbp.pmap(task, [1])
        run.retry()

        assert outputs(run) == ["attempt 2\n"]

    def test_of_loggers_set_up_before_the_run(self, capsys):
        with capsys.disabled():
            logger = logging.getLogger("nbparallel.tests.output")
            stream = Stream()
            old, sys.stderr = sys.stderr, stream
            handler = logging.StreamHandler()
            logger.addHandler(handler)
            try:
                run = nbp.pmap(logger.warning, ["one", "two"])
            finally:
                sys.stderr = old
                logger.removeHandler(handler)

        assert outputs(run) == ["one\n", "two\n"]
        assert sorted(stream.getvalue().split()) == ["one", "two"]

    def test_of_threads_that_carry_the_tasks_context(self):
        def task(number):
            context = contextvars.copy_context()
            thread = threading.Thread(target=context.run, args=(say, number))
            thread.start()
            thread.join()

        assert outputs(nbp.pmap(task, range(3), workers=1)) == ["0\n", "1\n", "2\n"]

    def test_that_comes_after_the_task_is_let_through(self, gate, go, capsys):
        contexts = []

        def task(number):
            contexts.append(contextvars.copy_context())
            return gate(number)

        # Given a run that goes on, and what one of its tasks has left behind
        run = go(task, [1, 2], workers=1)
        gate.open(1)
        gate.wait_for(2)
        wait_for(lambda: run.snapshot().finished == 1)

        # When that prints
        contexts[0].run(say, "late")
        gate.open()

        # Then it is lost to no one
        assert run.wait(DEADLINE)
        assert outputs(run) == ["", ""]
        assert capsys.readouterr().out == "late\n"

    @pytest.mark.parametrize("nested", [False, True])
    def test_that_is_let_through_comes_in_whole_lines(self, capsys, nested):
        both = threading.Barrier(2)

        class Number(int):
            def __str__(self):
                both.wait(DEADLINE)  # print() has begun both lines by now
                return repr(self)

        def task(number):
            say("task", Number(number))
            say("err", Number(number), file=sys.stderr)

        def outer(_):
            return outputs(nbp.pmap(task, range(2), workers=2, backend="threads"))

        if nested:
            nbp.pmap(outer, [1], workers=2, backend="threads")
        else:
            outer(1)

        printed = capsys.readouterr()
        assert sorted(printed.out.splitlines()) == ["task 0", "task 1"]
        assert sorted(printed.err.splitlines()) == ["err 0", "err 1"]

    def test_that_is_let_through_needs_no_end_of_line(self, capsys):
        def task(number):
            say("a", number, end=";")
            say("b", end=";", file=sys.stderr)
            say("c", end="\n" if number % 2 else "")

        nbp.pmap(task, range(4), workers=1)

        printed = capsys.readouterr()
        assert printed.out == "a 0;ca 1;c\na 2;ca 3;c\n"
        assert printed.err == "b;" * 4

    def test_of_threads_of_a_task_that_print_at_once(self, capsys):
        def task(_):
            threads = [
                threading.Thread(
                    target=contextvars.copy_context().run, args=(many, number)
                )
                for number in range(4)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        def many(number):
            for _ in range(100):
                sys.stdout.write(f"{number}\n")

        (text,) = outputs(nbp.pmap(task, [1]))

        expected = sorted(str(n) for n in range(4) for _ in range(100))
        assert sorted(text.split()) == expected
        assert sorted(capsys.readouterr().out.split()) == expected

    def test_of_bare_threads_is_let_through(self, capsys):
        def task(number):
            thread = threading.Thread(target=say, args=(f"thread {number}",))
            thread.start()
            thread.join()
            say("task", number)

        run = nbp.pmap(task, range(3), workers=1)

        inherits = getattr(sys.flags, "thread_inherit_context", 0)
        threads = [f"thread {n}\n" if inherits else "" for n in range(3)]
        assert outputs(run) == [f"{t}task {n}\n" for n, t in enumerate(threads)]
        assert capsys.readouterr().out == "".join(
            f"thread {n}\ntask {n}\n" for n in range(3)
        )

    def test_of_a_nested_run_is_not_that_of_the_task_around_it(self):
        def outer(_):
            say("before")
            kept = outputs(nbp.pmap(say, ["kept"]))
            loud = outputs(nbp.pmap(say, ["loud"], capture=False))
            say("after")
            return kept, loud

        run = nbp.pmap(outer, [1])

        assert run.results == [(["kept\n"], [""])]
        assert outputs(run) == ["before\nafter\n"]

    def test_of_strings_of_a_class_of_their_own(self):
        class Text(str):
            __slots__ = ()

        run = nbp.pmap(lambda _: sys.stdout.write(Text("text")), [1])

        assert outputs(run) == ["text"]

    def test_of_coroutines(self):
        async def task(number):
            await asyncio.sleep(0)
            say(number)

        assert outputs(nbp.pmap(task, range(3))) == ["0\n", "1\n", "2\n"]

    @pytest.mark.parametrize("made", [io.StringIO, Stream])
    def test_streams_are_as_before_afterwards(self, made):
        out, err = made(), made()
        with redirect_stdout(out), redirect_stderr(err):
            run = nbp.pmap(lambda n: say(n, file=sys.stderr), [1])
            assert sys.stdout is out
            assert sys.stderr is err
            assert "write" not in vars(out)
            say("after")

        assert out.getvalue() == "after\n"
        assert err.getvalue() == "1\n"
        assert outputs(run) == ["1\n"]

    def test_streams_are_as_before_after_a_cancelled_run(self, gate, go):
        out = io.StringIO()
        with redirect_stdout(out):
            run = go(gate, [1], grace=0)
            gate.wait_for(1)
            run.cancel()
            wait_for(lambda: sys.stdout is out)

    def test_no_stream_at_all(self, monkeypatch):
        monkeypatch.setattr(sys, "stdout", None)

        assert nbp.pmap(say, [1]).results == [None]

    def test_what_is_no_text_is_the_streams_business(self):
        run = nbp.pmap(lambda _: sys.stdout.write(b"bytes"), [1])

        assert isinstance(run.errors[0], TypeError)


class TestCoroutines:
    def test_async_functions_just_work(self):
        async def double(number):
            await asyncio.sleep(0)
            return number * 2

        assert nbp.pmap(double, range(5)).results == [0, 2, 4, 6, 8]

    def test_async_objects_too(self):
        class Double:
            async def __call__(self, number):
                return number * 2

        assert nbp.pmap(Double(), range(3)).results == [0, 2, 4]

    def test_what_they_raise_has_no_context_of_ours(self):
        async def fail(number):
            raise ValueError(number)

        (error,) = nbp.pmap(fail, [1]).errors.values()

        assert isinstance(error, ValueError)
        assert error.__context__ is None

    def test_within_a_running_event_loop(self):
        async def double(number):
            await asyncio.sleep(0)
            return number * 2

        async def cell():
            return nbp.pmap(double, range(3)).results

        assert asyncio.run(cell()) == [0, 2, 4]

    def test_a_run_can_be_awaited(self):
        async def cell():
            run = nbp.pmap(str, range(100), block=False)
            assert await run is run
            return await run

        assert len(asyncio.run(cell()).results) == 100

    def test_the_loop_goes_on_meanwhile(self, go):
        gate = Gate()

        async def cell():
            run = go(gate, [1])
            waiting = asyncio.ensure_future(waited(run))
            await asyncio.sleep(0.001)
            gate.open()
            return await waiting

        assert asyncio.run(cell()).results == [1]

    def test_awaiting_raises_what_waiting_raises(self):
        async def cell():
            await nbp.pmap(lambda n: 1 / n, [0], block=False, on_error="raise")

        with pytest.raises(ZeroDivisionError):
            asyncio.run(cell())

    def test_cancelling_who_awaits_cancels_the_run(self, gate, go):
        runs = []

        async def cell():
            runs.append(go(gate, range(5), workers=1, grace=0))
            gate.wait_for(0)
            waiting = asyncio.ensure_future(waited(runs[0]))
            await asyncio.sleep(0)  # it begins: one that never did has nothing to stop
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

        asyncio.run(cell())
        wait_for(lambda: runs[0].state.ended)
        assert set(runs[0].df["status"]) == {"cancelled"}

    def test_a_loop_that_is_closed_under_it_does_not_disturb_the_run(self, gate, go):
        loop = asyncio.new_event_loop()
        run = go(gate, range(5), workers=1)
        waiting = loop.create_task(waited(run))
        loop.run_until_complete(asyncio.sleep(0.001))
        waiting.get_coro()  # kept alive, as a forgotten task is by its loop
        loop.close()
        gate.open()

        assert run.wait(DEADLINE)
        assert run.results == list(range(5))
        waiting._log_destroy_pending = False


async def waited(run):
    return await run


def test_long_output_keeps_its_beginning_and_its_end():
    def task(lines):
        for line in range(lines):
            sys.stdout.write(f"line {line}\n")

    (kept,) = nbp.pmap(task, [MOST_OUTPUT], progress=False).df["output"]

    assert kept.startswith("line 0\nline 1\n")
    assert kept.endswith(f"\nline {MOST_OUTPUT - 1}\n")
