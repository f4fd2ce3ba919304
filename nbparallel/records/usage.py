"""What a run uses of the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """What this process and its child processes used, over some seconds.

    Attributes
    ----------
    cpu
        CPU seconds per second: 1.0 is one CPU in full use.
    memory
        Bytes of memory that they hold (resident). What several of them share counts for
        each of them, so the sum may be more than is really taken.
    children
        How many child processes there were.
    computing
        How many of those were computing, or waiting for a CPU to do so.
    span
        How many seconds the look was at.
    """

    cpu: float
    memory: int
    children: int = 0
    computing: float = 0.0
    span: float = 0.0


def joined(first: Usage | None, then: Usage) -> Usage:
    """Return the mean of two looks, each by its time; of memory, the most."""
    if first is None:
        return then
    span = first.span + then.span
    share = then.span / span if span else 0.0

    def mean(before: float, after: float) -> float:
        return before + share * (after - before)

    return Usage(
        cpu=mean(first.cpu, then.cpu),
        memory=max(first.memory, then.memory),
        children=max(first.children, then.children),
        computing=mean(first.computing, then.computing),
        span=span,
    )
