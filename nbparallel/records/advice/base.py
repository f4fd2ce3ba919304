"""What every kind of advice is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: What takes less of the run than this is not worth changing anything for: runs of the
#: same tasks differ by as much from time to time.
WORTH: Final = 0.1


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence, and how many seconds of the run it is about."""

    saves: float
    sentence: str


def percent(share: float) -> str:
    """Return a share for a sentence; never more than all of it."""
    return f"{100 * min(share, 1.0):.0f} %"
