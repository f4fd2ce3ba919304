"""`pmap`: the builtin `map`, in parallel, with everything on record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbparallel.engine.run import Run
from nbparallel.errors import InputError, UsageError
from nbparallel.options import resolve
from nbparallel.work.inputs import work_of
from nbparallel.workers import load


def pmap(fn: Callable[..., Any], *iterables: Any, **options: Any) -> Run:
    """Call *fn* on every item, in parallel, and keep every outcome.

    Parameters
    ----------
    fn
        What to call. An ``async def`` function works too: each task runs it to its end.
    *iterables
        As for the builtin `map`: one item of each becomes the arguments of a call, and
        the shortest ends it. A lazy iterator is read only as workers want items, and
        may be endless. A DataFrame gives its rows (columns become keyword arguments),
        a Series its values; the result keeps their index. Tables and columns of polars,
        Arrow and others do, too.
    **options
        Any field of `nbparallel.options.Options`, for instance ``workers=16``.

    Returns
    -------
    Run
        The run; ended, unless ``block=False``.

    Raises
    ------
    BadType, BadValue
        The call cannot be understood; nothing was started.
    InputError
        An iterable raised; the rows before that are in `nbparallel.last`.
    KeyboardInterrupt
        An interrupt cancelled the run; it is `nbparallel.last`.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(pow, [2, 3], [10, 2], progress=False)
    >>> run.results
    [1024, 9]
    >>> run.df["status"].tolist()
    ['ok', 'ok']
    """
    __tracebackhide__ = True  # the user's line is what matters
    try:
        chosen = resolve(options)
        load(chosen.backend)
        work = work_of(fn, iterables, chosen.unpack)
    except (UsageError, InputError) as error:
        raise error.with_traceback(None) from error.__cause__  # our frames are no help
    return Run(work, chosen).start()
