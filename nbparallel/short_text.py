"""Short text about any value or exception, whatever it does when asked for it.

Guarantees:

- Nothing here raises.
- The text is bounded, and so is the work: of huge strings, numbers and containers only
  the ends are looked at, and arrays are told by their shape. Only a ``__repr__`` or
  ``__str__`` of the user's own can take long.
- The text can be shown and stored anywhere: no terminal escapes, no control
  characters, no half characters that UTF-8 cannot carry, none that turn the text
  around.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

#: Libraries whose arrays and tables are told by shape, never by their values: these
#: may be huge, lazy or on another device.
ARRAYS: Final = frozenset(
    {
        *(
            "cudf",
            "cupy",
            "dask",
            "jax",
            "jaxlib",
            "modin",
            "numpy",
            "pandas",
            "polars",
        ),
        *("pyarrow", "pyspark", "scipy", "sparse", "tensorflow", "torch", "xarray"),
    }
)

#: Files whose frames are ours, not the user's, and stay out of tracebacks.
PACKAGE: Final = str(Path(__file__).resolve().parent)

#: Containers in containers are shown this deep.
DEPTH: Final = 3

#: With less room than this, what does not fit is left out altogether.
WORTH_CUTTING: Final = 8

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")
_PLACE = re.compile(r'File "([^"\n]+)", line')
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n|$)")
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufffe\uffff]"
)


# --- text ---------------------------------------------------------------------------


def cut(text: str, limit: int) -> str:
    """Return *text* in at most *limit* characters, with "..." for what is left out."""
    if len(text) <= limit:
        return text
    return text[: max(limit - 3, 0)].rstrip(".") + "..."


def ends(text: str, limit: int) -> str:
    """Return *text* in about *limit* characters: its first third and its end."""
    if len(text) <= limit:
        return text
    head = limit // 3
    return f"{text[:head]}\n...\n{text[head - limit :]}"


def printable(text: str) -> str:
    r"""Return *text* as a terminal would leave it on paper.

    Colours go, a line overwritten after a carriage return keeps its last version, and
    what nobody can see becomes the replacement character.

    Examples
    --------
    >>> printable("10 %\r20 %\x1b[31m done\x1b[0m")
    '20 % done'
    """
    text = without_colours(text).replace("\r\n", "\n")
    if "\r" in text:  # else to look for it takes the square of a line's length
        text = _OVERWRITTEN.sub("", text)
    return _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", text)


def without_colours(text: str) -> str:
    r"""Return *text* without what tells a terminal how to show it.

    Examples
    --------
    >>> without_colours("\x1b[31mred\x1b[0m")
    'red'
    """
    return _ESCAPES.sub("", text)


def one_line(text: str, limit: int) -> str:
    """Return the beginning of *text* on one printable line of at most *limit*."""
    return cut(" ".join(printable(text[: 8 * limit]).split()), limit)


# --- values -------------------------------------------------------------------------


def brief(value: object, limit: int = 80) -> str:
    """Return the repr of *value* on one line of at most *limit* characters.

    Examples
    --------
    >>> brief("a" * 1000, limit=20)
    "'aaaaaaa...aaaaaaaa'"
    >>> brief(list(range(1000)), limit=20)
    '[0, 1, 2, 3, 4, ...]'
    """
    try:
        return one_line(_abridged(value, limit, DEPTH), limit)
    except BaseException as failure:  # the user's __repr__ may do anything at all
        return f"<{type_name(value)}: its repr raised {type_name(failure)}>"


def with_type(value: object, limit: int = 60) -> str:
    """Return the type and the repr of *value*, as error messages tell what was wrong.

    Examples
    --------
    >>> with_type(3)
    'int 3'
    >>> with_type(print)
    '<built-in function print>'
    """
    name, shown = type_name(value), brief(value, limit)
    return shown if shown.startswith((name, "<")) else f"{name} {shown}"


def type_name(value: object) -> str:
    """Return the name of the type of *value*."""
    try:
        return one_line(str.__str__(type(value).__name__), 60)
    except BaseException:  # a metaclass of the user's can lie even here
        return "object"


def _abridged(value: Any, room: int, depth: int) -> str:
    """Return a repr of little more than *room* characters, if that can be arranged."""
    kind = type(value)
    # What shows itself as a builtin does can be as huge as one: subclasses too.
    if shorten := _BUILTINS.get(kind.__repr__):
        return shorten(value, room, depth)
    if kind.__module__.partition(".")[0] in ARRAYS:
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple) and shape:
            return _array(value, shape)
    if hasattr(kind, "__dataclass_fields__") and hasattr(kind.__repr__, "__wrapped__"):
        names = kind.__dataclass_fields__
        return _fields(value, names, room, depth)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _fields(value, kind._fields, room, depth)
    return str.__str__(repr(value))


def _string(value: Any, room: int, _depth: int) -> str:
    """Return the two ends, which tell similar texts apart best."""
    room = max(room - 2, 5)
    if len(value) <= room:
        return repr(value[:])
    head = (room - 3) // 2
    tail = len(value) - (room - 3 - head)
    dots = "..." if isinstance(value, str) else b"..."
    return repr(value[:head] + dots + value[tail:])


def _integer(value: int, _room: int, _depth: int) -> str:
    # Python refuses to write huge numbers down, for it would take for ever.
    bits = value.bit_length()
    return int.__repr__(value) if bits <= 4096 else f"<int of {bits:,} bits>"  # noqa: PLR2004


def _list(value: Iterable[Any], room: int, depth: int) -> str:
    return f"[{_items(value, room, depth)}]"


def _tuple(value: tuple[Any, ...], room: int, depth: int) -> str:
    comma = "," if len(value) == 1 else ""
    return f"({_items(value, room, depth)}{comma})"


def _set(value: Iterable[Any], room: int, depth: int) -> str:
    inside = _items(value, room, depth)
    shown = f"{{{inside}}}" if inside else ""
    return shown if shown and type(value) is set else _called(value, shown)


def _deque(value: Iterable[Any], room: int, depth: int) -> str:
    return _called(value, _list(value, room, depth))


def _dict(value: Mapping[Any, Any], room: int, depth: int) -> str:
    if value and not depth:
        return "{...}"
    each = room // 2
    pairs = (
        f"{_abridged(key, each, depth - 1)}: {_abridged(held, each, depth - 1)}"
        for key, held in value.items()
    )
    return f"{{{_joined(pairs, room)}}}"


def _dict_like(value: Mapping[Any, Any], room: int, depth: int) -> str:
    return _called(value, _dict(value, room, depth))


def _fields(value: Any, names: Iterable[str], room: int, depth: int) -> str:
    if not depth:
        return _called(value, "...")
    each = room // 2
    pairs = (
        f"{name}={_abridged(getattr(value, name), each, depth - 1)}" for name in names
    )
    return _called(value, _joined(pairs, room))


def _array(value: Any, shape: tuple[Any, ...]) -> str:
    size = " x ".join(f"{n:,}" if isinstance(n, int) else "?" for n in shape)
    dtype = getattr(value, "dtype", None)
    return f"{type_name(value)} {size}" + ("" if dtype is None else f" {dtype}")


def _called(value: object, inside: str) -> str:
    return f"{type_name(value)}({inside})"


def _items(value: Iterable[Any], room: int, depth: int) -> str:
    if not depth:
        return "..." if any(True for _ in value) else ""
    return _joined((_abridged(item, room, depth - 1) for item in value), room)


def _joined(parts: Iterable[str], room: int) -> str:
    """Join what fits, and ask for no more than that."""
    room -= len("[...]")
    shown: list[str] = []
    for part in parts:
        if len(part) + 2 > room:
            shown.append(cut(part, room) if room >= WORTH_CUTTING else "...")
            break
        shown.append(part)
        room -= len(part) + 2
    return ", ".join(shown)


_BUILTINS: Final[dict[Any, Callable[[Any, int, int], str]]] = {
    str.__repr__: _string,
    bytes.__repr__: _string,
    bytearray.__repr__: _string,
    int.__repr__: _integer,
    list.__repr__: _list,
    tuple.__repr__: _tuple,
    set.__repr__: _set,
    frozenset.__repr__: _set,
    deque.__repr__: _deque,
    dict.__repr__: _dict,
    OrderedDict.__repr__: _dict_like,
    defaultdict.__repr__: _dict_like,
}


# --- exceptions ---------------------------------------------------------------------


def error_line(error: BaseException, limit: int = 160) -> str:
    """Return the type and the message of *error* on one line.

    Examples
    --------
    >>> error_line(ValueError("no such city"))
    'ValueError: no such city'
    """
    name = type_name(error)
    try:
        message = one_line(str.__str__(str(error)), limit)
    except BaseException as failure:  # the user's __str__ may do anything at all
        message = f"(its str raised {type_name(failure)})"
    return cut(f"{name}: {message}" if message else name, limit)


def traceback_text(error: BaseException, limit: int = 4000) -> str:
    """Return the traceback of *error* as Python prints it, without our own frames.

    The last 30 frames of each exception are kept, and of a long text its two ends.
    Cells are called as IPython calls them, not by the temporary file that they are.
    """
    try:
        shown = traceback.TracebackException(
            type(error), error, error.__traceback__, limit=-30, compact=True
        )
        _drop_our_frames(shown)
        text = _with_cells(ends("".join(shown.format()), 4 * limit))
    except BaseException:  # exceptions with hostile attributes exist
        text = error_line(error, limit)
    return ends(printable(text).rstrip("\n"), limit)


def _with_cells(text: str) -> str:
    """Return a traceback in which each cell has its own name: ``Cell In[3], line 2``.

    By the text, for it may tell what was raised in another process.
    """
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return text

    def named(place: re.Match[str]) -> str:
        found = shell.compile.format_code_name(place[1])
        return f"{' '.join(found)}, line" if found else place[0]

    return _PLACE.sub(named, text)


def _drop_our_frames(shown: traceback.TracebackException) -> None:
    """Drop them from an exception and from all that it came from or holds."""
    todo: list[traceback.TracebackException | None] = [shown]
    while todo:
        one = todo.pop()
        if one is None:
            continue
        one.stack[:] = [f for f in one.stack if not f.filename.startswith(PACKAGE)]
        todo += [one.__cause__, one.__context__, *(one.exceptions or ())]
