"""The scalability law: its fit agrees with a reference, and owns up to its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import curve_fit

from nbparallel.timing.fitting import fit

COUNTS = np.repeat([1, 2, 4, 8, 16, 32], 3)


def capacity(count, a, b):
    return count / (1 + a * (count - 1) + b * count * (count - 1))


def measured(a, b, rate=40.0, *, noise=0.05, seed=0, counts=COUNTS):
    chance = np.random.default_rng(seed)
    exact = 100 / (rate * capacity(counts, a, b))
    return exact * np.exp(chance.normal(0, noise, len(counts)))


def reference(counts, seconds):
    """Return rate, a, b and their standard errors by an iterative solver."""

    def model(count, rate, a, b):
        return 100 / (rate * capacity(count, a, b))

    rate = 100 / seconds[0]
    return_value, covariance = curve_fit(
        model,
        counts,
        seconds,
        sigma=seconds,
        p0=[rate, 0.1, 0.001],
        bounds=([0, 0, 0], [math.inf, 1, math.inf]),
        x_scale=[rate, 0.1, 0.001],
        ftol=1e-14,
        xtol=1e-14,
        gtol=1e-14,
    )
    return return_value, np.sqrt(np.diag(covariance))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("a", "b"), [(0.05, 0.004), (0.2, 0.0), (0.0, 0.002), (0.5, 0.01), (0.9, 0.2)]
)
def test_fit_agrees_with_scipy(a, b, seed):
    seconds = measured(a, b, seed=seed)
    (rate, contention, coherency), errors = reference(COUNTS, seconds)
    found = fit(COUNTS, seconds, tasks=100)

    assert found.rate == pytest.approx(rate, rel=1e-5)
    assert found.contention == pytest.approx(contention, abs=1e-5)
    assert found.coherency == pytest.approx(coherency, abs=1e-6)
    if 1e-3 < contention < 0.999 and coherency > 1e-5:  # away from every bound
        assert found.contention_error == pytest.approx(errors[1], rel=0.01)
        assert found.coherency_error == pytest.approx(errors[2], rel=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_fit_agrees_with_one_of_throughputs(seed):
    """The usual way: least squares of tasks per second, not of relative times."""
    seconds = measured(0.04, 0.003, noise=0.005, seed=seed)
    throughput = 100 / seconds
    usual, _ = curve_fit(
        lambda count, rate, a, b: rate * capacity(count, a, b),
        COUNTS,
        throughput,
        p0=[throughput[0], 0.1, 0.001],
        bounds=([0, 0, 0], [math.inf, 1, math.inf]),
    )
    found = fit(COUNTS, seconds, tasks=100)

    assert found.rate == pytest.approx(usual[0], rel=0.02)
    assert found.contention == pytest.approx(usual[1], abs=0.006)
    assert found.coherency == pytest.approx(usual[2], rel=0.06)


def test_exact_measurements_give_the_exact_law():
    found = fit(COUNTS, measured(0.05, 0.004, noise=0), tasks=100)

    assert found.law == "Universal Scalability Law"
    assert found.rate == pytest.approx(40)
    assert found.contention == pytest.approx(0.05)
    assert found.coherency == pytest.approx(0.004)
    assert found.peak == pytest.approx(math.sqrt(0.95 / 0.004))
    assert found.best == 15
    assert found.speedup(4) == pytest.approx(capacity(4, 0.05, 0.004))
    assert found.seconds(4) == pytest.approx(100 / (40 * capacity(4, 0.05, 0.004)))
    assert found.limit == found.speedup(15)
    assert found.caveats == ()


def test_best_is_the_better_whole_number_next_to_the_peak():
    for b in np.geomspace(0.001, 1, 40):
        found = fit(COUNTS, measured(0.1, b, noise=0))
        whole = np.arange(1, 100)

        most = capacity(whole, 0.1, b).max()  # two neighbours may share it
        assert capacity(found.best, 0.1, b) == pytest.approx(most, rel=1e-12)


def test_without_coherency_it_is_amdahls_law():
    found = fit(COUNTS, measured(0.1, 0, noise=0))

    assert found.law == "Amdahl's law"
    assert found.coherency == 0
    assert found.best is None
    assert found.limit == pytest.approx(10)
    assert any("predict no best count" in said for said in found.caveats)


def test_perfect_scaling_has_no_limit():
    found = fit(COUNTS, measured(0, 0, noise=0))

    assert (found.contention, found.limit, found.peak) == (0, math.inf, math.inf)


def test_work_that_only_gets_slower_is_best_alone():
    found = fit([1, 2, 4, 8], [1.0, 1.2, 1.4, 1.9])

    assert found.contention == 1
    assert found.best == 1


@pytest.mark.parametrize(("counts", "times"), [([], []), ([4, 4, 4], [1, 2, 3])])
def test_fewer_than_two_counts_give_no_fit(counts, times):
    assert fit(counts, times) is None


def test_times_of_zero_give_no_fit():
    assert fit([1, 2, 4], [1.0, 0.0, 0.1]) is None


def test_two_counts_give_amdahls_law_and_say_so():
    found = fit([1, 8], [8.0, 1.7])

    assert found.coherency == 0
    assert found.contention == pytest.approx((8 / (8 / 1.7) - 1) / 7)
    assert math.isnan(found.coherency_error)
    assert "Amdahl's law is assumed" in found.caveats[0]


def test_as_many_legs_as_parameters_tell_no_error():
    found = fit([1, 4, 16], measured(0.05, 0.004, counts=np.array([1, 4, 16])))

    assert math.isnan(found.contention_error)
    assert any("too few" in said for said in found.caveats)


def test_a_best_count_beyond_the_measured_ones_is_called_that():
    counts = np.repeat([1, 2, 4, 8], 3)
    found = fit(counts, measured(0.02, 0.002, noise=0, counts=counts))

    assert found.best == 22
    assert "That lies beyond the 8 workers that were measured." in found.caveats


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.0), (0.1, 0.0), (0.05, 0.001)])
def test_workers_beyond_the_tasks_count_for_nothing(a, b):
    found = fit(COUNTS, measured(a, b, noise=0, counts=np.minimum(COUNTS, 8)), tasks=8)

    assert found.contention == pytest.approx(a, abs=1e-9)
    assert found.coherency == pytest.approx(b, abs=1e-9)
    assert found.counts == (1, 2, 4, 8)
    assert found.best == 8
    assert found.limit == found.speedup(8)
    assert found.speedup(np.array([8, 9, 1000])) == pytest.approx([found.limit] * 3)
    assert not found.off


def test_no_best_count_lies_beyond_the_tasks():
    counts = np.repeat([1, 2, 4, 8], 3)
    found = fit(counts, measured(0.02, 0.002, noise=0, counts=counts), tasks=16)

    assert found.best == 16
    assert found.limit == found.speedup(16) == found.speedup(22)


def test_amdahls_limit_needs_tasks_enough():
    counts = np.repeat([1, 2, 4, 8], 3)
    found = fit(counts, measured(0.1, 0, noise=0, counts=counts), tasks=16)

    assert found.best is None
    assert found.limit == pytest.approx(capacity(16, 0.1, 0))


def test_a_law_that_does_not_hold_is_called_that():
    found = fit([1, 2, 4, 8], [1.0, 0.5, 1.0, 0.125])

    assert any("something else is at work" in said for said in found.caveats)


@pytest.mark.parametrize("noise", [0.01, 0.05, 0.1, 0.2])
@pytest.mark.parametrize(("a", "b"), [(0.05, 0.004), (0.1, 0.0), (1.0, 0.0)])
def test_noise_alone_is_no_reason_to_doubt_the_law(a, b, noise):
    seconds = [measured(a, b, noise=noise, seed=seed) for seed in range(100)]

    assert sum(fit(COUNTS, each).off for each in seconds) <= 10


@pytest.mark.parametrize("seats", [4, 8])
def test_a_corner_that_no_law_has_is_noticed_if_little_noise_hides_it(seats):
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, 0.04, len(COUNTS))

        assert fit(COUNTS, np.exp(noise) / np.minimum(COUNTS, seats)).off


def test_faster_than_the_ideal_is_called_that():
    found = fit([1, 2, 4], [1.0, 0.4, 0.15])

    assert found.contention == 0
    assert any("which no law explains" in said for said in found.caveats)


def test_one_lucky_leg_is_not_faster_than_the_ideal():
    found = fit([1, 1, 2, 2, 4, 4], [1.0, 1.02, 0.51, 0.41, 0.27, 0.26])

    assert not found.beyond_ideal
