"""Tie what is displayed to the task that displays it.

While an outermost run keeps what its tasks print, their displays are kept as well, and
their text is a part of what they print. Widgets are let through at once: they are of
use while they live. So is what cannot be kept, and all that tasks have not displayed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from nbparallel.edge import publisher
from nbparallel.engine import capture
from nbparallel.engine.capture import Running
from nbparallel.engine.scheduler import Scheduler
from nbparallel.records.displays import Display, Displays
from nbparallel.workers.claim import Owner

WIDGET: Final = "application/vnd.jupyter.widget-view+json"

_lock = threading.Lock()
_runs: dict[Owner, Displays] = {}
_undo: list[Callable[[], None]] = []


def start(run: Scheduler, displays: Displays) -> Callable[[], None]:
    """Keep what the tasks of *run* print, and display.

    Returns
    -------
    callable
        Ends it; any number of times.
    """
    keeps_no_text = capture.start(run)
    if run.parent is not None:
        return keeps_no_text  # nobody would show what its tasks display
    displays.open()
    with _lock:
        _runs[run] = displays
        if len(_runs) == 1:
            _undo.append(publisher.tap(publish=_publish, clear_output=_clear))

    def stop() -> None:
        displays.close()
        with _lock:
            if _runs.pop(run, None) is not None and not _runs:
                _undo.pop()()
        keeps_no_text()

    return stop


def _publish(data: Any, metadata: Any = None, *_: Any, **named: Any) -> bool:
    """Keep what a task publishes; return False if it is to be sent."""
    if (found := _of_task()) is None:
        return False
    task, displays = found
    shown = Display(
        dict(data), dict(metadata or {}), dict(named.get("transient") or {})
    )
    if named.get("update"):
        return displays.replace(shown)
    task.printed.add(_words(shown))
    return WIDGET not in shown.data and displays.add(task.number, shown)


def _clear(wait: Any = False, *_: Any, **_named: Any) -> bool:  # noqa: FBT002 # as IPython has it
    """Let a task clear what it has displayed itself, not the cell with the panel."""
    if (found := _of_task()) is None:
        return False
    task, displays = found
    displays.clear(task.number, wait=bool(wait))
    return True


def _of_task() -> tuple[Running, Displays] | None:
    """Return the task that is calling, and what keeps its displays."""
    task = capture.running_task() if _runs else None
    displays = None if task is None else _runs.get(task.run)
    return None if task is None or displays is None else (task, displays)


def _words(shown: Display) -> str:
    words = shown.data.get("text/plain")
    if not isinstance(words, str):
        words = f"<{', '.join(map(str, shown.data))}>"
    return f"{words}\n"
