"""`compare`: in parallel against one after another, both really carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Unpack

from nbparallel.engine.run import Run
from nbparallel.errors import BadValue
from nbparallel.options import AUTO, LegOptions, Options, flag, whole
from nbparallel.signatures import with_options
from nbparallel.timing.legs import Leg, plan
from nbparallel.timing.measuring import measure
from nbparallel.timing.results import Comparison
from nbparallel.timing.subject import subject_of
from nbparallel.types import MISSING, Missing, Table


@with_options(Options, LegOptions)
def compare(
    fn: Callable[..., Any] | Run[Any],
    items: Iterable[Any] | Table | Missing = MISSING,
    *,
    workers: int | None = None,
    repeats: int = 3,
    warmup: bool = True,
    seed: int = 0,
    **options: Unpack[LegOptions],
) -> Comparison:
    """Measure how many times as fast *fn* goes over *items* in parallel.

    The same items are gone through by a plain loop and by `nbparallel.pmap`, *repeats*
    times each and in random order, after a warm-up of both. A panel shows each leg; its
    Cancel keeps what has been measured.

    Parameters
    ----------
    fn
        The function. Or an ended `Run`: its items are carried out again. Or, without
        *items*, any function with a parameter ``workers``: then ``fn(workers=1)`` is
        compared with ``fn(workers=8)``, whatever it does inside.
    items
        What `pmap` takes as its one iterable. A lazy one is read to its end first.
    workers
        The number of workers. None: as many as the run had, or as `pmap` would take, so
        that ``compare(fn, items)`` tells what ``pmap(fn, items)`` gains.
    repeats
        How many rounds are measured.
    warmup
        Whether a round goes before them that is not measured.
    seed
        What the order of the legs is drawn with.
    **options
        Any field of `nbparallel.options.Options` but ``block``, ``ordered`` and
        ``buffer``. They hold for the parallel legs; the plain loop is your function
        alone.

    Returns
    -------
    Comparison
        Displays as a sentence; has ``speedup``, ``df``, ``best``, ``fit``, ``plot()``.

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
    The speed-up is the median over the rounds of sequential / parallel seconds, with
    the least and the greatest. The seconds of the loop are those of the loop alone;
    the parallel ones go from making the run to its end, the start of workers included.
    Where tasks fail there is no speed-up: what fails may well be quicker.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> found = nbp.compare(nbp.sleep, [0.01] * 8, workers=4, progress=False)
    >>> found.best
    4
    >>> found.speedup.median > 2
    True
    """
    __tracebackhide__ = True  # the user's line is what matters
    if workers == AUTO:  # type: ignore[comparison-overlap] # somebody may try
        message = (
            "workers='auto': compare measures one number of workers from first to "
            "last, as in workers=8. Of a run, it takes the number that it came to: "
            "nbp.compare(run)"
        )
        raise BadValue(message)
    if workers is not None:
        workers = whole("workers", workers)
    repeats, warmup = whole("repeats", repeats), flag("warmup", warmup)
    subject = subject_of("compare", fn, items, {**options})
    count = workers or subject.workers
    if subject.items is None and count == 1:
        message = (
            f"workers=1: {subject.name}(workers=1) is compared with more workers, "
            "as in workers=8"
        )
        raise BadValue(message)
    legs = [Leg(0, 1, subject.items is not None), Leg(0, count, sequential=False)]
    order = plan(legs, repeats, warmup=warmup, seed=seed)
    measured = measure("compare", subject, order)
    return Comparison(subject.name, count, measured.legs, measured.planned)
