"""A handler as what is called with a dict of what has arrived."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from nbparallel.coroutines import (
    CoroutineCall,
    is_coroutine_function,
    is_generator_function,
)
from nbparallel.errors import BadType

Handler = Callable[..., Any]


def callable_of(
    name: str, handler: Handler | None
) -> tuple[frozenset[str] | None, Callable[[dict[str, Any]], Any] | None]:
    """Return which keywords *handler* takes, None for all, and a call of a dict."""
    if handler is None:
        return frozenset(), None
    if not callable(handler):
        message = (
            f"handler={handler!r}: must be a function, as in "
            f"define_slot({name!r}, handler=self.handle)"
        )
        raise BadType(message)

    if is_generator_function(handler):
        message = (
            f"handler={handler!r}: has a yield, so that calling it would run "
            "nothing. Write self.emit(...) in place of each yield"
        )
        raise BadType(message)

    def call(arguments: dict[str, Any]) -> Any:
        return handler(**arguments)

    awaits = is_coroutine_function(handler)
    return _keywords(handler), CoroutineCall(call) if awaits else call


def _keywords(handler: Handler) -> frozenset[str] | None:
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError):  # some builtins don't tell
        return None
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return None
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return frozenset(each.name for each in parameters if each.kind in named)
