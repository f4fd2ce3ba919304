"""Measurements in words: what they say, and that they never say too much."""

from __future__ import annotations

import pytest

from nbparallel.timing.results import Comparison, Sweep
from nbparallel.timing.spread import Spread
from tests.timing import examples


def test_a_comparison_is_a_sentence():
    assert repr(examples.comparison()) == (
        "fetch: 8 workers took 0.41 s, one after another 3.10 s: "
        "7.6 times as fast (7.1 to 8.2)."
    )


def test_one_round_has_no_spread():
    assert repr(examples.comparison(rounds=(1.0,))).endswith(": 7.6 times as fast.")


def test_slower_is_called_slower():
    assert "slower, 0.50 times as fast" in repr(examples.comparison(parallel=6.2))


def test_a_difference_within_the_spread_is_called_none():
    told = repr(examples.comparison(parallel=3.1))

    assert "no clear difference, 1.00 times as fast (0.94 to 1.08)" in told


def test_failures_are_told_in_place_of_a_factor():
    told = repr(examples.comparison(failed=7))

    assert "times as fast" not in told
    assert told.endswith(
        "No speed-up is claimed where tasks failed: 7 of 40 tasks failed with "
        "8 workers (ValueError: three < $x$)."
    )


def test_a_sweep_tells_the_fastest_the_law_and_each_count():
    told = repr(examples.sweep())

    assert told.startswith("fetch: 16 workers took 0.68 s, the fastest: 5.9 times as f")
    assert "as fast as one after another. " in told
    assert "Universal Scalability Law: " in told
    assert "It predicts 15 workers as best" in told
    assert told.count("\n") == 7
    assert told.splitlines()[1].split() == ["workers", "time", "speed-up"]


def test_a_fit_says_by_itself_what_its_sweep_says():
    found = examples.sweep()

    assert repr(found.fit).startswith("Universal Scalability Law: ")
    assert repr(found.fit) in repr(found)


def test_a_share_of_nothing_is_not_told():
    assert "0.0%" not in repr(examples.sweep(law=lambda n: examples.usl(n, 0)))
    assert "Amdahl's law: nothing waits its turn." in repr(
        examples.sweep((1, 2), law=float)
    )


def test_a_count_that_failed_says_so_in_its_line():
    line = repr(examples.sweep(failed=(32,))).splitlines()[-1]

    assert line.split() == ["32", "3", "failed"]


def test_one_after_another_may_be_the_fastest():
    told = repr(examples.sweep((1, 2, 4), law=lambda count: 1 / count))

    assert "no number of workers was faster than one after another" in told


def test_too_few_tasks_are_named():
    told = repr(examples.sweep((1, 2, 64)))

    assert "There are 40 tasks: more workers than that have nothing to do." in told


def test_one_task_is_no_plural():
    told = repr(examples.sweep((1, 2), tasks=1, law=lambda _: 1.0))

    assert "There is 1 task: more workers than that have nothing to do." in told


def test_nothing_beyond_the_tasks_is_predicted():
    told = repr(
        examples.sweep((1, 2, 4, 16), tasks=8, law=lambda n: examples.usl(min(n, 8)))
    )

    assert "It predicts 8 workers as best" in told


@pytest.mark.parametrize(
    "found",
    [examples.sweep((4,)), examples.sweep((4, 8), failed=(8,))],
    ids=["one", "one sound"],
)
def test_a_single_count_is_compared_with_nothing(found):
    line = repr(found).splitlines()[0]

    assert line.startswith("fetch: 4 workers took 1.20 s.")
    assert "faster" not in line


def test_failures_of_the_loop_are_said_to_be_its():
    found = Comparison(
        "x", 2, (examples.timed(1, 1, 1.0, sequential=True, failed=4),), 6
    )

    assert "4 of 40 tasks failed in the plain loop (ValueError" in repr(found)


@pytest.mark.parametrize(
    "found", [Comparison("x", 2, (), 6), Sweep("x", (1, 2), (), 6)]
)
def test_nothing_measured_is_called_that(found):
    assert repr(found) == "x: not measured. Cancelled after 0 of 6 legs."
    assert f"<p>{found!r}</p>" in found._repr_html_()
    assert "<table" not in found._repr_html_()


def test_html_is_escaped_and_has_the_table():
    found = examples.sweep(failed=(32,))
    told = Sweep("<script>", found.workers, found.legs, found.planned)._repr_html_()

    assert "<script>" not in told
    assert "&lt;script&gt;" in told
    assert "three &lt; $x$" in told
    assert told.count("<tr>") == 7
    assert told.count("<progress") == 5  # the count that failed has none


def test_html_begins_with_the_finding_and_has_both_ways():
    told = examples.comparison()._repr_html_()

    assert told.index("7.6 times as fast") < told.index("<table")
    assert told.index(">one after another<") < told.index(">8 workers<")
    assert 'value="7.561" max="7.561"' in told


def test_html_of_a_comparison_that_failed_claims_no_factor():
    told = examples.comparison(failed=7)._repr_html_()

    assert "<progress" not in told
    assert "times as fast" not in told


def test_names_are_bounded_and_on_one_line():
    found = Comparison("a\nb" * 1000, 2, (), 6)

    assert "\n" not in repr(found)
    assert len(repr(found)) < 200


def test_an_error_that_cannot_be_printed_is_told_by_its_type():
    class MuteError(Exception):
        def __str__(self):
            raise RuntimeError

    timed = examples.timed(1, 2, 1.0, failed=1)
    object.__setattr__(timed, "error", MuteError())

    told = repr(Comparison("x", 2, (timed,), 6))
    assert "MuteError: (its str raised RuntimeError)" in told


def test_a_spread_is_a_number_with_its_range():
    spread = Spread.of([7.2, 7.7, 7.5])

    assert float(spread) == 7.5
    assert (spread.low, spread.high, spread.count) == (7.2, 7.7, 3)
    assert repr(spread) == "7.5 (7.2 to 7.7)"
    assert repr(Spread.of([7.5])) == "7.5"
