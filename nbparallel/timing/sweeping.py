"""`sweep`: the same work with several numbers of workers, to find the best one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Unpack

from nbparallel.engine.run import Run
from nbparallel.options import LegOptions, Options, flag, whole
from nbparallel.signatures import with_options
from nbparallel.timing.legs import Leg, plan, worker_counts
from nbparallel.timing.measuring import measure
from nbparallel.timing.results import Sweep
from nbparallel.timing.subject import subject_of
from nbparallel.types import MISSING, Missing, Table


@with_options(Options, LegOptions)
def sweep(
    fn: Callable[..., Any] | Run[Any],
    items: Iterable[Any] | Table | Missing = MISSING,
    *,
    workers: Iterable[int] = (1, 2, 4, 8, 16),
    repeats: int = 3,
    warmup: bool = True,
    seed: int = 0,
    **options: Unpack[LegOptions],
) -> Sweep:
    """Measure how long *fn* takes over *items* with each number of workers.

    Each round carries every count out once, in random order. One worker is a plain
    loop, more are `nbparallel.pmap`. A panel shows each leg; its Cancel keeps what has
    been measured.

    Parameters
    ----------
    fn, items
        As for `compare`: a function and its items, an ended `Run`, or any function with
        a parameter ``workers``.
    workers
        The numbers of workers. Speed-ups refer to the smallest.
    repeats
        How many rounds are measured.
    warmup
        Whether a round goes before them that is not measured.
    seed
        What the order of the legs is drawn with.
    **options
        As for `compare`.

    Returns
    -------
    Sweep
        Displays as sentences and a table; has ``best``, ``speedup``, ``seconds``,
        ``df``, ``fit``, ``plot()``.

    Raises
    ------
    BadType, BadValue
        The call cannot be understood; nothing was started.
    InputError
        A lazy input raised; nothing was started.
    StillRunning
        The run has not ended.
    KeyboardInterrupt
        An interrupt ended it; the legs so far are the rows of `nbparallel.last`.
    Exception
        With ``on_error="raise"``, what a task raised first.

    Notes
    -----
    ``fit`` is the Universal Scalability Law (N. J. Gunther, *Guerrilla Capacity
    Planning*, Springer 2007); see `nbparallel.timing.scaling`.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> found = nbp.sweep(
    ...     nbp.sleep, [0.01] * 8, workers=(1, 2, 4), repeats=1, progress=False
    ... )
    >>> found.best > 1  # where the machine has nothing else to do, 4
    True
    >>> sorted(found.speedup)
    [1, 2, 4]
    """
    __tracebackhide__ = True  # the user's line is what matters
    counts = worker_counts(workers)
    repeats, warmup = whole("repeats", repeats), flag("warmup", warmup)
    subject = subject_of("sweep", fn, items, {**options})
    loop = subject.items is not None
    legs = [Leg(0, count, sequential=loop and count == 1) for count in counts]
    order = plan(legs, repeats, warmup=warmup, seed=seed)
    measured = measure("sweep", subject, order)
    return Sweep(subject.name, tuple(counts), measured.legs, measured.planned)
