"""`pmap`: the builtin `map`, in parallel, with everything on record."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, Literal, TypeVar, Unpack, overload

from nbparallel.engine.run import Run
from nbparallel.errors import InputError, UsageError
from nbparallel.faces.handle import handle
from nbparallel.options import MapOptions, Options, RunOptions, resolve
from nbparallel.signatures import with_options
from nbparallel.types import Table
from nbparallel.work.inputs import work_of

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
T = TypeVar("T")
Awaits = Coroutine[Any, Any, T]


# Coroutines come first: a coroutine function, too, is one that returns something. Of
# each kind the usual call comes last: pyright explains a mistake by the last that fits.
@overload
def pmap(
    fn: Callable[..., Awaits[T]],
    rows: Table,
    /,
    **options: Unpack[RunOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[..., Awaits[T]],
    items: Iterable[Iterable[Any]],
    /,
    *,
    unpack: Literal["args", "kwargs"],
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[..., Awaits[T]],
    one: Iterable[Any],
    two: Iterable[Any],
    three: Iterable[Any],
    four: Iterable[Any],
    /,
    *more: Iterable[Any],
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[[A, B, C], Awaits[T]],
    one: Iterable[A],
    two: Iterable[B],
    three: Iterable[C],
    /,
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[[A, B], Awaits[T]],
    one: Iterable[A],
    two: Iterable[B],
    /,
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[[A], Awaits[T]],
    items: Iterable[A],
    /,
    *,
    unpack: Literal["item"] | None = None,
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[..., T],
    rows: Table,
    /,
    **options: Unpack[RunOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[..., T],
    items: Iterable[Iterable[Any]],
    /,
    *,
    unpack: Literal["args", "kwargs"],
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[..., T],
    one: Iterable[Any],
    two: Iterable[Any],
    three: Iterable[Any],
    four: Iterable[Any],
    /,
    *more: Iterable[Any],
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[[A, B, C], T],
    one: Iterable[A],
    two: Iterable[B],
    three: Iterable[C],
    /,
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[[A, B], T],
    one: Iterable[A],
    two: Iterable[B],
    /,
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@overload
def pmap(
    fn: Callable[[A], T],
    items: Iterable[A],
    /,
    *,
    unpack: Literal["item"] | None = None,
    **options: Unpack[MapOptions],
) -> Run[T]: ...
@with_options(Options, RunOptions)
def pmap(fn: Callable[..., Any], *iterables: Any, **options: Any) -> Run[Any]:
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
        work = work_of(fn, iterables, chosen.unpack)
    except (UsageError, InputError) as error:
        raise error.with_traceback(None) from error.__cause__  # our frames are no help
    return Run(replace(work, handle=handle()), chosen).start()
