"""The number of workers: advice, and the other words that faces have for it."""

from __future__ import annotations

from typing import Any, Final

from nbparallel.errors import BadType
from nbparallel.options import AUTO, flag, whole
from nbparallel.workers.bounds import processors

#: The most workers that `optimal_workers` advises for tasks that wait.
MOST_WAITING: Final = 100


def optimal_workers(n: int, io_bound: bool = True) -> int:  # noqa: FBT001, FBT002 # as those have it who come with it
    """Return how many workers to begin with, for *n* items.

    What is right hangs on what a task waits for:

    ========================  ==========================  ================
    tasks                     workers                     backend
    ========================  ==========================  ================
    network                   50 to 100                   ``"threads"``
    files                     20 to 50                    ``"threads"``
    commands (subprocesses)   10 to 20                    ``"threads"``
    computing in Python       as many as CPUs             ``"processes"``
    ========================  ==========================  ================

    A number in advance is a guess. ``workers="auto"`` measures instead, while the run
    goes on; `sweep` measures several numbers, one after the other.

    Parameters
    ----------
    n
        How many items there are.
    io_bound
        Whether they wait for something rather than compute.

    Returns
    -------
    int
        *n*, but at most 100; of tasks that compute, at most the CPUs that this process
        may use. At least 1.

    Examples
    --------
    >>> optimal_workers(30), optimal_workers(3000)
    (30, 100)
    >>> optimal_workers(1, io_bound=False)
    1
    """
    most = MOST_WAITING if flag("io_bound", io_bound) else processors()
    return max(1, min(most, whole("n", n, least=0)))


def with_workers(options: dict[str, Any], word: str, value: Any) -> dict[str, Any]:
    """Return options with the number of workers, which a face has under another word.

    Raises
    ------
    BadType, BadValue
        It is no such number, or there are two.
    """
    if value is None:
        return {**options}
    if options.get("workers") is not None:
        message = (
            f"{word}={value!r} and workers={options['workers']!r} are two words for "
            "one number: leave one out"
        )
        raise BadType(message)
    if not (isinstance(value, str) and value == AUTO):
        whole(word, value)
    return {**options, "workers": value}
