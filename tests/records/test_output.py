"""What a task printed, as one line."""

from __future__ import annotations

import warnings

import pytest

from nbparallel.records.output import last_line


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("", ""),
        ("\n \n", ""),
        ("one\n  two  \n\n", "two"),
        ("\x1b[31mred\x1b[0m\n", "red"),
        ("10 %\r20 %", "20 %"),
        ("a.py:3: UserWarning: hot\n  warn('hot')\n", "UserWarning: hot"),
        ("<ipython-input-1>:3: Mine: hot\n  warn('hot')\n", "Mine: hot"),
        ("a.py:3: UserWarning: hot\n  warn('hot')\nand on\n", "and on"),
        ("a.py:3: UserWarning: hot\n", "a.py:3: UserWarning: hot"),
        ("result:\n  3\n", "3"),
    ],
)
def test_is_the_last_one_that_tells_something(output, line):
    assert last_line(output, 80) == line


def test_of_a_warning_it_is_the_message():
    warning = warnings.formatwarning("too hot", UserWarning, __file__, 9, "warn(text)")

    assert warning.endswith("  warn(text)\n")
    assert last_line(f"before\n{warning}", 80) == "UserWarning: too hot"


def test_is_bounded():
    assert last_line("x" * 5000, 80) == "x" * 77 + "..."
