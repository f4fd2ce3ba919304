"""Whether an error says that what was asked has too much to do, and not that it failed.

Looked for without knowing any HTTP library, as in `nbparallel.engine.retry_after`.
"""

from __future__ import annotations

from typing import Any, Final

from nbparallel.engine.retry_after import retry_after
from nbparallel.errors import TaskTimeout

#: The answers of a server that has too much to do (RFC 6585, 4; RFC 9110, 15.6.4).
_BUSY: Final = (429, 503)
_PLACES: Final = ("status_code", "status", "code")


def is_strain(error: BaseException) -> bool:
    """Whether *error* is a timeout, or an answer to come back later.

    Examples
    --------
    >>> is_strain(TimeoutError()), is_strain(ValueError(429))
    (True, False)
    """
    if isinstance(error, (TaskTimeout, TimeoutError)):
        return True
    try:
        return _is_named_so(error) or retry_after(error) is not None or _is_busy(error)
    except Exception:  # whatever the attributes of a foreign class do
        return False


def _is_named_so(error: BaseException) -> bool:
    """Whether its class is one of the many ``ReadTimeout`` that share no base."""
    return any("Timeout" in each.__name__ for each in type(error).__mro__)


def _is_busy(error: BaseException) -> bool:
    answer: Any = getattr(error, "response", None)
    holders = (error,) if answer is None else (error, answer)
    told = (getattr(each, name, None) for each in holders for name in _PLACES)
    return any(code in _BUSY for code in told if isinstance(code, int))
