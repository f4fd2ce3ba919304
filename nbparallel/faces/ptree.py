"""`ptree`: a function over the leaves of a tree, in parallel or in turn by level."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, Unpack, overload

from nbparallel.errors import BadType, BadValue, InputError, UsageError
from nbparallel.faces.export import Export
from nbparallel.faces.handle import handle
from nbparallel.faces.harvest import Harvest
from nbparallel.faces.pmap import Awaits
from nbparallel.faces.tree_run import TreeRun
from nbparallel.options import MapOptions, Options, flag, resolve
from nbparallel.signatures import with_options
from nbparallel.work.calls import Function
from nbparallel.work.cures import Passed, complaint
from nbparallel.work.fits import check_item
from nbparallel.work.kinds import short
from nbparallel.work.refusals import check_callable
from nbparallel.work.tree import Tree
from nbparallel.work.tree_calls import call_of
from nbparallel.work.work import Work

T = TypeVar("T")
Branches = Mapping[Any, Any] | Sequence[Any]


@overload
def ptree(
    fn: Callable[..., Awaits[T]],
    tree: Branches,
    /,
    *,
    concurrent: bool | Sequence[bool] = True,
    path: bool = False,
    combine: Callable[..., Any] | None = None,
    export: str | os.PathLike[str] | None = None,
    **options: Unpack[MapOptions],
) -> TreeRun[T]: ...
@overload
def ptree(
    fn: Callable[..., T],
    tree: Branches,
    /,
    *,
    concurrent: bool | Sequence[bool] = True,
    path: bool = False,
    combine: Callable[..., Any] | None = None,
    export: str | os.PathLike[str] | None = None,
    **options: Unpack[MapOptions],
) -> TreeRun[T]: ...
@with_options(Options, MapOptions)
def ptree(
    fn: Callable[..., Any],
    tree: Branches,
    /,
    *,
    concurrent: bool | Sequence[bool] = True,
    path: bool = False,
    combine: Callable[..., Any] | None = None,
    export: str | os.PathLike[str] | None = None,
    **options: Any,
) -> TreeRun[Any]:
    """Call *fn* on every leaf of a tree, at any depth, by one set of workers.

    Parameters
    ----------
    fn
        What to call. An ``async def`` function works too.
    tree
        Nested mappings and sequences, at most 100 levels. What is neither is a leaf, an
        item; text, bytes, arrays, tables, dataclasses and named tuples are leaves, too.
    concurrent
        For each level from the top, whether what is in a branch there is carried out at
        the same time; False: one after another, each once all of the one before have
        ended, in whatever way. One bool is for all levels.
    path
        Call ``fn(item, path)`` and ``combine(outcomes, path)``: *path* is the tuple of
        keys and places that lead there.
    combine
        Called for each branch, inner ones first and at last for the whole tree, as soon
        as all that is in it has ended. It gets a dict by the keys of the branch, or a
        list: of each leaf the result, of each inner branch what *combine* has returned
        for it, and of what has failed the exception. Each call is a task as the others
        are, with the same options, and may start runs itself.
    export
        The path of a CSV file for each branch at the top, as in
        ``"chapters/{0}.csv"``; ``{0}`` is its key. It has the leaves that have ended,
        and is written anew while there are more, and at the end. No leaf may be at the
        top.
    **options
        Any field of `nbparallel.options.Options` but ``unpack``, for instance
        ``workers=16``: so many calls at a time at most, over all levels.

    Returns
    -------
    TreeRun
        The run; ended, unless ``block=False``.

    Raises
    ------
    BadType, BadValue
        The call cannot be understood; nothing was started.
    InputError
        The tree raised while it was read; nothing was started.
    KeyboardInterrupt
        An interrupt cancelled the run; it is `nbparallel.last`.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> chapters = {"one": [1, 2], "two": [3, 4, 5]}
    >>> run = nbp.ptree(abs, chapters, concurrent=(False, True), progress=False)
    >>> run.results
    [1, 2, 3, 4, 5]
    >>> run.tree
    {'one': [1, 2], 'two': [3, 4, 5]}
    >>> def total(parts):
    ...     return sum(parts.values() if isinstance(parts, dict) else parts)
    >>> nbp.ptree(abs, chapters, combine=total, progress=False).branches
    {('one',): 3, ('two',): 12, (): 15}
    """
    __tracebackhide__ = True  # the user's line is what matters
    try:
        if "unpack" in options:
            message = (
                "ptree takes no unpack=: what could be unpacked is a branch. Take the "
                "item apart in the function"
            )
            raise BadType(message)
        chosen = resolve(options, ptree)
        function = Function(fn, "ptree")
        check_callable(function)
        _check_combine(combine, path=flag("path", path))
        read = Tree(tree, combines=combine is not None)
        if read.items:
            _check_first(function, read.items[0], path=path)
        order = read.order(_switches(concurrent, read.levels, alike=not read.items))
        harvest = Harvest(read, keeps=bool(combine or export))
        saver = None
        if export is not None:
            lets_go = not (combine or chosen.keep_results)
            saver = Export(read, harvest, export, lets_go=lets_go)
    except (UsageError, InputError) as error:
        raise error.with_traceback(None) from error.__cause__  # our frames are no help
    items = [*zip(read.items, read.paths, strict=True)] if path else [*read.items]
    work = Work(
        name=function.name,
        fn=fn,
        call=call_of(fn, combine, path=path),
        items=[*items, *(b for b in read.root.inner() if b.task in read.made)],
        source=None,
        total=len(read.outcomes),
        order=order,
        made=read.made,
        exhibits=harvest.exhibits,
        handle=handle(),
    )
    return TreeRun(work, chosen, read, harvest, saver).start()


def _check_first(function: Function, item: Any, *, path: bool) -> None:
    if not path:
        check_item(function, item, "item")
        return
    passed = Passed("two arguments, the item and its path", (item, ()))
    if error := passed.misfit(function):
        alone = Passed(function.line("tree"), (item,))
        raise BadType(complaint(function, passed, error, [alone]))


def _check_combine(combine: Any, *, path: bool) -> None:
    if combine is None:
        return
    what = "the outcomes of a branch and its path" if path else "a branch's outcomes"
    if not callable(combine):
        message = (
            f"combine={short(combine)}: must be a function of {what}, as in "
            "combine=lambda outcomes: …"
        )
        raise BadType(message)
    function = Function(combine, "ptree")
    if error := Passed(what, ({}, ())[: 1 + path]).misfit(function):
        several = "two arguments" if path else "one argument"
        right = "lambda outcomes, path: …" if path else "lambda outcomes: …"
        message = (
            f"combine={function.name}{function.signature} cannot be called with {what} "
            f"({error}). Write a function of {several}, as in combine={right}"
        )
        raise BadType(message)


def _switches(concurrent: Any, levels: int, *, alike: bool) -> list[bool]:
    """Return a switch for each level; *alike*: however many there are.

    Raises
    ------
    BadType, BadValue
        There are more or fewer, or they are no switches.
    """
    if isinstance(concurrent, bool):
        return [concurrent] * levels
    right = f"concurrent=({', '.join(['True'] * levels)}{',' if levels == 1 else ''})"
    cure = f"Write {right}, or one for all: concurrent=True"
    is_given = isinstance(concurrent, Sequence) and not isinstance(concurrent, str)
    if not is_given or not all(isinstance(each, bool) for each in concurrent):
        message = (
            f"concurrent={concurrent!r}: must be True or False for each level. {cure}"
        )
        raise BadType(message)
    if alike:
        return [*concurrent, *[True] * levels][:levels]
    if len(concurrent) != levels:
        message = (
            f"concurrent={concurrent!r}: has {len(concurrent)} of them, and the tree "
            f"has {levels} level{'s' * (levels != 1)}. {cure}"
        )
        raise BadValue(message)
    return list(concurrent)
