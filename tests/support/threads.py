"""The threads of ours in this process."""

from __future__ import annotations

import sys
import threading
import traceback

#: What stays when runs have ended: the event loop, one for the process, and who looks
#: after the processes that wait for the next run.
STAYS = ("nbparallel-loop", "nbparallel-warm")


def ours() -> set[threading.Thread]:
    """Return those that are alive, and are to end with the runs."""
    alive = {t for t in threading.enumerate() if t.name.startswith("nbparallel-")}
    return {thread for thread in alive if not thread.name.startswith(STAYS)}


def whereabouts() -> str:
    """Return where each of them is, for the message of what waited in vain."""
    frames = sys._current_frames()
    places = []
    for thread in ours():
        frame = frames.get(thread.ident)
        places.append(f"{thread.name}:\n{''.join(traceback.format_stack(frame))}")
    return "\n".join(places)
