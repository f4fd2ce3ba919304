"""Numbers in words."""

from __future__ import annotations

import pytest

from nbparallel.quantities import (
    duration,
    factor,
    measured_time,
    rate,
    remaining,
    significant,
    size,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 s"),
        (12e-6, "12.0 µs"),
        (0.0241, "24.1 ms"),
        (0.24, "0.24 s"),
        (9.994, "9.99 s"),
        (12.34, "12.3 s"),
        (59.96, "60.0 s"),
        (64, "1m 04s"),
        (7500, "2h 05m"),
        (3 * 86400 + 4 * 3600, "3d 04h"),
    ],
)
def test_duration(value, shown):
    assert duration(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (12345.6, "12,346/s"),
        (325.4, "325/s"),
        (37.2, "37.2/s"),
        (0.5, "30.0/min"),
        (0.001, "3.60/h"),
    ],
)
def test_rate(value, shown):
    assert rate(value) == shown


@pytest.mark.parametrize(
    ("least", "most", "shown"),
    [
        (0.1, 0.9, "less than 1 s left"),
        (4.2, 4.2, "about 4 s left"),
        (70, 70, "about 1m 10s left"),
        (10, 11.9, "about 12 s left"),
        (12, 20, "12 to 20 s left"),
        (0, 8, "up to 8 s left"),
        (50, 80, "50 s to 1m 20s left"),
    ],
)
def test_remaining(least, most, shown):
    assert remaining(least, most) == shown


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (2e-6, "2.00 µs"),
        (0.0123, "12.3 ms"),
        (0.41, "0.41 s"),
        (3.1, "3.10 s"),
        (99.99, "100 s"),
        (1234.0, "1,234 s"),
    ],
)
def test_measured_time(value, told):
    assert measured_time(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0034, "0.0034"), (0.91, "0.91"), (7.51, "7.5"), (99.6, "100"), (1240, "1,240")],
)
def test_factors(value, told):
    assert factor(value) == told


@pytest.mark.parametrize(
    ("value", "shown"),
    [(9.996, "10.0"), (99.96, "100"), (0.0994, "0.099"), (1203.7, "1,204")],
)
def test_about_three_figures_also_where_rounding_adds_one(value, shown):
    assert significant(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0.000 MB"),
        (31_200_000, "31.2 MB"),
        (312_000_000, "312 MB"),
        (999_900_000, "1.00 GB"),
        (1_240_000_000, "1.24 GB"),
        (2_500_000_000_000, "2.50 TB"),
    ],
)
def test_sizes(value, shown):
    assert size(value) == shown
