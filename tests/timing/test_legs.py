"""Which legs are measured, and what is refused before any of them."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

import nbparallel as nbp
from nbparallel.testing import Recorder
from nbparallel.timing.legs import Leg, plan, worker_counts

LEGS = [Leg(0, workers, workers == 1) for workers in (1, 2, 4, 8)]


def test_every_round_has_every_leg_once():
    order = plan(LEGS, 5, warmup=True, seed=0)

    for number in range(6):
        legs = [leg for leg in order if leg.round == number]
        assert sorted(leg.workers for leg in legs) == [1, 2, 4, 8]


def test_rounds_come_one_after_the_other_each_in_an_order_of_its_own():
    order = plan(LEGS, 8, warmup=False, seed=0)
    rounds = [order[start : start + 4] for start in range(0, 32, 4)]

    assert [leg.round for leg in order] == sorted(leg.round for leg in order)
    assert order[0].round == 1
    assert len({tuple(leg.workers for leg in each) for each in rounds}) > 2


def test_the_seed_fixes_the_order():
    def again(seed):
        return plan(LEGS, 5, warmup=True, seed=seed)

    assert again(3) == again(3) != again(4)


@pytest.mark.parametrize(
    "given", [(8, 1, 2, 2), range(1, 9), np.array([1, 2]), iter([2, 1]), {1, 2}]
)
def test_counts_may_come_in_any_form(given):
    counts = worker_counts(given)

    assert counts == sorted(set(counts))
    assert {type(each) for each in counts} == {int}


def nothing(_):
    raise AssertionError


def pair(_one, _two):
    raise AssertionError


def ended():
    return nbp.pmap(abs, [1])


BOTH = [
    ((3,), {}, nbp.BadType, r"must be a function or a run, not int 3\. Write nbp\."),
    (([1], nothing), {}, nbp.BadType, "must be a function or a run, not list"),
    ((nothing,), {}, nbp.BadType, r"measure it over items write nbp\.\w+\(nothing, it"),
    ((nothing, 3), {}, nbp.BadType, r"not iterable\. Write nbp\.\w+\(nothing, items\)"),
    ((nothing, []), {}, nbp.BadValue, "needs at least one item"),
    ((nothing, iter(())), {}, nbp.BadValue, "needs at least one item"),
    ((pair, [1]), {}, nbp.BadType, "cannot be called with one argument"),
    ((nothing, [1]), {"repeats": 0}, nbp.BadValue, "repeats=0: must be a whole number"),
    ((nothing, [1]), {"repeats": 1.5}, nbp.BadType, "as in repeats=8"),
    ((nothing, [1]), {"warmup": 1}, nbp.BadType, "warmup=1: must be True or False"),
    ((nothing, [1]), {"block": False}, nbp.BadValue, r"Leave block out\."),
    ((nothing, [1]), {"ordered": True}, nbp.BadValue, r"Leave ordered out\."),
    ((nothing, [1]), {"buffer": 3}, nbp.BadValue, r"Leave buffer out\."),
    ((nothing, [1]), {"wrokers": 3}, nbp.BadType, "Did you mean 'workers'"),
    ((nothing, [1]), {"backend": "thread"}, nbp.BadValue, "Did you mean 'threads'"),
    ((ended, [1]), {"grace": -1}, nbp.BadValue, "not be negative"),
]


@pytest.mark.parametrize("verb", ["compare", "sweep"])
@pytest.mark.parametrize(("args", "options", "kind", "words"), BOTH)
def test_what_cannot_be_measured_is_refused_before_anything_starts(
    verb, args, options, kind, words
):
    with Recorder() as recorder, pytest.raises(kind, match=words):
        getattr(nbp, verb)(*args, **options)

    assert recorder.events == []


@pytest.mark.parametrize(
    ("workers", "kind", "words"),
    [
        (0, nbp.BadValue, "workers=0: must be a whole number of at least 1"),
        (-2, nbp.BadValue, "at least 1"),
        ("8", nbp.BadType, "as in workers=8"),
        (2.0, nbp.BadType, "as in workers=8"),
        (True, nbp.BadType, "as in workers=8"),
        ((1, 2), nbp.BadType, "as in workers=8"),
    ],
)
def test_compare_needs_one_count(workers, kind, words):
    with pytest.raises(kind, match=words):
        nbp.compare(nothing, [1], workers=workers)


@pytest.mark.parametrize(
    ("workers", "kind", "words"),
    [
        (8, nbp.BadType, r"several counts, as in workers=\(1, 2, 4, 8\)"),
        ("124", nbp.BadType, "several counts"),
        ((), nbp.BadValue, "at least one count"),
        ((1, 0), nbp.BadValue, r"0 is not a number of workers; as in workers=\(1,"),
        ((1, 2.5), nbp.BadType, r"2\.5 is not a number of workers"),
        ((1, None), nbp.BadType, "None is not a number of workers"),
    ],
)
def test_sweep_needs_several_counts(workers, kind, words):
    with pytest.raises(kind, match=words):
        nbp.sweep(nothing, [1], workers=workers)


def test_a_run_brings_its_own_items():
    with pytest.raises(nbp.BadType, match=r"write nbp\.compare\(run\)"):
        nbp.compare(ended(), [1])


def test_a_run_must_have_ended():
    run = nbp.pmap(nbp.sleep, [30], block=False)

    with pytest.raises(nbp.StillRunning, match=r"run\.wait\(\), then nbp\.sweep"):
        nbp.sweep(run)
    run.cancel()
    run.wait()


def test_a_function_of_workers_is_compared_with_more_than_one():
    def job(workers):
        raise AssertionError(workers)

    with pytest.raises(nbp.BadValue, match="as in workers=8"):
        nbp.compare(job, workers=1)


def test_an_input_that_raises_is_refused():
    def broken():
        yield 1
        raise OSError

    with pytest.raises(nbp.InputError, match="OSError at position 1; nothing was meas"):
        nbp.compare(nothing, broken())


def test_an_endless_input_is_refused(monkeypatch):
    monkeypatch.setattr("nbparallel.timing.subject.MOST_ITEMS", 100)

    with pytest.raises(nbp.BadValue, match=r"itertools\.islice\(items, 1000\)"):
        nbp.sweep(nothing, count())
