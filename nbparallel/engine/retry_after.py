"""What an error says of when to come back, as servers do that are asked too often.

Looked for without knowing any HTTP library: requests and httpx keep the answer on the
error, aiohttp and urllib its headers.
"""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime
from time import time
from typing import Any


def retry_after(error: BaseException) -> float | None:
    """Return how many seconds to wait, by *error*, or None where it says nothing.

    Examples
    --------
    >>> class Throttled(Exception):
    ...     retry_after = 2
    >>> retry_after(Throttled())
    2.0
    >>> retry_after(ValueError()) is None
    True
    """
    try:
        return _seconds(_said(error))
    except Exception:  # whatever the attributes of a foreign class do
        return None


def _said(error: BaseException) -> Any:
    said = getattr(error, "retry_after", None)
    if said is not None:
        return said
    answer = getattr(error, "response", None)
    headers = getattr(error if answer is None else answer, "headers", None)
    get = getattr(headers, "get", None)
    return get and (get("Retry-After") or get("retry-after"))


def _seconds(said: Any) -> float | None:
    """Return what was *said*, a number or a date (RFC 9110, section 10.2.3)."""
    if said is None or isinstance(said, bool):
        return None
    if hasattr(said, "total_seconds"):
        found = float(said.total_seconds())
    else:
        try:
            found = float(said)
        except ValueError:
            found = parsedate_to_datetime(said).timestamp() - time()
    return max(0.0, found) if math.isfinite(found) else None
