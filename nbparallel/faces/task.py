"""What a task can ask about the run that it belongs to."""

from __future__ import annotations

import threading
import time

from nbparallel.workers.scope import current

#: Seconds after which a task that sleeps in the main thread looks for a cancel.
STEP = 0.05


def cancelled() -> bool:
    """Whether the run of the calling task is being cancelled; False outside a task.

    A task that takes long can look here now and then, and return.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> nbp.cancelled()
    False
    """
    scope = current.get()
    return scope is not None and scope.halt.is_set()


def sleep(seconds: float) -> None:
    """Sleep, but wake when the run of the calling task is cancelled.

    Parameters
    ----------
    seconds
        How long to sleep.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> nbp.pmap(nbp.sleep, [0.01, 0.01], progress=False).df["status"].tolist()
    ['ok', 'ok']
    """
    scope = current.get()
    if scope is None:
        time.sleep(seconds)
    elif threading.current_thread() is threading.main_thread():
        _sleep_in_steps(seconds, scope.halt)
    else:
        scope.halt.wait(seconds)


def _sleep_in_steps(seconds: float, halt: threading.Event) -> None:
    """Sleep where an interrupt can strike, which must not happen inside an event."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0 and not halt.is_set():
        time.sleep(min(left, STEP))
