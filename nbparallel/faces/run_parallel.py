"""`run_parallel` and `batch_map`: what came of each item, as a list."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, TypeVar, Unpack, overload

from nbparallel.engine.run import Run
from nbparallel.errors import BadValue, InputError, UsageError
from nbparallel.faces.workers import with_workers
from nbparallel.options import ListOptions, Options, RunOptions, flag, resolve
from nbparallel.signatures import with_options
from nbparallel.work.inputs import work_of
from nbparallel.work.work import LATEST

A = TypeVar("A")
T = TypeVar("T")
Awaits = Coroutine[Any, Any, T]
Ends = list[tuple[A, T | Any, BaseException | None]]


@overload
def run_parallel(
    func: Callable[..., Awaits[T]],
    items: Iterable[A],
    max_workers: int | None = None,
    desc: str | None = None,
    fail_fast: bool | None = None,  # noqa: FBT001 # as below
    **options: Unpack[ListOptions],
) -> Ends[A, T]: ...
@overload
def run_parallel(
    func: Callable[..., T],
    items: Iterable[A],
    max_workers: int | None = None,
    desc: str | None = None,
    fail_fast: bool | None = None,  # noqa: FBT001 # as below
    **options: Unpack[ListOptions],
) -> Ends[A, T]: ...
@with_options(Options, ListOptions)
def run_parallel(
    func: Callable[..., Any],
    items: Iterable[Any],
    max_workers: int | None = None,
    desc: str | None = None,
    fail_fast: bool | None = None,  # noqa: FBT001 # as those have it who come with it
    **options: Any,
) -> Ends[Any, Any]:
    """Call *func* on every item in parallel, and return what came of each.

    Parameters
    ----------
    func
        What to call with an item; an ``async def`` function, too.
    items
        As `pmap` takes them.
    max_workers
        How many calls at a time, as the option ``workers``; `optimal_workers` advises.
    desc
        The name shown with the run; None: that of the function.
    fail_fast
        Stop at the first error and raise it: the option ``on_error="raise"``. None:
        not, unless a setting says so.
    **options
        Any other field of `nbparallel.options.Options`, one with another default:
        ``ordered=True``. ``block`` is always True.

    Returns
    -------
    list of tuple
        ``(item, result, error)`` for each item, in input order: *error* is None or what
        the call raised, *result* is None where there is an error. With
        ``ordered=False`` they come as they ended.

    Raises
    ------
    BadType, BadValue
        The call cannot be understood; nothing was started.
    InputError
        The iterable raised; the rows before that are in `nbparallel.last`.
    KeyboardInterrupt
        An interrupt cancelled the run; it is `nbparallel.last`.
    Exception
        With *fail_fast*, what a call has raised; the rows are in `nbparallel.last`.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> for item, result, error in nbp.run_parallel(int, ["7", "x"], progress=False):
    ...     print(item, nbp.error_str(error) or result)
    7 7
    x ValueError: invalid literal for int() with base 10: 'x'
    """
    __tracebackhide__ = True  # the user's line is what matters
    try:
        chosen = resolve(
            _given(options, max_workers, desc, fail_fast),
            run_parallel,
            ordered=True,
        )
        work = work_of(func, (items,), chosen.unpack, "run_parallel")
        work = replace(work, handle=LATEST)
    except (UsageError, InputError) as error:
        raise error.with_traceback(None) from error.__cause__  # our frames are no help
    # Where rows are let go of, the list has to read them while they come.
    return list(Run(work, replace(chosen, block=chosen.keep_results)).start())


@overload
def batch_map(
    func: Callable[..., Awaits[T]],
    items: Iterable[Any],
    max_workers: int | None = None,
    **options: Unpack[RunOptions],
) -> list[T]: ...
@overload
def batch_map(
    func: Callable[..., T],
    items: Iterable[Any],
    max_workers: int | None = None,
    **options: Unpack[RunOptions],
) -> list[T]: ...
@with_options(Options, RunOptions)
def batch_map(
    func: Callable[..., Any],
    items: Iterable[Any],
    max_workers: int | None = None,
    **options: Any,
) -> list[Any]:
    """Call *func* on every item in parallel; return the results of what succeeded.

    Parameters
    ----------
    func, items, max_workers
        As `run_parallel` takes them.
    **options
        As for `run_parallel`.

    Returns
    -------
    list
        The results, in input order. What failed is left out; `nbparallel.last` has it.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> nbp.batch_map(int, ["7", "x", "8"], progress=False)
    [7, 8]
    """
    __tracebackhide__ = True
    ends = run_parallel(func, items, max_workers, **options)
    return [result for _, result, error in ends if error is None]


def _given(
    options: dict[str, Any], max_workers: Any, desc: Any, fail_fast: Any
) -> dict[str, Any]:
    given = with_workers(options, "max_workers", max_workers)
    if not flag("block", given.get("block", True)):
        message = (
            "block=False: what came of all items is there only at the end. For a run "
            "that goes on meanwhile write nbp.pmap(fetch, urls, block=False)"
        )
        raise BadValue(message)
    if fail_fast is not None:
        meant = "raise" if flag("fail_fast", fail_fast) else "collect"
        if given.setdefault("on_error", meant) != meant:
            message = (
                f"fail_fast={fail_fast} and on_error={given['on_error']!r} contradict "
                "each other: leave one out"
            )
            raise BadValue(message)
    if desc is not None:
        given["desc"] = desc
    return {**given, "block": True}
