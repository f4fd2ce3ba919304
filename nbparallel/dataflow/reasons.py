"""Why one statement has to wait for another, in a few words that follow its name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from nbparallel.dataflow.regions import Effects, Region

#: So many names are told.
MOST: Final = 2
#: What two statements do that both touch something outside of the program.
_OUTSIDE: Final = {
    "": "prints, reads or writes as well",
    "import": "imports as well",
    "lots": "comes after a seed",
}


def reasons_of(
    effects: Sequence[Effects], needs: Mapping[int, Collection[int]]
) -> dict[int, dict[int, str]]:
    """Return, by statement and by the one that it waits for, why.

    Where several things keep two in order it is the one that is hardest to change.
    """
    return {
        number: {each: _reason(effects[number], effects[each]) for each in earlier}
        for number, earlier in needs.items()
    }


def _reason(own: Effects, earlier: Effects) -> str:
    if used := own.reads & earlier.writes:
        return f"uses {_told(used)}"
    if earlier.barrier:  # it may be why nothing is known of the own one either
        return "comes after what may do anything"
    if own.barrier:
        return "may do anything"
    if bound := own.writes & (earlier.reads | earlier.writes):
        return f"binds {_told(bound)} anew"
    return _shared(
        own,
        earlier,
        earlier.changes & (own.sees | own.changes) | earlier.sees & own.changes,
    )


def _shared(own: Effects, earlier: Effects, regions: set[Region]) -> str:
    """Return which of *regions* both touch, by the names that lead there."""
    mine, theirs = (_leading(each, regions) for each in (own, earlier))
    both = [name for name in mine if name in theirs]
    if both:
        return f"shares {_told(both[:1])}"
    if mine and theirs:
        return f"{_told(mine[:1])} shares an object with {_told(theirs[:1])}"
    if states := {str(which) for kind, which in regions if kind == "state"}:
        return f"shares the state of {_told(states)}"
    outside = [
        str(which) for kind, which in sorted(regions, key=str) if kind == "world"
    ]
    return _OUTSIDE[outside[0]] if outside else "may touch the same object"


def _leading(effects: Effects, regions: set[Region]) -> list[str]:
    """Return the names that lead to one of *regions*, the most direct first."""
    leads = effects.leads
    found = [name for name, reached in leads.items() if reached & regions]
    return sorted(found, key=lambda name: (len(leads[name]), name))


def _told(names: Iterable[str]) -> str:
    found = sorted(names)
    more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
    return ", ".join(f"`{name}`" for name in found[:MOST]) + more
