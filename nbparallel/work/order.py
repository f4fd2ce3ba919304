"""In which order the tasks of a run may start, where that is not all the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """Tasks that start together or one after another, or stages that do.

    Attributes
    ----------
    parts
        The stages that it consists of; or a range: of the tasks themselves. There is at
        least one.
    in_turn
        Whether each part, or each task, starts only once all before it have ended, in
        whatever way.
    """

    parts: tuple[Stage, ...] | range
    in_turn: bool = False


def stage_of(parts: list[Stage], *, in_turn: bool) -> Stage:
    """Return the stage of these parts, as simple as can be.

    Tasks that follow each other and need not be told apart become one range.

    Examples
    --------
    >>> stage_of([Stage(range(3)), Stage(range(3, 5))], in_turn=False)
    Stage(parts=range(0, 5), in_turn=False)
    """
    joined: list[Stage] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last is not None and _are_one(last, part, in_turn=in_turn):
            assert isinstance(last.parts, range)
            assert isinstance(part.parts, range)
            both = range(last.parts.start, part.parts.stop)
            joined[-1] = Stage(both, in_turn=in_turn)
        else:
            joined.append(part)
    return joined[0] if len(joined) == 1 else Stage(tuple(joined), in_turn=in_turn)


def _are_one(last: Stage, part: Stage, *, in_turn: bool) -> bool:
    """Whether the tasks of two stages could as well be of one."""
    one, two = last.parts, part.parts
    if not (
        isinstance(one, range) and isinstance(two, range) and one.stop == two.start
    ):
        return False
    return all(
        len(tasks) == 1 or stage.in_turn == in_turn
        for stage, tasks in ((last, one), (part, two))
    )
