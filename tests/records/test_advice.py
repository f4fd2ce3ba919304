"""What is said of measurements, and what is not."""

from __future__ import annotations

from array import array

import pytest

from nbparallel.records.advice import KINDS, advice
from nbparallel.records.measures import SHORT, Measures, Straggler
from nbparallel.records.store import Finished, Records
from nbparallel.records.straggling import straggler_of
from nbparallel.records.usage import Usage, joined


def measures(**changes):
    """Return what was measured of ten seconds in which nothing was wrong."""
    usual = {"active": 10.0, "done": 100, "busy": 70.0, "workers": 8, "cpus": 4}
    return Measures(**{**usual, **changes})


LOCKED = {"looked": 9.9, "contended": 9.5}
RATE = {"rate": "10/s", "rate_waits": 31, "waited_for_rate": 3.1}
BACKOFF = {"backoff_waits": 4, "waited_for_backoff": 2.5}
LAST = {"straggler": Straggler(task=1204, seconds=4.8, alone=4.0, late=5.2)}
FULL = Usage(cpu=3.9, memory=1, children=8, computing=7.9, span=9.0)
CROWDED = {"backend": "processes", "usage": FULL}


def test_nothing_is_said_where_nothing_was_found():
    assert advice(measures()) == ""


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            LOCKED,
            (
                "96 % of the time was Python code holding the interpreter, one "
                "task at a time: threads cannot help. Write backend='processes'."
            ),
        ),
        (
            {"done": 5_000_000},
            (
                "The 5,000,000 tasks took 2.00 µs each, and handing one out takes "
                "a good part of that: have the function take a batch of items."
            ),
        ),
        (
            {"done": 2_000_000, "backend": "processes"},
            (
                "The 2,000,000 tasks took 20.0 µs each, and handing one out takes "
                "a good part of that: have the function take a batch of items."
            ),
        ),
        (
            RATE,
            (
                "31 tasks waited on the rate limit (rate='10/s'), for 3.10 s of "
                "10.0 s: more workers would not help, a higher rate would."
            ),
        ),
        (
            BACKOFF,
            (
                "For 2.50 s of 10.0 s nothing was left to do but to wait until 4 "
                "failed tasks could be tried again: a smaller backoff= would "
                "shorten that."
            ),
        ),
        (
            LAST,
            (
                "Task 1,204, of 4.80 s, ran alone at the end for 4.00 s of 10.0 s: "
                "put it first."
            ),
        ),
        (
            CROWDED,
            (
                "8 processes computed on 4 CPUs, which were in use for 98 % of the "
                "time: workers=4 is as fast, and needs less memory."
            ),
        ),
    ],
)
def test_a_sentence_has_its_numbers(found, sentence):
    assert advice(measures(**found)) == sentence


@pytest.mark.parametrize(
    "found",
    [
        # Threads: of other workers nobody looks at the lock.
        {**LOCKED, "backend": "processes"},
        {**LOCKED, "backend": "inline"},
        # One CPU, or one worker, computes one at a time anyway.
        {**LOCKED, "cpus": 1},
        {**LOCKED, "workers": 1},
        # Tasks that wait and compute by turns.
        {"looked": 9.9, "contended": 6.0},
        # Hardly looked at.
        {"looked": 0.9, "contended": 0.9, "active": 0.9},
        {"looked": 3.0, "contended": 3.0},
        # Of other workers nobody knows what a task costs.
        {"done": 5_000_000, "backend": "ThreadPoolExecutor"},
        {"done": 3_300_000},
        {"done": 100_000, "backend": "processes"},
        # A small part of the run.
        {**RATE, "waited_for_rate": 0.9},
        {**RATE, "rate_waits": 0},
        {**BACKOFF, "waited_for_backoff": 0.9},
        {**BACKOFF, "backoff_waits": 0},
        {"straggler": Straggler(task=1, seconds=4.8, alone=0.9, late=5.2)},
        # It was the first, or there was nobody to take its place.
        {"straggler": Straggler(task=1, seconds=9.8, alone=4.0, late=0.2)},
        {**LAST, "workers": 1},
        # No more of them than CPUs; CPUs to spare; tasks that wait; hardly a look.
        {**CROWDED, "workers": 4},
        {**CROWDED, "backend": "threads"},
        {**CROWDED, "usage": Usage(3.0, 1, children=8, computing=7.9, span=9.0)},
        {**CROWDED, "usage": Usage(3.9, 1, children=8, computing=5.0, span=9.0)},
        {**CROWDED, "usage": Usage(3.9, 1, children=8, computing=7.9, span=2.0)},
        {**CROWDED, "usage": None},
        # No backoff would shorten what an error asked for.
        {**BACKOFF, "waited_as_asked": 2.0},
        # Nothing was carried out.
        {**RATE, "done": 0},
    ],
)
def test_what_proves_nothing_is_not_said(found):
    assert advice(measures(**found)) == ""


def test_a_short_run_is_left_alone():
    assert advice(measures(active=SHORT - 0.01, done=10_000_000, **RATE)) == ""


def test_what_saves_most_is_said():
    both = measures(**RATE, **BACKOFF)
    assert "rate" in advice(both)
    longer = {**BACKOFF, "waited_for_backoff": 5.0}
    assert "backoff" in advice(measures(**RATE, **longer))
    # Tasks that tiny are no faster in processes.
    assert "batch" in advice(measures(done=5_000_000, **LOCKED))
    # In whatever order: one at a time.
    assert "processes" in advice(measures(**LAST, **LOCKED))


def test_every_kind_has_a_file_of_its_own():
    assert len({kind.__module__ for kind in KINDS}) == len(KINDS)


def records_of(*tasks):
    """Return the records of tasks given as ``(begun, ended)``."""
    made = Records()
    made.add(list(tasks))
    for task, (begun, ended) in enumerate(tasks):
        batch = Finished(
            first=task,
            worker=task,
            values=[None],
            begun=begun,
            ends=array("d", [ended]),
            failures={},
            texts={},
        )
        made.commit(batch)
    return made


def test_the_straggler_is_the_one_that_ended_last():
    found = straggler_of(records_of((100, 101), (101, 109), (100, 103)), 100.0)

    assert found == Straggler(task=1, seconds=8.0, alone=6.0, late=1.0)


def test_one_that_began_when_all_others_had_ended_was_alone_from_then_on():
    found = straggler_of(records_of((100, 101), (105, 109)), 100.0)

    assert found is not None
    assert found.alone == 4.0


def test_who_is_the_only_one_is_no_straggler():
    assert straggler_of(records_of((100, 101)), 100.0) is None
    assert straggler_of(records_of(), 100.0) is None


def test_one_that_was_cancelled_or_tried_again_is_no_straggler():
    again = records_of((100, 101), (100, 109))
    again.attempts[1] = 2
    assert straggler_of(again, 100.0) is None

    cancelled = records_of((100, 101), (100, 102))
    cancelled.cancel(cancelled.add(["never begun"]))
    found = straggler_of(cancelled, 100.0)
    assert found is not None
    assert found.task == 1


def test_usage_is_the_mean_by_time_and_of_memory_the_most():
    first = Usage(cpu=1.0, memory=300, children=2, computing=2.0, span=1.0)
    then = Usage(cpu=4.0, memory=200, children=3, computing=0.5, span=2.0)

    assert joined(None, first) == first
    assert joined(first, then) == Usage(3.0, 300, 3, 1.0, 3.0)
