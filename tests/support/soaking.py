"""What `make soak` has more of than `make test`: rounds, and kernels.

A test with more rounds there is marked ``soak``. Of the kernels `make test` takes the
oldest and the newest, or all of them for what is marked ``every_kernel``; in front ends
that are not JupyterLab the newest, or the oldest and the newest.
"""

from __future__ import annotations

import os

#: Whether this is `make soak`.
SOAKS = "SOAK" in os.environ


def often(usual: int, soaked: int) -> int:
    """Return how many rounds there are: in `make test`, or in `make soak`."""
    return soaked if SOAKS else usual
