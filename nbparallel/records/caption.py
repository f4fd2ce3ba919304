"""What is said of a run beside its numbers, where that changes while it goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caption:
    """What the loop over a run has it say of itself.

    Attributes
    ----------
    name
        What it is called from now on; ``""`` leaves it as it is.
    postfix
        A few words behind its counts.
    """

    name: str = ""
    postfix: str = ""
