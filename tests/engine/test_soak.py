"""A short storm of random programs; ``make soak`` goes on for minutes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Seconds of the storm.
LONG = 6


@pytest.mark.timeout(180)
def test_random_programs_lose_nothing_and_leave_nothing_behind():
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.soak", f"{LONG}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "threads: " in done.stdout
