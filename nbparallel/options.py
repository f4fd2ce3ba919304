"""Every option of a run: one frozen dataclass, checked in one place, for every face."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from numbers import Real
from operator import index
from typing import Any, Final, Literal, TypedDict, Unpack, get_args

from nbparallel.errors import BadType, BadValue, nearest
from nbparallel.kinds import KINDS, Kind
from nbparallel.peers import unknown
from nbparallel.signatures import with_options

OnError = Literal["collect", "raise"]
Unpacking = Literal["args", "kwargs", "item"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run is carried out and shown.

    Attributes
    ----------
    workers
        How many tasks are carried out at the same time. None lets the backend
        choose; threads take ``min(32, CPUs + 4)``, coroutines 64.
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

    Examples
    --------
    >>> Options(workers=4).workers
    4
    >>> Options(workers=0)
    Traceback (most recent call last):
    nbparallel.errors.BadValue: workers=0: must be a whole number of at least 1
    """

    workers: int | None = None
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

    def __post_init__(self) -> None:
        for name in ("workers", "buffer", "rows"):
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
        for name in ("ordered", "block", "progress", "capture"):
            flag(name, getattr(self, name))
        _seconds("grace", self.grace)


# The fields above as type checkers read them, by who takes them; a test compares both.


class SharedOptions(TypedDict, total=False):
    """The options that every face takes."""

    backend: Kind | Executor | None
    on_error: OnError
    desc: str | None
    progress: bool
    rows: int
    capture: bool
    grace: float


class LegOptions(SharedOptions, total=False):
    """The options of a measurement, which decides on workers and reading by itself."""

    unpack: Unpacking | None


class MapOptions(SharedOptions, total=False):
    """All options but `unpack`; for functions of yours that hand theirs on to `pmap`.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> def lengths(texts: list[str], **options: Unpack[MapOptions]) -> list[int]:
    ...     return nbp.pmap(len, texts, **options).results
    >>> lengths(["a", "bc"], progress=False)
    [1, 2]
    """

    workers: int | None
    ordered: bool
    buffer: int | None
    block: bool


class RunOptions(MapOptions, total=False):
    """All options of a run."""

    unpack: Unpacking | None


NAMES: Final = tuple(field.name for field in fields(Options))

#: The defaults that the user has changed: for the session, and for a `with` block.
_session: dict[str, Any] = {}
_block: ContextVar[dict[str, Any]] = ContextVar("nbparallel_defaults")


def resolve(given: dict[str, Any], **usual: Any) -> Options:
    """Return the options of a call: *given*, else the defaults in force, else *usual*.

    Raises
    ------
    BadType
        An option is unknown or of the wrong kind.
    BadValue
        An option's value cannot be used.
    """
    for name, value in given.items():
        if name not in NAMES:
            raise BadType(unknown(name, value, NAMES))
    return Options(**{**usual, **_session, **_block.get({}), **given})


def configure(**changed: Any) -> None:
    """Make *changed* all that differs from the usual defaults in this session.

    `defaults` outranks it.

    Raises
    ------
    BadType, BadValue
        A value cannot be used; nothing was changed.
    """
    global _session  # noqa: PLW0603 # a new dict: threads that read see the old or it
    Options(**changed)
    _session = changed


@with_options(Options, RunOptions)
@contextmanager
def defaults(**given: Unpack[RunOptions]) -> Iterator[Options]:
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
    token = _block.set({**_block.get({}), **given})
    try:
        yield options
    finally:
        _block.reset(token)


def whole(name: str, value: Any) -> int:
    """Return *value* if it is a whole number of at least 1; NumPy's are welcome.

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
        message = f"{name}={value!r}: must be a whole number, as in {name}=8"
        raise BadType(message)
    if number < 1:
        message = f"{name}={value!r}: must be a whole number of at least 1"
        raise BadValue(message)
    return number


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


def _seconds(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        message = f"{name}={value!r}: must be a number of seconds, as in {name}=1.5"
        raise BadType(message)
    if not float(value) >= 0:
        message = f"{name}={value!r}: must be a number of seconds and not be negative"
        raise BadValue(message)
