"""Effects of the statements -> which of them have to wait for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nbparallel.dataflow.regions import Effects


def needs_of(effects: Sequence[Effects]) -> Mapping[int, list[int]]:
    """Return, by statement, which earlier ones it has to wait for.

    Those that others among them wait for already are left out.
    """
    found: dict[int, list[int]] = {}
    before: list[int] = []  # by statement, a bit for each that comes before it
    for number, own in enumerate(effects):
        seen, chosen = 0, []
        for earlier in range(number - 1, -1, -1):
            if not seen >> earlier & 1 and own.conflicts(effects[earlier]):
                seen |= before[earlier] | 1 << earlier
                chosen.append(earlier)
        before.append(seen)
        if chosen:
            found[number] = sorted(chosen)
    return found
