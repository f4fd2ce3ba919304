"""Numbers as users read them: counts, durations, rates and factors."""

from __future__ import annotations

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

#: Below how many seconds a time is told in which unit.
SHORT = ((1e-3, 1e6, "µs"), (0.1, 1e3, "ms"))
#: Two times are told as one where the longer is at most so many times the shorter.
CLOSE = 1.2


def count(number: int) -> str:
    """Return a number of tasks: ``"1,204"``."""
    return f"{number:,}"


def counted(*parts: tuple[int, str]) -> str:
    """Return the parts that are not zero: ``"3,987 ok, 13 failed"``."""
    return ", ".join(f"{count(number)} {word}" for number, word in parts if number)


def significant(value: float) -> str:
    """Return a number in about three figures: ``"0.024"``, ``"1.24"``, ``"1,204"``."""
    for below, digits in ((0.1, 3), (9.995, 2), (99.95, 1)):
        if value < below:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def factor(value: float) -> str:
    """Return how many times: ``"0.0034"``, ``"0.91"``, ``"7.5"``, ``"1,240"``."""
    if 0 < value < 0.095:  # noqa: PLR2004 # what would be 0.00 is not nothing
        return f"{value:.2g}"
    for below, digits in ((1.95, 2), (99.5, 1)):
        if value < below:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def took(value: float | None) -> str:
    """Return how long a task took, for a column; nothing if nobody knows.

    Examples
    --------
    >>> took(0.0674), took(0.00239), took(0.29), took(64)
    ('67 ms', '2.4 ms', '0.29 s', '1m 04s')
    """
    for below, scale, unit in SHORT:
        if value and value < below:
            shown = value * scale
            return f"{shown:.{0 if shown >= 9.95 else 1}f} {unit}"  # noqa: PLR2004 # 10
    return "" if value is None else duration(value)


def duration(value: float) -> str:
    """Return how long something goes on: ``"12.0 µs"``, ``"0.24 s"``, ``"1m 04s"``."""
    whole = int(value)
    if whole < MINUTE:
        return measured_time(value) if value else "0 s"
    if whole < HOUR:
        return f"{whole // MINUTE}m {whole % MINUTE:02d}s"
    if whole < DAY:
        return f"{whole // HOUR}h {whole % HOUR // MINUTE:02d}m"
    return f"{whole // DAY}d {whole % DAY // HOUR:02d}h"


def measured_time(value: float) -> str:
    """Return a time to be compared with others: ``"12.3 µs"``, ``"0.41 s"``.

    Unlike a `duration` it is always in about three figures, and in one unit.
    """
    for below, scale, unit in SHORT:
        if value < below:
            return f"{significant(value * scale)} {unit}"
    return f"{significant(value)} s"


def size(value: float) -> str:
    """Return so many bytes: ``"312 MB"``, ``"1.24 GB"``."""
    for below, scale, unit in ((1e9, 1e6, "MB"), (1e12, 1e9, "GB")):
        if value < below * 0.9995:
            return f"{significant(value / scale)} {unit}"
    return f"{significant(value / 1e12)} TB"


def rate(value: float | None) -> str:
    """Return tasks per time: ``"325/s"``, ``"37.2/s"``, ``"12.5/min"``."""
    if value is None:
        return ""
    if value >= 1:
        return f"{significant(value)}/s"
    if value * MINUTE >= 1:
        return f"{significant(value * MINUTE)}/min"
    return f"{significant(value * HOUR)}/h"


def remaining(least: float, most: float) -> str:
    """Return the time still to go: ``"about 1m 10s left"``, ``"12 to 20 s left"``."""
    if most < 1:
        return "less than 1 s left"
    low, high = (
        f"{value:.0f} s" if value < MINUTE else duration(value)
        for value in (least, most)
    )
    if low == high or most <= CLOSE * least:
        return f"about {high} left"
    if least < 0.5:  # noqa: PLR2004 # rounded, nothing
        return f"up to {high} left"
    if most < MINUTE:
        low = low.removesuffix(" s")
    return f"{low} to {high} left"
