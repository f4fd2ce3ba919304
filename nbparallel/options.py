"""Every option of a run: one frozen dataclass, checked in one place, for every face."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, fields
from numbers import Real
from operator import index
from typing import Any, Final, Literal, TypedDict, Unpack, get_args

from nbparallel.errors import BadType, BadValue, nearest
from nbparallel.kinds import KINDS, Kind
from nbparallel.peers import unknown
from nbparallel.rates import Rate
from nbparallel.signatures import keywords_of, with_options
from nbparallel.sources import Block, Said, Sources, ours

OnError = Literal["collect", "raise"]
Unpacking = Literal["args", "kwargs", "item"]
#: As many workers as the work rewards.
AUTO: Final = "auto"
#: Options that say something of a journal, and nothing without one.
OF_A_JOURNAL: Final = ("key", "trust")
RetryOn = type[BaseException] | tuple[type[BaseException], ...] | Callable[[Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run is carried out and shown.

    Attributes
    ----------
    workers
        How many tasks are carried out at the same time. None lets the backend
        choose; threads take ``min(32, CPUs + 4)``, coroutines 64. ``"auto"``: as many
        as the work rewards, measured while it goes on; up to 512 threads, 4096
        coroutines, as many processes as there are CPUs; inside a task, the number of
        the run that the task is of.
    backend
        The kind of worker. ``"threads"``: for tasks that wait. ``"processes"``: for
        tasks that compute; what they are given and return is pickled. ``"asyncio"``:
        coroutines on one event loop. ``"inline"``: the calling thread, which hears
        interrupts at once, a cancel from elsewhere between two tasks. Or an executor of
        yours, such as ``ThreadPoolExecutor(8)``: it is given batches of tasks and never
        shut down; ``workers=None`` is then its own number, where it tells, else 32.
        None lets the function choose: an ``async def`` takes ``"asyncio"``, every other
        ``"threads"``.
    on_error
        ``"collect"`` keeps a failure as a row and goes on; ``"raise"`` cancels the
        rest at the first failure and raises it.
    ordered
        Iterate over the run in input order instead of completion order.
    buffer
        How many tasks may be ahead of the loop that reads the run, besides the ones
        being carried out. None: 1000 on an input without a length, else no bound.
    unpack
        How an item becomes arguments: ``"args"``, ``"kwargs"`` or ``"item"`` (one
        positional argument). None: ``"kwargs"`` for the rows of a DataFrame, else
        ``"item"``.
    block
        Return when the run has ended. False returns at once.
    desc
        The name shown with the run. None: the name of the function.
    progress
        Show the run while it goes on.
    rows
        The number of rows of the live table.
    capture
        Keep what tasks print with their row instead of letting it through.
    grace
        Seconds that running tasks are given to end once the run is cancelled.
    timeout
        Seconds that each attempt of a task may last, from its own start. One that lasts
        longer has the status ``"timeout"`` at once, and the others go on. None: no
        bound.
    deadline
        Seconds after which the run is cancelled, whatever is left. None: never.
    retries
        How often a task that failed is tried again; 0: never. Or a ``stop`` of
        tenacity's. A task that has ended three workers is not tried a fourth time.
    retry_on
        After which failures: a class of exceptions or a tuple of them; or what is
        called with the exception and returns whether to try again; or a ``retry`` of
        tenacity's.
    backoff
        Seconds to wait before a task is tried again. A number is the most before the
        first retry; the bound doubles each time, up to a minute, and the wait is a
        random time up to the bound. Or what is called with the number of attempts and
        returns seconds; or a ``wait`` of tenacity's. None: 1. In any case it is as long
        as the error asks, by an attribute ``retry_after`` or a header ``Retry-After``.
    rate
        How many tasks may start in which time, over all workers: ``"10/s"``,
        ``"600/min"``; or a `nbparallel.Rate` that several runs share. None: no bound.
    journal
        The path of a file that keeps what has ended, through the death of the process,
        too. The same call resumes from it: what was ok comes back, the rest is carried
        out. None: nothing is kept.
    key
        What tells the items of a journal apart: a function of the item, or for the rows
        of a table the name of a column. None: what the item consists of.
    trust
        Load results of a journal that another user has written. That can run any code.
    keep_results
        Keep the rows of tasks that have ended. False lets go of each once a loop over
        the run has had it, or nobody reads: any number of tasks takes the same memory.

    Examples
    --------
    >>> Options(workers=4).workers
    4
    >>> Options(workers=0)
    Traceback (most recent call last):
    nbparallel.errors.BadValue: workers=0: must be a whole number of at least 1
    """

    workers: int | Literal["auto"] | None = None
    backend: Kind | Executor | None = None
    on_error: OnError = "collect"
    ordered: bool = False
    buffer: int | None = None
    unpack: Unpacking | None = None
    block: bool = True
    desc: str | None = None
    progress: bool = True
    rows: int = 12
    capture: bool = True
    grace: float = 1.0
    timeout: float | None = None
    deadline: float | None = None
    retries: int | Callable[[Any], bool] = 0
    retry_on: RetryOn = Exception
    backoff: float | Callable[[Any], float] | None = None
    rate: str | Rate | None = None
    journal: str | os.PathLike[str] | None = None
    key: Callable[[Any], Any] | str | None = None
    trust: bool = False
    keep_results: bool = True

    def __post_init__(self) -> None:
        if self.workers is not None:
            object.__setattr__(self, "workers", width(self.workers))
        for name in ("buffer", "rows"):
            given = getattr(self, name)
            if given is not None or name == "rows":
                # NumPy's whole numbers are as good; what is kept is Python's.
                object.__setattr__(self, name, whole(name, given))
        if self.backend is not None:
            _backend(self.backend)
        _choice("on_error", self.on_error, get_args(OnError))
        if self.unpack is not None:
            _choice("unpack", self.unpack, get_args(Unpacking))
        if self.desc is not None:
            _word("desc", self.desc)
        for name in (
            "ordered",
            "block",
            "progress",
            "capture",
            "trust",
            "keep_results",
        ):
            flag(name, getattr(self, name))
        object.__setattr__(self, "grace", _seconds("grace", self.grace))
        _durations(self)
        _retrying(self)
        if self.rate is not None and not isinstance(self.rate, Rate):
            Rate(self.rate)
        _keeping(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOptions(Options):
    """All that a user can set a default of: the options of a run, and those of a world.

    Attributes
    ----------
    parallel_agent_actions
        Whether the agents of a world act in parallel where its ``run`` is not told.
    parallel_execution_timeout
        Seconds that the agents of a world have for a step. None: no bound.
    collect_parallel_metrics
        Measure the steps of a world, for its ``get_parallel_metrics``.
    """

    parallel_agent_actions: bool = True
    parallel_execution_timeout: float | None = 300.0
    collect_parallel_metrics: bool = True

    def __post_init__(self) -> None:
        Options.__post_init__(self)
        flag("parallel_agent_actions", self.parallel_agent_actions)
        flag("collect_parallel_metrics", self.collect_parallel_metrics)
        if self.parallel_execution_timeout is not None:
            _duration("parallel_execution_timeout", self.parallel_execution_timeout)


# The fields above as type checkers read them, by who takes them; a test compares both.


class UnnamedOptions(TypedDict, total=False):
    """The options that every face takes, but for the name."""

    backend: Kind | Executor | None
    on_error: OnError
    progress: bool
    rows: int
    capture: bool
    grace: float


class SharedOptions(UnnamedOptions, total=False):
    """The options that every face takes."""

    desc: str | None


class LegOptions(SharedOptions, total=False):
    """The options of a measurement, which decides on workers and reading by itself."""

    unpack: Unpacking | None


class LoopOptions(UnnamedOptions, total=False):
    """All options but `unpack` and `desc`, for faces with a `desc` of their own."""

    workers: int | Literal["auto"] | None
    ordered: bool
    buffer: int | None
    block: bool
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


class ListOptions(LoopOptions, total=False):
    """All options but `desc`."""

    unpack: Unpacking | None


class MapOptions(SharedOptions, LoopOptions, total=False):
    """All options but `unpack`; for functions of yours that hand theirs on to `pmap`.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> def lengths(texts: list[str], **options: Unpack[MapOptions]) -> list[int]:
    ...     return nbp.pmap(len, texts, **options).results
    >>> lengths(["a", "bc"], progress=False)
    [1, 2]
    """


class RunOptions(MapOptions, total=False):
    """All options of a run."""

    unpack: Unpacking | None


class ExecutorOptions(SharedOptions, total=False):
    """The options of an executor, which is given calls, and keeps no journal."""

    workers: int | Literal["auto"] | None
    ordered: bool
    timeout: float | None
    deadline: float | None
    retries: int | Callable[[Any], bool]
    retry_on: RetryOn
    backoff: float | Callable[[Any], float] | None
    rate: str | Rate | None
    keep_results: bool


NAMES: Final = tuple(field.name for field in fields(Options))

#: Every setting; what the user's sources say of each is checked by `AllOptions`.
SETTINGS: Final = tuple(field.name for field in fields(AllOptions))
sources: Final = Sources(AllOptions)


def resolve(
    given: dict[str, Any], face: Callable[..., Any] | None = None, **usual: Any
) -> Options:
    """Return the options of a call: *given*, else the settings in force, else *usual*.

    Of an unknown one it is said what *face*, which was called, would take.

    Raises
    ------
    BadType
        An option is unknown or of the wrong kind.
    BadValue
        An option's value cannot be used.
    """
    for name, value in given.items():
        if name not in NAMES:
            known = NAMES if face is None else keywords_of(face)
            raise BadType(unknown(name, value, known))
    found = sources.in_force([name for name in SETTINGS if name not in given])
    set_ = {name: value for name, value in found.items() if name in NAMES}
    if {**usual, **set_, **given}.get("journal") is None:
        for name in OF_A_JOURNAL:  # a setting that does not concern a run is no mistake
            set_.pop(name, None)
    return Options(**{**usual, **set_, **given})


def setting(
    name: str, given: Mapping[str, Any] | None = None, usual: Any = None
) -> Any:
    """Return what *given* says of a setting, else what is in force, for a face to use.

    What no source speaks of is *usual*; None: what is usual for all.

    Raises
    ------
    BadType, BadValue
        Its value cannot be used.

    Examples
    --------
    >>> setting("max_workers", {"max_workers": 3})
    3
    >>> setting("parallel_execution_timeout"), setting("max_workers", usual=5)
    (300.0, 5)
    """
    if given and name in given:
        return sources.check(ours(name), given[name], f"{name}=").value
    if usual is None:
        usual = getattr(AllOptions(), ours(name))
    return sources.in_force(SETTINGS).get(ours(name), usual)


def configure(**changed: Any) -> None:
    """Make *changed* all that differs from the usual defaults in this session.

    Raises
    ------
    BadType, BadValue
        A value cannot be used; nothing was changed.
    """
    Options(**changed)
    said = {k: sources.check(k, v, f"{k}=") for k, v in changed.items()}
    sources.begin_anew(said)


@with_options(Options, RunOptions)
def defaults(**given: Unpack[RunOptions]) -> Block[Options]:
    """Change the defaults of every run started inside the ``with`` block.

    Parameters
    ----------
    **given
        Any fields of `Options`.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> with nbp.defaults(workers=2, progress=False):
    ...     nbp.pmap(abs, [-1, -2]).results
    [1, 2]
    """
    options = resolve({**given})
    said = {name: Said(value, f"{name}=") for name, value in given.items()}
    return sources.block(said, options)


def whole(name: str, value: Any, least: int = 1, *, such_as: int = 8) -> int:
    """Return *value* if it is a whole number of at least *least*; NumPy's are welcome.

    Raises
    ------
    BadType, BadValue
        It is not.
    """
    try:
        number = index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        message = f"{name}={value!r}: must be a whole number, as in {name}={such_as}"
        raise BadType(message)
    if number < least:
        message = f"{name}={value!r}: must be a whole number of at least {least}"
        raise BadValue(message)
    return number


def width(value: Any) -> int | Literal["auto"]:
    """Return *value* if it is a number of workers, or ``"auto"``.

    Raises
    ------
    BadType, BadValue
        It is not.
    """
    if isinstance(value, str):
        if value == AUTO:
            return AUTO
        message = (
            f"workers={value!r}: must be a whole number, as in workers=8, or "
            "workers='auto'"
        )
        raise BadType(message)
    return whole("workers", value)


def flag(name: str, value: Any) -> bool:
    """Return *value* if it is True or False, else raise `BadType`."""
    if not isinstance(value, bool):
        message = f"{name}={value!r}: must be True or False"
        raise BadType(message)
    return value


def _word(name: str, value: object) -> None:
    if not isinstance(value, str):
        message = f"{name}={value!r}: must be a string"
        raise BadType(message)


def _backend(value: object) -> None:
    if isinstance(value, Executor):
        return
    if not isinstance(value, str):
        message = f"backend={value!r}: must be a string or an executor{_made(value)}"
        raise BadType(message)
    if value not in KINDS:
        known = ", ".join(map(repr, KINDS))
        message = (
            f"backend={value!r}: no such backend.{nearest(str(value), KINDS)} "
            f"The backends are {known}."
        )
        raise BadValue(message)


def _made(value: object) -> str:
    """Return how one gets an executor, from *value* where that can be."""
    if isinstance(value, type) and issubclass(value, Executor):
        return f", not a class: write backend={value.__name__}(8)"
    if callable(getattr(value, "get_executor", None)):  # a client of Dask
        return ": write backend=client.get_executor()"
    if isinstance(getattr(value, "executor", None), Executor):  # a view of ipyparallel
        return ": write backend=view.executor"
    return ", as in backend=ThreadPoolExecutor(8)"


def _choice(name: str, value: object, known: tuple[str, ...]) -> None:
    _word(name, value)
    if value not in known:
        choices = " or ".join(f"{name}={word!r}" for word in known)
        message = f"{name}={value!r}:{nearest(str(value), known)} Write {choices}."
        raise BadValue(message)


def _retrying(options: Options) -> None:
    """Check what is said of failed tasks."""
    retries, chosen, backoff = options.retries, options.retry_on, options.backoff
    if not is_tenacitys(retries):
        object.__setattr__(options, "retries", whole("retries", retries, 0, such_as=3))
    kinds = chosen if isinstance(chosen, tuple) else (chosen,)
    if not all(_is_error(each) for each in kinds) and not _is_predicate(chosen):
        message = (
            f"retry_on={chosen!r}: must be a class of exceptions, a tuple of them or a "
            "function of one, as in retry_on=(TimeoutError, OSError)"
        )
        raise BadType(message)
    if _is_predicate(chosen):
        _takes_one("retry_on", chosen, "lambda error: isinstance(error, OSError)")
    if callable(backoff):
        _takes_one("backoff", backoff, "lambda attempts: 0.5 * attempts")
    elif backoff is not None:
        object.__setattr__(options, "backoff", _seconds("backoff", backoff))


def is_tenacitys(policy: object) -> bool:
    """Whether *policy* is an object of tenacity's, which is told the whole state."""
    kinds = type(policy).__mro__
    return callable(policy) and any(k.__module__.startswith("tenacity") for k in kinds)


def _takes_one(name: str, call: Any, right: str) -> None:
    """Refuse what cannot be called with one argument, as far as it tells."""
    from inspect import signature

    try:
        parameters = signature(call)
    except (TypeError, ValueError):
        return
    try:
        parameters.bind(None)
    except TypeError:
        message = f"{name}={call!r}: must take one argument, as in {name}={right}"
        raise BadType(message) from None


def _keeping(options: Options) -> None:
    """Check what is said of the journal."""
    journal, key = options.journal, options.key
    if key is not None and not callable(key) and not isinstance(key, str):
        message = (
            f"key={key!r}: must be a function of the item or the name of a column, as "
            "in key=lambda item: item.id"
        )
        raise BadType(message)
    if journal is None:
        return
    path = os.fspath(journal) if isinstance(journal, os.PathLike) else journal
    if not isinstance(path, str):
        message = f'journal={journal!r}: must be a path, as in journal="run.db"'
        raise BadType(message)
    from pathlib import Path

    if not path or path == ":memory:" or "\0" in path:
        message = (
            f'journal={path!r}: must be the path of a file, as in journal="run.db"'
        )
        raise BadValue(message)
    found = Path(path).expanduser()
    # Of a path that is too long a Path's own is_dir would raise.
    if path.endswith(("/", os.sep)) or os.path.isdir(found):  # noqa: PTH112
        message = (
            f"journal={path!r}: must be a file, not a folder. Write "
            f"journal={str(found / 'run.db')!r}"
        )
        raise BadValue(message)
    if not os.path.isdir(found.parent):  # noqa: PTH112
        message = (
            f"journal={path!r}: there is no folder {str(found.parent)!r}. Make it, or "
            f"write journal={found.name!r}"
        )
        raise BadValue(message)
    path = str(found)
    object.__setattr__(options, "journal", path)


def refuse_without_journal(options: Options) -> None:
    """Refuse what is said of a journal where there is none.

    Raises
    ------
    BadValue
        `key` or `trust` is given.
    """
    for name in OF_A_JOURNAL:
        given = getattr(options, name)
        if given:
            message = (
                f"{name}={given!r}: is said of a journal, and there is none. Write "
                f'journal="run.db", or leave {name} out'
            )
            raise BadValue(message)


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def _is_predicate(value: object) -> bool:
    return callable(value) and not isinstance(value, type)


def patience(name: str, value: Any) -> None:
    """Refuse what is neither None nor a number of seconds to wait at most.

    Raises
    ------
    BadType, BadValue
        It is not.
    """
    if value is not None:
        _seconds(name, value)


def _durations(options: Options) -> None:
    for name in ("timeout", "deadline"):
        if getattr(options, name) is not None:
            seconds = _duration(name, getattr(options, name))
            object.__setattr__(options, name, seconds)


def _duration(name: str, value: Any) -> float:
    seconds = _seconds(name, value)
    if not seconds > 0:
        message = f"{name}={value!r}: must be more than 0 seconds, or None for no bound"
        raise BadValue(message)
    return seconds


def _seconds(name: str, value: object) -> float:
    """Return *value* as Python's own number: NumPy's have another range."""
    if isinstance(value, bool) or not isinstance(value, Real):
        message = f"{name}={value!r}: must be a number of seconds, as in {name}=1.5"
        raise BadType(message)
    if not float(value) >= 0:
        message = f"{name}={value!r}: must be a number of seconds and not be negative"
        raise BadValue(message)
    return value if isinstance(value, int) else float(value)
