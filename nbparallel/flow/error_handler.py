"""What a flow does about handlers that fail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from nbparallel.errors import BadType, BadValue, nearest
from nbparallel.options import whole


class ErrorStrategy(Enum):
    """What a failure means for the flow."""

    STOP = "stop"
    CONTINUE = "continue"
    RETRY = "retry"
    SKIP = "skip"


@dataclass(frozen=True)
class ErrorHandler:
    """What a flow does about handlers that fail.

    Parameters
    ----------
    strategy
        ``STOP``: the first failure cancels the rest, and the job is failed.
        ``CONTINUE``: it is recorded, the others go on, and the job is completed.
        ``RETRY``: the handler is tried again; if it fails for good, the job is failed,
        and the others go on. ``SKIP``: as ``CONTINUE``, and the routine's state says
        skipped.
    max_retries
        How often a handler is tried again.
    retry_delay
        Seconds before it is tried again.
    retry_backoff
        What the seconds are multiplied with each time.

    Examples
    --------
    >>> handler = ErrorHandler(ErrorStrategy.RETRY, max_retries=2, retry_delay=0.5)
    >>> handler.options["retries"], handler.options["backoff"](2)
    (2, 1.0)
    """

    strategy: ErrorStrategy = ErrorStrategy.STOP
    max_retries: int = 3
    retry_delay: float = 1.0
    retry_backoff: float = 2.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "strategy", _strategy(self.strategy))
        whole("max_retries", self.max_retries, 0)
        for name in ("retry_delay", "retry_backoff"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                message = f"{name}={value!r}: must be a number, as in {name}=1.5"
                raise BadType(message)
            if not 0 <= value < float("inf"):
                message = f"{name}={value!r}: must be 0 or more"
                raise BadValue(message)

    @property
    def options(self) -> dict[str, Any]:
        """The options of a run that does what this says of retries."""
        if self.strategy is not ErrorStrategy.RETRY:
            return {}
        return {"retries": self.max_retries, "backoff": self._delay}

    def _delay(self, attempts: int) -> float:
        # A float that is too large is the most that a run waits for anything.
        try:
            return self.retry_delay * float(self.retry_backoff) ** (attempts - 1)
        except OverflowError:
            return self.retry_delay


def _strategy(given: object) -> ErrorStrategy:
    if isinstance(given, ErrorStrategy):
        return given
    known = [each.value for each in ErrorStrategy]
    if isinstance(given, str) and given.lower() in known:
        return ErrorStrategy(given.lower())
    choices = ", ".join(f"ErrorStrategy.{each.name}" for each in ErrorStrategy)
    message = f"strategy={given!r}:{nearest(str(given), known)} Write one of {choices}"
    raise BadValue(message)
