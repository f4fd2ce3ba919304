"""Whether an attempt was the last one of its task, and if not, when the next one is."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from numbers import Real
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from nbparallel.engine.retry_after import retry_after
from nbparallel.errors import BadType, BadValue
from nbparallel.options import Options, is_tenacitys
from nbparallel.records.tries import Try
from nbparallel.short_text import brief, error_line
from nbparallel.types import Status

if TYPE_CHECKING:
    from tenacity import RetryCallState

#: The first wait, and the longest, in seconds.
BASE: Final = 1.0
LONGEST: Final = 60.0
#: A task that has ended so many workers gets no other.
MOST_CRASHES: Final = 3

_log = logging.getLogger("nbparallel")


class Pause(NamedTuple):
    """How long a task waits to be tried again.

    Attributes
    ----------
    seconds
        So long.
    asked
        Whether the error asked for that, and the backoff for less.
    """

    seconds: float
    asked: bool


class Outcome(Protocol):
    """The policy that decides what a failed attempt means."""

    def again(self, tries: Sequence[Try]) -> Pause | None:
        """Return the wait before trying again, or None: that was final.

        Parameters
        ----------
        tries
            The attempts of one task, all of which have failed.
        """


class Retrying:
    """Tries again as often, after such errors and such waits as the options say.

    Waits are exponential with full jitter: a random time up to a bound that doubles
    each time, so that tasks which failed together don't come back together. (Marc
    Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.) Where the
    error says how long to wait, it is no less than that.
    """

    def __init__(self, options: Options) -> None:
        self._retries, self._retry_on = options.retries, options.retry_on
        self._backoff = options.backoff
        self._told = False
        self._random = Random()  # noqa: S311 # not the user's, who may have seeded it

    def again(self, tries: Sequence[Try]) -> Pause | None:
        """Return the wait before trying again, or None."""
        crashes = sum(each.status is Status.CRASHED for each in tries)
        if crashes >= MOST_CRASHES:
            return None
        asked = "retry_on"
        try:
            if not self._is_retried(tries):
                return None
            asked = "retries"
            if self._is_enough(tries):
                return None
            asked = "backoff"
            return self._wait(tries)
        except Exception as error:  # the user's code
            self._tell(f"{asked}={getattr(self, f'_{asked}')!r}", error, tries[-1])
            return None

    def _tell(self, option: str, error: Exception, last: Try) -> None:
        """Say why it is not tried again: with each failure, and once in the log."""
        said = f"not tried again: {option} raised {error_line(error)}"
        last.error.add_note(f"nbparallel: {said}")
        if not self._told:
            self._told = True
            _log.error("failures are %s", said, exc_info=error)

    def _is_retried(self, tries: Sequence[Try]) -> bool:
        chosen: Any = self._retry_on
        if isinstance(chosen, (type, tuple)):
            return isinstance(tries[-1].error, chosen)
        return bool(chosen(_state(tries) if is_tenacitys(chosen) else tries[-1].error))

    def _is_enough(self, tries: Sequence[Try]) -> bool:
        chosen: Any = self._retries
        if is_tenacitys(chosen):
            return bool(chosen(_state(tries)))
        return len(tries) > int(chosen)

    def _wait(self, tries: Sequence[Try]) -> Pause:
        wait = self._backoff_after(tries)
        asked = retry_after(tries[-1].error) or 0.0
        least = asked + self._random.uniform(0, asked / 10)  # not all at one instant
        return Pause(max(wait, least), asked=least > wait)

    def _backoff_after(self, tries: Sequence[Try]) -> float:
        chosen: Any = self._backoff
        if callable(chosen):
            given = _state(tries) if is_tenacitys(chosen) else len(tries)
            return _seconds(chosen(given))
        base = BASE if chosen is None else float(chosen)
        return self._random.uniform(0, min(LONGEST, base * 2.0 ** (len(tries) - 1)))


def _seconds(returned: object) -> float:
    """Return what a backoff has *returned*, where it is a time that passes."""
    if isinstance(returned, bool) or not isinstance(returned, Real):
        message = f"{brief(returned)}: must be a number of seconds, such as 0.5"
        raise BadType(message)
    if not 0 <= float(returned) < math.inf:
        message = f"{returned!r}: must be a finite number of seconds, 0 or more"
        raise BadValue(message)
    return float(returned)


def outcome_of(options: Options) -> Outcome | None:
    """Return the policy that *options* ask for; None where every failure is final."""
    return Retrying(options) if options.retries else None


def again_in(outcome: Outcome, tries: Sequence[Try]) -> Pause | None:
    """Return what *outcome* says; None if it raises, which is logged."""
    try:
        return outcome.again(tries)
    except Exception:  # the user's code
        _log.exception("whether to try again could not be told: the failure is final")
        return None


def _state(tries: Sequence[Try]) -> RetryCallState:
    from tenacity import RetryCallState

    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type] # no function
    state.attempt_number = len(tries)
    error = tries[-1].error
    state.set_exception((type(error), error, error.__traceback__))
    assert state.outcome_timestamp is not None
    state.start_time = state.outcome_timestamp - (tries[-1].ended - tries[0].started)
    return state
