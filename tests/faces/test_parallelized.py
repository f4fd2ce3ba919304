"""`Parallelized`: the loop, what leaves it, what is refused."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

import nbparallel as nbp
from nbparallel.engine import run
from nbparallel.kinds import KINDS
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State
from tests.engine.conftest import wait_for


@pytest.fixture(params=KINDS)
def backend(request):
    return request.param


pytestmark = pytest.mark.usefixtures("quiet")


seen = []


def flaky(x):
    seen.append(x)
    if len(seen) == 1:
        raise OSError
    return x


def half(x, by=2):
    if x % by:
        raise ValueError(x)
    return x // by


def calls(count):
    return [{"x": number} for number in range(count)]


def by_x(ends):
    return {
        kwargs["x"]: (result, error and (type(error), error.args))
        for kwargs, result, error in ends
    }


HALVES = {x: (None, (ValueError, (x,))) if x % 2 else (x // 2, None) for x in range(40)}


class TestLoop:
    def test_gives_each_call_with_its_result_or_its_error(self, backend):
        with nbp.Parallelized(half, calls(40), backend=backend) as par:
            assert by_x(par) == HALVES

    def test_an_iterator_is_as_good(self, backend):
        given = (call for call in calls(40))
        with nbp.Parallelized(half, given, 3, "halves", backend=backend) as par:
            assert by_x(par) == HALVES
        assert (par.run.options.workers, par.run.options.desc) == (3, "halves")

    def test_the_dicts_are_those_that_were_given(self):
        given = calls(9)
        with nbp.Parallelized(half, given, ordered=True) as par:
            assert all(got is put for (got, _, _), put in zip(par, given, strict=True))

    def test_an_executor_of_ones_own(self):
        with (
            ThreadPoolExecutor(2) as pool,
            nbp.Parallelized(half, calls(40), backend=pool) as par,
        ):
            assert by_x(par) == HALVES

    def test_coroutines(self):
        async def double(x):
            return 2 * x

        with nbp.Parallelized(double, calls(5)) as par:
            assert sorted(result for _, result, _ in par) == [0, 2, 4, 6, 8]

    def test_what_has_ended_comes_first(self):
        gate = Gate()
        slow, quick = {"item": "slow"}, {"item": "quick"}
        with nbp.Parallelized(gate, [slow, quick], num_threads=2) as par:
            gate.wait_for("slow", "quick")
            gate.open("quick")
            assert next(iter(par))[0] is quick
            gate.open()
            assert [kwargs for kwargs, _, _ in par] == [slow]

    def test_a_call_that_cannot_be_made_fails_and_the_others_go_on(self):
        given = [{"y": 1}, {"x": 4}, {}, {3: 4}]
        with nbp.Parallelized(half, given, ordered=True) as par:
            ends = list(par)
        assert [result for _, result, _ in ends] == [None, 2, None, None]
        assert [type(error) for _, _, error in ends if error] == [TypeError] * 3

    def test_rows_of_a_table_are_calls(self):
        table = pd.DataFrame({"x": [2, 3]}, index=["a", "b"])
        with nbp.Parallelized(half, table, ordered=True) as par:
            assert [result for _, result, _ in par] == [1, None]
        assert par.run.df["status"].to_dict() == {"a": "ok", "b": "error"}

    def test_nothing_to_do(self):
        with nbp.Parallelized(half, []) as par:
            assert list(par) == []

    def test_options_of_ours(self, tmp_path):
        seen.clear()
        options = {"retries": 1, "backoff": 0, "journal": tmp_path / "run.db"}
        with nbp.Parallelized(flaky, [{"x": 7}], **options) as par:
            assert list(par) == [({"x": 7}, 7, None)]
        with nbp.Parallelized(flaky, [{"x": 7}], **options) as par:
            assert list(par) == [({"x": 7}, 7, None)]
        assert seen == [7, 7]

    def test_the_first_failure_may_end_it(self):
        with (
            pytest.raises(ValueError, match="1"),
            nbp.Parallelized(half, [{"x": 1}], on_error="raise") as par,
        ):
            list(par)

    def test_nothing_is_kept_of_what_the_loop_has_had(self):
        with nbp.Parallelized(half, calls(5000), keep_results=False) as par:
            assert sum(error is None for _, _, error in par) == 2500

    def test_hostile_errors_and_results_are_rows(self):
        class Hostile(BaseException):
            def __str__(self):
                raise SystemExit

            __repr__ = __str__

        def evil(what):
            if what == "raise":
                raise Hostile
            return Hostile()

        given = [{"what": "raise"}, {"what": "return"}]
        with nbp.Parallelized(evil, given, ordered=True) as par:
            (_, _, error), (_, result, _) = par
        assert isinstance(error, Hostile)
        assert isinstance(result, Hostile)
        assert nbp.error_str(error) == "Hostile: (its str raised SystemExit)"


def strike_before_a_wait(monkeypatch):
    """Have an interrupt strike once, before the next wait is ready for it."""

    def strike(_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "refuse_to_wait_for", strike)


class TestLeaving:
    def test_a_break_cancels_what_is_pending(self):
        gate = Gate()
        given = [{"item": number} for number in range(9)]
        with nbp.Parallelized(gate, given, 2, grace=5) as par:
            gate.wait_for_count(2)
            gate.open(0)
            for kwargs, _, _ in par:
                assert kwargs == {"item": 0}
                break
            par.run.pause()
            threading.Timer(0.01, gate.open).start()
        assert par.run.state is State.CANCELLED
        assert set(par.run.df["status"]) == {"ok", "cancelled"}
        assert len(gate.started) < len(given)

    def test_an_exception_goes_through_and_cancels(self):
        gate = Gate()
        par = nbp.Parallelized(gate, [{"item": 1}, {"item": 2}], 1, grace=0)
        with pytest.raises(ZeroDivisionError), par:  # noqa: PT012 # in the block
            gate.wait_for(1)
            raise ZeroDivisionError
        assert par.run.df["status"].tolist() == ["cancelled", "cancelled"]
        gate.open()

    def test_hung_calls_do_not_hold_the_block_up(self):
        gate = Gate()
        with nbp.Parallelized(gate, [{"item": 1}]) as par:
            gate.wait_for(1)
        gate.open()
        assert par.run.df["status"].tolist() == ["cancelled"]
        assert par.run.metrics.wall < DEADLINE

    def test_an_endless_input_with_a_break(self, backend):
        read = itertools.count()
        endless = ({"x": 2 * number} for number in read)
        with nbp.Parallelized(half, endless, backend=backend) as par:
            seen = [result for _, result, _ in itertools.islice(par, 100)]
        assert len(set(seen)) == 100
        assert next(read) < 3000

    def test_a_loop_goes_on_where_the_one_before_it_was_left(self):
        with nbp.Parallelized(half, calls(10)) as par:
            ends = list(itertools.islice(par, 4))
            ends += par
            assert by_x(ends) == {x: HALVES[x] for x in range(10)}
            assert list(par) == []

    def test_an_interrupt_just_before_a_wait_ends_the_loop(self, monkeypatch):
        gate = Gate()
        given = [{"item": number} for number in range(3)]
        with nbp.Parallelized(gate, given, 1, grace=0) as par:
            gate.wait_for(0)
            strike_before_a_wait(monkeypatch)
            ends = []
            with pytest.raises(KeyboardInterrupt):
                ends.extend(error for _, _, error in par)
        gate.open()
        assert par.run.state is State.CANCELLED
        assert set(par.run.df["status"]) == {"cancelled"}

    def test_what_a_cancel_takes_has_an_error_that_says_so(self):
        gate = Gate()
        given = [{"item": number} for number in range(3)]
        with nbp.Parallelized(gate, given, 1) as par:
            gate.wait_for(0)
            par.run.cancel()
            gate.open()
            errors = [error for _, _, error in par if error is not None]
        assert len(errors) >= 2
        assert {type(error) for error in errors} == {nbp.TaskCancelled}


class TestRefusals:
    def test_what_is_no_dict_is_named_before_anything_runs(self):
        ran = []
        given = [{"x": 1}, {"x": 2}, ("x", 3)]
        with pytest.raises(TypeError, match=r"at position 2 there is tuple \('x', 3\)"):
            nbp.Parallelized(ran.append, given)
        assert ran == []

    def test_the_right_line_is_told(self):
        with pytest.raises(nbp.BadType) as caught:
            nbp.Parallelized(half, range(3))
        assert '(half, [{"x": item} for item in items])' in str(caught.value)

    def test_a_single_dict_is_to_be_a_list(self):
        with pytest.raises(TypeError, match=r"str 'x'.*\(half, \[the_dict\]\)"):
            nbp.Parallelized(half, {"x": 1})

    def test_in_an_iterator_it_ends_the_loop_after_the_calls_before_it(self, backend):
        given = iter([{"x": 2}, {"x": 4}, None, {"x": 6}])
        ends = []
        with (
            nbp.Parallelized(half, given, backend=backend) as par,
            pytest.raises(TypeError, match="at position 2 there is None"),
        ):
            ends.extend(par)  # as it is
        assert sorted(result for _, result, _ in ends) == [1, 2]

    def test_an_input_that_raises(self):
        def given():
            yield {"x": 2}
            raise OSError

        with (
            nbp.Parallelized(half, given()) as par,
            pytest.raises(nbp.InputError, match="at position 1"),
        ):
            list(par)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"num_threads": 0}, "num_threads=0: must be a whole number of at least 1"),
            ({"num_threads": "8"}, "num_threads='8': must be a whole number"),
            ({"num_threads": 2, "workers": 2}, "two words for one number"),
            ({"unpack": "args"}, "passes each dict as keyword arguments"),
            ({"desc": 3}, "desc=3: must be a string"),
            ({"n_jobs": 3}, "it is called workers here"),
        ],
    )
    def test_options(self, change, said):
        with pytest.raises(nbp.UsageError, match=said):
            nbp.Parallelized(half, [], **change)

    def test_what_cannot_be_called_or_gone_through(self):
        with pytest.raises(TypeError, match="first argument must be a function"):
            nbp.Parallelized(3, [])
        with pytest.raises(TypeError, match="not iterable"):
            nbp.Parallelized(half, 3)
        with pytest.raises(TypeError, match="single letters"):
            nbp.Parallelized(half, "abc")

    def test_outside_of_a_block_there_is_no_run(self):
        par = nbp.Parallelized(half, calls(3))
        with pytest.raises(nbp.UsageError, match="as par:"):
            list(par)
        with pytest.raises(nbp.UsageError, match="as par:"):
            _ = par.run
        with par:
            pass
        with pytest.raises(nbp.UsageError, match="only once"):
            par.__enter__()


def test_inside_a_task_it_is_a_run_inside_a_run():
    def outer(number):
        with nbp.Parallelized(half, calls(number)) as par:
            return sum(error is None for _, _, error in par)

    assert nbp.pmap(outer, [10, 20], workers=1).results == [5, 10]


def test_with_auto_workers():
    with nbp.Parallelized(half, calls(40), "auto") as par:
        assert by_x(par) == HALVES


def test_the_error_of_none_is_empty():
    assert nbp.error_str(None) == ""
    assert nbp.error_str(ValueError("x" * 300), 40) == "ValueError: " + "x" * 25 + "..."


@pytest.mark.parametrize(
    ("error", "limit", "told"),
    [
        (ValueError(), "3", "limit='3': must be a whole number"),
        (ValueError(), 1, "limit=1: must be a whole number of at least 4"),
        ("no such city", 160, r"got str 'no such city'\. Write error_str\(error\)"),
    ],
)
def test_what_error_str_refuses(error, limit, told):
    with pytest.raises(nbp.UsageError, match=told):
        nbp.error_str(error, limit)


def test_a_second_thread_in_the_loop_is_told_so(gate):
    with nbp.Parallelized(gate, [{"item": 1}]) as par:
        ends, loops = [], ThreadPoolExecutor(1)
        looping = loops.submit(lambda: ends.extend(par))
        wait_for(par._reading.locked)
        with pytest.raises(nbp.UsageError, match="two threads go through"):
            next(iter(par))
        gate.open()
        looping.result(DEADLINE)
        loops.shutdown()
    assert ends == [({"item": 1}, 1, None)]


def test_the_arguments_of_its_own_are_offered():
    with pytest.raises(nbp.BadType, match="Did you mean 'num_threads'"):
        nbp.Parallelized(half, calls(1), num_thread=2)


def test_block_has_all_end_before_the_block_begins():
    with nbp.Parallelized(half, calls(40), block=True) as par:
        assert par.run.state is State.DONE
        assert by_x(par) == HALVES


def test_it_goes_on_without_a_reader():
    with nbp.Parallelized(half, calls(5)) as par:
        wait_for(lambda: par.run.state is State.DONE)
        assert par.pbar.n == 0
        assert len(list(par)) == par.pbar.n == 5
