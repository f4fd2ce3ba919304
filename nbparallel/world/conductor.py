"""Who has a world make steps: one after another, whoever asks for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

from nbparallel.coroutines import is_coroutine_function, is_generator_function
from nbparallel.errors import BadType, StillRunning
from nbparallel.options import flag
from nbparallel.world.agents import Population
from nbparallel.world.history import History
from nbparallel.world.settings import options_of, settings_of
from nbparallel.world.stepping import Stepping


class Conductor:
    """Has one world make steps.

    Parameters
    ----------
    name
        That of the world.
    population, history
        Its agents; what they have done.
    said, options
        As `settings.read` returns them.
    """

    def __init__(
        self,
        name: str,
        population: Population,
        history: History,
        said: dict[str, Any],
        options: dict[str, Any],
    ) -> None:
        self._name, self._population, self._history = name, population, history
        self._said, self._options = said, options
        self._entering = Lock()
        self._going: Stepping | None = None

    def go(
        self, planned: int, parallelize: object, apply: Callable[[Any, Any], None]
    ) -> Stepping:
        """Make so many steps.

        Raises
        ------
        BadType
            A parameter cannot be used.
        StillRunning
            A step is being made.
        """
        __tracebackhide__ = True
        settings = settings_of(self._said)
        parallel = settings.parallel_agent_actions
        if parallelize is not None:
            parallel = flag("parallelize", parallelize)
        _refuse_to_apply_by(apply)
        awaits = any(member.awaits for member in self._population.members)
        options = options_of(settings, self._options, parallel=parallel, awaits=awaits)
        limit = settings.parallel_execution_timeout if parallel else None
        made = Stepping(self._name, planned, options, limit, self._history)
        try:
            self._enter(made)
            self._history.counts = settings.collect_parallel_metrics
            made.go(self._population, apply, parallel=parallel)
        finally:
            if self._going is made:  # no call in here: an interrupt would strike it
                self._going = None
        return made

    def _enter(self, made: Stepping) -> None:
        """Let nobody else make steps from now on."""
        with self._entering:
            if self._going is not None:
                message = (
                    f"{self._name!r} is in the middle of a step: its agents cannot "
                    "make another one. Call run once it has ended"
                )
                raise StillRunning(message)
            self._going = made


def _refuse_to_apply_by(apply: Callable[[Any, Any], None]) -> None:
    """Refuse to have actions applied by what cannot; before any agent acts.

    Raises
    ------
    BadType
        It is a coroutine, has a ``yield``, or takes something else than two arguments.
    """
    wrong = ""
    if is_coroutine_function(apply):
        wrong = "must not be a coroutine: actions are applied one after another"
    elif is_generator_function(apply):
        wrong = "has a yield, so that calling it would run nothing"
    else:
        with suppress(ValueError):  # some builtins don't tell
            signature = inspect.signature(apply)
            try:
                signature.bind(None, None)
            except TypeError as error:
                wrong = f"cannot be called with an agent and its actions: {error}"
    if wrong:
        message = (
            f"handle_actions {wrong}. Write def handle_actions(self, agent, actions): "
            "..."
        )
        raise BadType(message)
