"""Programs whose sets have another order each time."""

from __future__ import annotations

import os
import subprocess
import sys


def said_with_other_hashes(code: str) -> set[str]:
    """Return what *code* prints in processes that hash texts differently."""
    return {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
