"""What a task can ask about the run that it belongs to."""

from __future__ import annotations

import time

from nbparallel.workers.claim import current


def cancelled() -> bool:
    """Whether the run of the calling task is being cancelled; False outside a task.

    A task that takes long can look here now and then, and return.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> nbp.cancelled()
    False
    """
    claim = current.get()
    return claim is not None and claim.halt.is_set()


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
    claim = current.get()
    if claim is None:
        time.sleep(seconds)
    else:
        claim.halt.wait(seconds)
