"""Values on their way to another process and back.

What a cell defines is pickled by value (cloudpickle), so that it need not be imported
over there. Arrays travel beside the pickle: large ones in a file in memory that every
process maps for itself, so that however many workers have one, it is there once. What
a process writes to it stays its own.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, lru_cache, partial
from types import CoroutineType, FunctionType, MethodType
from typing import Any, BinaryIO, Final

from nbparallel.coroutines import never_awaited
from nbparallel.errors import BadType

#: Bytes of arrays from which on they travel in a file.
LARGE = 1 << 18
#: Where an array begins in the file, in bytes: no processor wants it rounder.
_STEP = 64
#: How many steps lead at most to what a message names.
_DEEPEST = 5

CURE = (
    "What goes to a worker process has to be pickled: open files, connections and "
    "locks inside the task instead, or take backend='threads'."
)
CURE_BACK = (
    "What comes back from a worker process has to be pickled: return what you need of "
    "it, such as a list instead of a generator, or take backend='threads'."
)
CURE_SHELL = (
    "get_ipython(), and so every magic and !command, is there in the notebook's own "
    "process only: take backend='threads'."
)


class Packed:
    """A pickled value, to be sent to any number of processes.

    Attributes
    ----------
    data
        The pickle.
    buffers
        The arrays beside it, unless they are in *file*.
    sizes
        The bytes of each array.
    file
        The descriptor of the file with the arrays, or None.
    """

    file: int | None = None  # an interrupt may strike before there is one

    def __init__(self, data: bytes, buffers: list[memoryview]) -> None:
        self.data = data
        self.sizes = [each.nbytes for each in buffers]
        self.buffers = buffers
        if sum(self.sizes) >= LARGE:
            self.file = _file_with(buffers)
            self.buffers = []

    def __del__(self) -> None:
        if self.file is not None:
            os.close(self.file)


NOTHING: Final = Packed(b"", [])


def pack(value: object, notice: Callable[[object], object] = id) -> Packed:
    """Pickle *value*; what cannot be pickled raises what its own code raises.

    Parameters
    ----------
    value
        What to pickle.
    notice
        Called with every part of it that is not of a builtin type.
    """
    found: list[memoryview] = []
    file = io.BytesIO()
    _pickler()(file, lambda each: found.append(each.raw()), notice).dump(value)
    return Packed(file.getvalue(), found)


def by_value(value: object) -> bytes:
    """Pickle *value* in one piece, arrays included; raises as `pack` does."""
    file = io.BytesIO()
    _pickler()(file, None, id).dump(value)
    return file.getvalue()


@cache
def _pickler() -> Any:
    """Return the class of what pickles: by value what no import could find."""
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc] # it carries no types
        def __init__(
            self,
            file: Any,
            callback: Callable[[Any], object] | None,
            notice: Callable[[object], object],
        ) -> None:
            super().__init__(file, protocol=5, buffer_callback=callback)
            self._notice = notice

        def reducer_override(self, value: Any) -> Any:
            self._notice(value)
            if isinstance(value, io.TextIOWrapper) and value not in _shared():
                # Else a text in memory would stand for it, with what it has read.
                message = f"cannot pickle {type(value).__name__!r} object: an open file"
                raise TypeError(message)
            if type(value) is _Cached and value.__module__ == "__main__":
                return _cached, (value.__wrapped__, value.cache_parameters())
            return super().reducer_override(value)

    return Pickler


def _shared() -> tuple[object, ...]:
    """Return the files that a process finds at their places: cloudpickle names them."""
    return sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__


_Cached: Final = type(lru_cache(id))


def _cached(function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    """Return a function of a cell that is to remember its results, once more."""
    return lru_cache(**parameters)(function)


def mapped(file: int, sizes: list[int]) -> list[memoryview]:
    """Return the arrays in *file*, mapped into this process, and close that."""
    try:
        whole = mmap.mmap(file, 0, flags=mmap.MAP_PRIVATE)
    finally:
        os.close(file)
    view, begin, found = memoryview(whole), 0, []
    for size in sizes:
        found.append(view[begin : begin + size])
        begin += -(-size // _STEP) * _STEP
    return found


def unpacked(data: bytes, buffers: list[memoryview]) -> Any:
    """Return the value that was packed."""
    return pickle.loads(data, buffers=buffers)  # noqa: S301 # a process of ours made it


def refusal(
    what: str, value: object, error: BaseException, cure: str = CURE
) -> BadType:
    """Return the error that says which part of *value* cannot be pickled.

    Parameters
    ----------
    what
        How the message calls the value: ``"the item of task 3"``.
    value, error
        What was to be pickled, and what that raised.
    cure
        What to do about it.
    """
    if type(value) is CoroutineType:
        return never_awaited(value)
    way, part = _culprit(value)
    if "its variable get_ipython" in way:
        return BadType(f"{what} cannot be sent to a worker process: {CURE_SHELL}")
    of = f"{what}{way}" if way.startswith(("[", ".")) else f"{what}{way and ', '}{way}"
    kind = type(part)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    message = f"{of} is of type {name}, which can't be pickled ({error}). {cure}"
    return BadType(message)


def can_be_pickled(value: object) -> bool:
    """Whether *value* could be sent; whatever its own code raises means that not."""
    try:
        _pickler()(_Nowhere(), None, id).dump(value)
    except Exception:
        return False
    return True


class _Nowhere(io.RawIOBase):
    def write(self, data: Any) -> int:
        return len(data)


def _culprit(value: object) -> tuple[str, object]:
    """Return how one gets from *value* to the part that can't be pickled, and that."""
    way, seen = "", {id(value)}
    for _ in range(_DEEPEST):
        for step, part in _parts(value):
            if id(part) not in seen and not can_be_pickled(part):
                way, value = _joined(way, step), part
                seen.add(id(part))
                break
        else:
            break
    return way, value


