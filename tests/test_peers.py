"""Words of other libraries: each gets ours, or the reason why there is none."""

from __future__ import annotations

import pytest

import nbparallel as nbp
from nbparallel.options import NAMES
from nbparallel.peers import CALLED, EXAMPLES, NEEDLESS, unknown

WORDS = [word for text in (*CALLED.values(), *NEEDLESS) for word in text.split()]


def refusal(**options):
    with pytest.raises(nbp.BadType) as caught:
        nbp.pmap(abs, [1], progress=False, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "word", ["n_jobs", "max_workers", "processes", "num_threads", "threads"]
)
def test_the_number_of_workers_has_one_name(word):
    assert refusal(**{word: 3}).endswith("it is called workers here. Write workers=3.")


@pytest.mark.parametrize("value", [-1, None, True, "auto"])
def test_the_number_that_others_mean_by_all_is_left_out(value):
    assert "Write workers=8, or leave it out" in refusal(n_jobs=value)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("chunksize", "tasks are handed out in batches while they are fast"),
        ("batch_size", "tasks are handed out in batches while they are fast"),
        ("total", "the items tell how many they are"),
        ("leave", 'desc="pages" names it, progress=False leaves it out'),
        ("verbose", "run.df has a row for every task"),
        ("iterable", "pmap(fetch, urls)"),
        ("kwargs", "functools.partial(fetch, …)"),
    ],
)
def test_what_needs_no_option_is_told_with_the_reason(word, reason):
    assert reason in refusal(**{word: 1})


def test_an_argument_of_the_function_is_bound_to_it():
    assert "functools.partial(fetch, depth=…)" in refusal(depth=2)


def test_a_word_whose_option_is_not_there_is_as_unknown_as_any():
    assert "Did you mean" not in unknown("max_retries", 3, ["workers"])
    assert "The options are workers" in unknown("max_retries", 3, ["workers"])


def test_no_word_is_an_option_or_stands_twice():
    assert len(WORDS) == len({*WORDS})
    assert {*WORDS}.isdisjoint(NAMES)


def test_every_example_is_one():
    names = {option: eval(text) for option, text in EXAMPLES.items()}

    assert nbp.Options(**names).workers == 8
