"""`settings`: the user's own defaults, as one object with an attribute for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Final, Literal, Never, Unpack

from nbparallel.errors import BadType, BadValue, UsageError, nearest
from nbparallel.kinds import Kind
from nbparallel.options import (
    SETTINGS,
    AllOptions,
    OnError,
    RetryOn,
    RunOptions,
    Unpacking,
    setting,
    sources,
)
from nbparallel.peers import ALIASES, unknown
from nbparallel.rates import Rate
from nbparallel.short_text import brief
from nbparallel.signatures import with_options
from nbparallel.sources import Block, Said, ours

NAMES: Final = (*SETTINGS, *ALIASES)


class GivenSettings(RunOptions, total=False):
    """What `settings` takes for a block."""

    max_workers: int | Literal["auto"] | None
    num_threads: int | Literal["auto"] | None
    parallel_agent_actions: bool
    parallel_execution_timeout: float | None
    collect_parallel_metrics: bool


class Settings:
    """The defaults of all runs; of each, what the strongest source says.

    A call outranks a ``with`` block, that outranks what code and ``%config`` have set,
    that outranks variables such as ``NBPARALLEL_MAX_WORKERS``, these outrank IPython's
    configuration. ``max_workers`` and ``num_threads`` are other names of ``workers``.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> nbp.settings.max_workers = 16
    >>> with nbp.settings(max_workers=4, progress=False):
    ...     nbp.pmap(abs, [-1]).options.workers
    4
    >>> nbp.settings.workers
    16
    >>> del nbp.settings.max_workers  # as it was before
    """

    # For type checkers, and those who complete; a test compares them with `AllOptions`.
    workers: int | Literal["auto"] | None
    max_workers: int | Literal["auto"] | None
    num_threads: int | Literal["auto"] | None
    backend: Kind | Executor | None
    on_error: OnError
    ordered: bool
    buffer: int | None
    unpack: Unpacking | None
    block: bool
    desc: str | None
    progress: bool
    rows: int
    capture: bool
    grace: float
    timeout: float | None
    deadline: float | None
    retries: int | Callable[[Any], bool]
    retry_on: RetryOn
    backoff: float | Callable[[Any], float] | None
    rate: str | Rate | None
    journal: str | os.PathLike[str] | None
    key: Callable[[Any], Any] | str | None
    trust: bool
    keep_results: bool
    parallel_agent_actions: bool
    parallel_execution_timeout: float | None
    collect_parallel_metrics: bool

    @with_options(AllOptions, GivenSettings)
    def __call__(self, *nameless: Never, **given: Unpack[GivenSettings]) -> Block[None]:
        """Change settings for what runs inside the ``with`` block.

        Above a function, an ``async def`` too, they hold in each of its calls.

        Parameters
        ----------
        *nameless
            Refused.
        **given
            Any of the settings, under any of its names.

        Raises
        ------
        BadType, BadValue
            One of them cannot be used.
        """
        if nameless:
            message = (
                f"settings({brief(nameless[0])}): of which setting? Write: "
                "with nbp.settings(max_workers=4): ..."
            )
            raise BadType(message)
        said: dict[str, Said] = {}
        for name, value in given.items():
            if name not in NAMES:
                raise BadType(unknown(name, value, NAMES))
            if ours(name) in said:
                other = said[ours(name)].written.rstrip("=")
                message = f"{name}={value!r}: {other} is there, too; keep one"
                raise BadValue(message)
            said[ours(name)] = sources.check(ours(name), value, f"{name}=")
        return sources.block(said, None)

    def __dir__(self) -> Iterable[str]:
        return [*object.__dir__(self), *NAMES]

    def __repr__(self) -> str:
        """Return a line for each setting that is not as usual, with its source."""
        lines = dict.fromkeys(filter(None, map(_line, SETTINGS)))
        if not lines:
            return "settings: all are as usual"
        return "\n".join(["settings, where they are not as usual:", *lines])

    def _get(self, name: str) -> Any:
        if name not in NAMES:
            raise _no_such(name)
        return setting(name)

    def _set(self, name: str, value: Any) -> None:
        if name not in NAMES:
            raise _no_such(name)
        said = sources.check(ours(name), value, f"settings.{name} = ")
        sources.say({ours(name): said})

    def _forget(self, name: str) -> None:
        if name not in NAMES:
            raise _no_such(name)
        sources.drop(ours(name))

    if not TYPE_CHECKING:  # type checkers would take any name for a setting
        __getattr__ = _get
        __setattr__ = _set
        __delattr__ = _forget


def _line(name: str) -> str:
    """Return what is said of a setting, and by whom; nothing if it is as usual."""
    try:
        found = sources.said([name])
    except UsageError as error:
        return f"# cannot be used: {error}"
    if name not in found:
        return ""
    said = found[name]
    return f"{name} = {said.value!r}  # {said.written.rstrip(' =')}"


def _no_such(name: str) -> AttributeError:
    # The error is Python's, for `hasattr` and for those who look a method up.
    return AttributeError(
        f"settings.{name}: no such setting.{nearest(name, NAMES)} "
        f"The settings are {', '.join(NAMES)}."
    )


settings: Final = Settings()