def _joined(way: str, step: str) -> str:
    if not way or step.startswith(("[", ".")):
        return way + step
    return f"{way}, {step}"


def _parts(value: Any) -> Iterator[tuple[str, object]]:
    """Yield what *value* is made of, and how that is written."""
    if isinstance(value, FunctionType):
        yield from _variables(value)
    elif isinstance(value, MethodType):
        yield from (("its object", value.__self__), ("its function", value.__func__))
    elif isinstance(value, partial):
        yield from ((".func", value.func), (".args", value.args))
        yield ".keywords", value.keywords
    elif isinstance(value, dict):
        yield from ((f"[{key!r:.40}]", part) for key, part in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{number}]", part) for number, part in enumerate(value))
    elif isinstance(held := getattr(value, "__dict__", None), dict):
        yield from ((f".{name}", part) for name, part in held.items())
    else:
        names = getattr(type(value), "__slots__", ())
        yield from ((f".{n}", getattr(value, n)) for n in names if hasattr(value, n))


def _variables(function: FunctionType) -> Iterator[tuple[str, object]]:
    """Yield the variables from outside that *function* uses."""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        with suppress(ValueError):  # not bound yet
            yield f"its variable {name}", cell.cell_contents
    for name in code.co_names:
        if name in function.__globals__:
            yield f"its variable {name}", function.__globals__[name]


def memory_file() -> BinaryIO:
    """Return a file without a name, in memory where the system has such.

    It is no file of ``/dev/shm``, which has 64 MB in a container.
    """
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("nbparallel"), "w+b")
    return tempfile.TemporaryFile()


def _file_with(buffers: list[memoryview]) -> int:
    with memory_file() as file:
        for each in buffers:
            file.write(each.cast("B"))
            file.seek(-file.tell() % _STEP, io.SEEK_CUR)
        file.truncate()
        file.flush()
        return os.dup(file.fileno())
