"""`run_parallel`, `batch_map` and `optimal_workers`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import nbparallel as nbp
from nbparallel.kinds import KINDS
from nbparallel.testing import Gate
from nbparallel.types import State


@pytest.fixture(params=KINDS)
def backend(request):
    return request.param


pytestmark = pytest.mark.usefixtures("quiet")


def half(number):
    if number % 2:
        raise ValueError(number)
    return number // 2


class TestRunParallel:
    def test_what_came_of_each_in_input_order(self, backend):
        ends = nbp.run_parallel(half, range(100), backend=backend)
        assert [item for item, _, _ in ends] == list(range(100))
        for item, result, error in ends:
            assert result == (None if item % 2 else item // 2)
            assert (type(error), str(error)) == (
                (ValueError, str(item)) if item % 2 else (type(None), "None")
            )

    def test_or_as_they_ended(self):
        gate = Gate(then=lambda item: gate.open(item - 1))
        gate.open(2)
        ends = nbp.run_parallel(gate, range(3), 3, ordered=False)
        assert [item for item, _, _ in ends] == [2, 1, 0]

    def test_the_arguments_by_place(self):
        nbp.run_parallel(half, [2], 3, "halves")
        assert (nbp.last.options.workers, nbp.last.options.desc) == (3, "halves")

    def test_an_iterator(self, backend):
        ends = nbp.run_parallel(half, iter(range(9)), backend=backend)
        assert [item for item, _, _ in ends] == list(range(9))

    def test_the_first_error_may_end_it(self, backend):
        with pytest.raises(ValueError, match="raised by task"):
            nbp.run_parallel(half, range(1, 5000), fail_fast=True, backend=backend)
        assert nbp.last.state is State.CANCELLED
        assert len(nbp.last.errors) >= 1
        assert (nbp.last.df["status"] == "cancelled").any()

    def test_nothing_is_kept_but_in_the_list(self):
        ends = nbp.run_parallel(half, range(5000), keep_results=False, max_workers=2)
        assert [item for item, _, _ in ends] == list(range(5000))

    def test_options_of_ours(self):
        ends = nbp.run_parallel(pow, [(2, 3), (3, 2)], unpack="args", timeout=60)
        assert [result for _, result, _ in ends] == [8, 9]
        with nbp.defaults(block=False):
            assert nbp.run_parallel(half, [2]) == [(2, 1, None)]

    def test_commands_with_a_timeout(self):
        def command(code):
            subprocess.run([sys.executable, "-c", code], check=True, timeout=0.5)

        hangs = "import threading; threading.Event().wait()"
        (_, _, error), (_, _, fails) = nbp.run_parallel(
            command, [hangs, "raise SystemExit(3)"]
        )
        assert isinstance(error, subprocess.TimeoutExpired)
        assert isinstance(fails, subprocess.SubprocessError)

    def test_fail_fast_of_the_call_outranks_the_setting(self):
        with nbp.settings(on_error="raise"):
            ends = nbp.run_parallel(int, ["7", "x"], fail_fast=False)
            with pytest.raises(ValueError, match="'x'"):
                nbp.run_parallel(int, ["7", "x"])
        assert [result for _, result, _ in ends] == [7, None]
        with nbp.settings(on_error="collect"), pytest.raises(ValueError, match="'x'"):
            nbp.run_parallel(int, ["7", "x"], fail_fast=True)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"max_workers": 0}, "max_workers=0: must be a whole number of at least 1"),
            ({"max_workers": 2, "workers": 3}, "max_workers=2 and workers=3"),
            ({"fail_fast": 1}, "fail_fast=1: must be True or False"),
            ({"fail_fast": True, "on_error": "collect"}, "contradict each other"),
            ({"fail_fast": False, "on_error": "raise"}, "contradict each other"),
            ({"block": False}, r"nbp\.pmap\(fetch, urls, block=False\)"),
            ({"block": 0}, "block=0: must be True or False"),
            ({"num_threads": 3}, "it is called workers here"),
            ({"failfast": True}, "Did you mean 'fail_fast'"),
        ],
    )
    def test_what_is_refused(self, change, said):
        ran = []
        with pytest.raises(nbp.UsageError, match=said):
            nbp.run_parallel(ran.append, [1], **change)
        assert ran == []

    def test_what_is_shown_names_the_last_run(self):
        nbp.run_parallel(half, [1])
        assert nbp.last.snapshot().handle == "nbp.last"

    def test_the_right_line_is_told(self):
        with pytest.raises(TypeError, match=r"run_parallel\(half, range\(3\)\)"):
            nbp.run_parallel(half, 3)


class TestBatchMap:
    def test_the_results_of_those_that_succeeded(self, backend):
        assert nbp.batch_map(half, range(9), backend=backend) == [0, 1, 2, 3, 4]

    def test_none_is_a_result(self):
        assert nbp.batch_map({}.get, [1, 2], 2) == [None, None]

    def test_of_nothing(self):
        assert nbp.batch_map(half, []) == []


class TestOptimalWorkers:
    @pytest.mark.parametrize(("n", "found"), [(0, 1), (1, 1), (99, 99), (5000, 100)])
    def test_of_what_waits(self, n, found):
        assert nbp.optimal_workers(n) == found

    def test_of_what_computes(self):
        assert 1 <= nbp.optimal_workers(5000, io_bound=False) <= os.cpu_count()
        assert nbp.optimal_workers(1, io_bound=False) == 1

    def test_what_is_refused(self):
        with pytest.raises(nbp.BadValue, match="n=-1"):
            nbp.optimal_workers(-1)
        with pytest.raises(nbp.BadType, match="n=\\[1\\]: must be a whole number"):
            nbp.optimal_workers([1])
