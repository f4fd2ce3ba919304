"""A journal written to a file for other programs, row by row."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

from nbparallel.errors import BadType, BadValue, nearest
from nbparallel.journal.pages import Kept
from nbparallel.journal.rows import Rows, opened, shown_key
from nbparallel.records import frame
from nbparallel.short_text import brief

#: How many rows are held at a time.
CHUNK: Final = 10_000
#: The most characters of a result that is neither JSON nor like it.
LONG: Final = 10_000

NAMES: Final = ("item", *frame.NAMES, "key")


def export_journal(
    path: str | os.PathLike[str], to: str | os.PathLike[str], *, trust: bool = False
) -> int:
    """Write what a journal keeps to a CSV, JSON Lines or Parquet file.

    It goes through the journal piece by piece: results need not fit into memory.

    Parameters
    ----------
    path
        Where the journal is.
    to
        What to write; its ending says how: ``.csv``, ``.jsonl`` or ``.parquet``, which
        needs pyarrow. A file that is there is replaced once the new one is complete.
    trust
        Load results that another user has written. That can run any code.

    Returns
    -------
    int
        How many rows it has: those of `read_journal`. Items, results and keys that are
        no text are JSON in CSV and Parquet; what JSON doesn't have is written as text.

    Raises
    ------
    BadType
        *trust* is neither True nor False.
    BadValue
        The ending is unknown, there is no such folder, the file cannot be written, or
        the journal cannot be read.
    ImportError
        Parquet was asked for, and pyarrow is not installed.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(abs, [-1, -2], journal="abs.db", progress=False)
    >>> nbp.export_journal("abs.db", "abs.csv")
    2
    """
    try:
        target = Path(to).expanduser()
    except TypeError:
        message = f'to={to!r}: must be the path of a file, as in "rows.csv"'
        raise BadType(message) from None
    write = WRITERS.get(target.suffix.lower())
    if write is None:
        known = ", ".join(WRITERS)
        message = (
            f"to={str(to)!r}: must end in one of {known}."
            f"{nearest(target.suffix, WRITERS)} Write "
            f"export_journal({str(path)!r}, {str(target.with_suffix('.csv'))!r})"
        )
        raise BadValue(message)
    if not os.path.isdir(target.parent):  # noqa: PTH112 # a Path raises if it is too long
        message = (
            f"to={str(to)!r}: there is no folder {str(target.parent)!r}. Make it, or "
            f"write export_journal({str(path)!r}, {target.name!r})"
        )
        raise BadValue(message)
    made = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with opened(path, trust=trust) as rows:
            write(rows, made)
            count = len(rows)
        made.replace(target)
    except OSError as error:
        message = (
            f"to={brief(str(to))}: cannot be written: {error.strerror or error}. Write "
            f'another path, as in export_journal({str(path)!r}, "rows{target.suffix}")'
        )
        raise BadValue(message) from error
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)
    return count


def _cells(row: Kept) -> list[Any]:
    started = dt.datetime.fromtimestamp(row.started).isoformat()  # noqa: DTZ006 # local, as in run.df
    return [
        row.item,
        row.status.word,
        row.result,
        row.error or None,
        row.seconds,
        started,
        row.worker,
        row.attempts,
        row.output,
        shown_key(row),
    ]


def _json(value: Any) -> str:
    try:
        try:
            return _ENCODER.encode(value)
        except ValueError:  # there may be numbers in it that JSON doesn't have
            return _ENCODER.encode(_finite(value))
    except (TypeError, ValueError, RecursionError):
        return json.dumps(brief(value, LONG))


def _finite(value: Any) -> Any:
    """Return *value* with text for numbers that are none."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(float(value))
    if isinstance(value, dict):
        return {_finite(key): _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return list(map(_finite, value))
    return value


_ENCODER: Final = json.JSONEncoder(
    allow_nan=False, default=lambda other: brief(other, LONG)
)


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else _json(value)


def _flat(row: Kept) -> list[Any]:
    cells = _cells(row)
    for place in (0, 2, 9):
        cells[place] = _text(cells[place])
    return cells


def _chunks(rows: Iterable[Kept]) -> Iterator[list[Kept]]:
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def _write_csv(rows: Rows, target: Path) -> None:
    import csv

    with target.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(NAMES)
        for chunk in _chunks(rows):
            writer.writerows(map(_flat, chunk))


def _write_jsonl(rows: Rows, target: Path) -> None:
    with target.open("w", encoding="utf-8") as file:
        for chunk in _chunks(rows):
            file.writelines(
                f"{_json(dict(zip(NAMES, _cells(row), strict=True)))}\n"
                for row in chunk
            )


def _write_parquet(rows: Rows, target: Path) -> None:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        message = (
            "Parquet is written by pyarrow, which is not installed: pip install "
            "pyarrow. Or write a file that ends in .csv or .jsonl."
        )
        raise ImportError(message) from error
    kinds = {
        "seconds": pa.float64(),
        "started": pa.timestamp("us"),
        "worker": pa.uint16(),
        "attempts": pa.int32(),
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in NAMES])
    with pq.ParquetWriter(target, schema) as writer:
        for chunk in _chunks(rows):
            cells = zip(*map(_flat, chunk), strict=True)
            columns = dict(zip(NAMES, map(list, cells), strict=True))
            columns["started"] = list(
                map(dt.datetime.fromisoformat, columns["started"])
            )
            writer.write_table(pa.table(columns, schema=schema))


#: How each kind of file is written, by its ending.
WRITERS: Final[dict[str, Callable[[Rows, Path], None]]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".parquet": _write_parquet,
}
