"""Who acts at the moment: one state for an agent, in whatever worlds it lives.

Guarantees
----------
- Of one agent at most one act goes on at any time, whatever has become of the step that
  it was of, also if it was removed and added anew.
- An act that was given up still counts as going on, until its call has come back.
"""

from __future__ import annotations

from threading import Lock
from weakref import WeakValueDictionary


class Acting:
    """Whether an agent acts.

    Attributes
    ----------
    locked
        Says so.
    end
        Have it act no more.
    """

    __slots__ = ("__weakref__", "_lock", "end", "locked")

    def __init__(self) -> None:
        self._lock = Lock()
        self.locked, self.end = self._lock.locked, self._lock.release

    def begin(self, wait: float = 0) -> bool:
        """Have it act, unless it does for so many seconds more; return whether it does.

        Whoever is told True has it act.
        """
        return self._lock.acquire(timeout=wait)


#: By the number of the agent, which lives as long as anybody who asked for this.
_known: WeakValueDictionary[int, Acting] = WeakValueDictionary()
_finding = Lock()


def acting_of(agent: object) -> Acting:
    """Return the state of *agent*; who keeps it keeps the agent, too."""
    with _finding:
        return _known.setdefault(id(agent), Acting())
