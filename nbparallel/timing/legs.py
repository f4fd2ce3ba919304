"""Which legs are measured, and in which order; and the checks of what was asked for."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from nbparallel.errors import BadType, BadValue
from nbparallel.options import whole

LOOP: Final = "one after another"


@dataclass(frozen=True, slots=True)
class Leg:
    """One pass over all items, timed as a whole.

    Attributes
    ----------
    round
        The number of the round that it belongs to, from 1; 0 is the warm-up.
    workers
        How many workers carry the items out.
    sequential
        Whether it goes through the items one after another, without any machinery.
    """

    round: int
    workers: int
    sequential: bool

    @property
    def way(self) -> str:
        """How it is carried out: ``"one after another"``, ``"8 workers"``."""
        return LOOP if self.sequential else workers_in_words(self.workers)

    def __repr__(self) -> str:
        which = f"round {self.round}" if self.round else "warm-up"
        return f"{which}, {self.way}"


def plan(legs: list[Leg], repeats: int, *, warmup: bool, seed: int) -> list[Leg]:
    """Return every leg in the order in which it is to be carried out.

    Each round has every leg once, in an order of its own: what drifts while all this
    takes place (caches, clock rates, other people's load) favours none of them.
    """
    chance = random.Random(seed)  # noqa: S311 # an order, not a secret
    return [
        replace(leg, round=number)
        for number in range(0 if warmup else 1, repeats + 1)
        for leg in chance.sample(legs, len(legs))
    ]


def workers_in_words(count: int) -> str:
    """Return ``"1 worker"`` or ``"8 workers"``."""
    return "1 worker" if count == 1 else f"{count} workers"


def worker_counts(value: Any) -> list[int]:
    """Return the counts of a sweep, in order, each once.

    Raises
    ------
    BadType, BadValue
        They are no counts.
    """
    right = "as in workers=(1, 2, 4, 8)"
    if isinstance(value, str) or not isinstance(value, Iterable):
        message = f"workers={value!r}: a sweep needs several counts, {right}"
        raise BadType(message)
    given = list(value)
    counts = set()
    for each in given:
        try:
            counts.add(whole("workers", each))
        except (BadType, BadValue) as error:
            message = f"workers={value!r}: {each!r} is not a number of workers; {right}"
            raise type(error)(message) from None
    if not counts:
        message = f"workers={value!r}: a sweep needs at least one count, {right}"
        raise BadValue(message)
    return sorted(counts)
