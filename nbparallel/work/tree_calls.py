"""What a worker calls for a task of a tree: with a leaf, or with a branch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from nbparallel.coroutines import CoroutineCall, is_coroutine_function
from nbparallel.work.tree import Branch


def call_of(
    fn: Callable[..., Any], combine: Callable[..., Any] | None, *, path: bool
) -> Callable[[Any], Any]:
    """Return the call of one item, which is a leaf for *fn* or a `Branch`.

    Parameters
    ----------
    fn, combine
        As `nbparallel.ptree` takes them.
    path
        Whether items are pairs, of a leaf and its path, and both are passed.
    """
    awaits = is_coroutine_function(fn)
    if combine is None and not path:
        return CoroutineCall(fn) if awaits else fn
    if awaits:
        return CoroutineCall(partial(_await_one, fn, combine, path))
    if combine is not None and is_coroutine_function(combine):
        combine = partial(_await, combine)
    return partial(_one, fn, combine, path)


def _one(fn: Callable[..., Any], combine: Any, path: bool, item: Any) -> Any:  # noqa: FBT001 # of a partial
    if not isinstance(item, Branch):
        return fn(*item) if path else fn(item)
    return combine(item.outcomes, item.path) if path else combine(item.outcomes)


async def _await_one(fn: Any, combine: Any, path: bool, item: Any) -> Any:  # noqa: FBT001 # of a partial
    found = _one(fn, combine, path, item)
    return await found if inspect.isawaitable(found) else found


def _await(combine: Callable[..., Any], *args: Any) -> Any:
    return CoroutineCall(lambda _: combine(*args))(None)
