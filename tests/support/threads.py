"""The threads of ours in this process."""

from __future__ import annotations

import threading

#: Those of the event loop stay: one for the process, whatever runs there are.
LOOP = "nbparallel-loop"


def ours() -> set[threading.Thread]:
    """Return those that are alive, and are to end with the runs."""
    alive = {t for t in threading.enumerate() if t.name.startswith("nbparallel-")}
    return {thread for thread in alive if not thread.name.startswith(LOOP)}
