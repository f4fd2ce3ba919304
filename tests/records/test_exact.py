"""What goes into a DataFrame comes out as it was."""

import nbparallel as nbp


def column(values, name="result"):
    return nbp.pmap(lambda value: value, values, progress=False).df[name]


def test_whole_numbers_among_floats_lose_no_digit():
    large = [1, 2.5, 2**60 + 1]

    assert column(large).tolist() == large
    assert column(large, "item").tolist() == large
    assert column([1, 2.5]).dtype == "float64"


def test_none_among_strings_stays_none():
    assert column(["a", None]).tolist() == ["a", None]
