"""The DataFrame of a run -> a table that reads at a glance.

Guarantees:

- Every character that is not ours is escaped, labels and tooltips included.
- Each cell is one line, and the table has a bounded size, whatever the run holds.
- What does not exist is an empty cell, whatever pandas calls it in that column.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

from nbparallel.quantities import count, took
from nbparallel.records.output import last_line
from nbparallel.short_text import brief, ends, error_line, one_line, printable
from nbparallel.types import FAILED, Status

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler

#: The most rows of a table.
MOST_ROWS: Final = 1000
#: The most characters of a cell, and of its tooltip.
CELL: Final = 60
TOOLTIP: Final = 400

#: Colours of text and of bars: those of the theme, else such as can be read on light
#: and on dark.
GOOD: Final = "var(--jp-success-color1, #388e3c)"
BAD: Final = "var(--jp-error-color1, #e53935)"
BUSY: Final = "var(--jp-brand-color1, #1e88e5)"
BAR: Final = "#1e88e555"

_COLOURS: Final = {
    Status.OK.word: GOOD,
    Status.RUNNING.word: BUSY,
    **{status.word: BAD for status in FAILED},
}
_LOOK: Final[list[Any]] = [
    {"selector": "caption", "props": "text-align: left; padding: 4px 0"},
    {"selector": "th, td", "props": "text-align: left; white-space: nowrap"},
]
_AXES: Final[tuple[Literal["index", "columns"], ...]] = ("index", "columns")


def styled(frame: pd.DataFrame) -> Styler:
    """Return the first rows of the frame of a run, to be shown or styled further."""
    from pandas.io.formats.style import Styler  # says what to install without jinja2

    rows = frame.iloc[:MOST_ROWS]
    shown = rows.set_axis(_distinct(rows.index), axis="index")
    shown = shown.set_axis(_distinct(rows.columns), axis="columns")
    names = dict(zip(rows.columns, shown.columns, strict=True))
    texts: dict[Any, Texts] = dict.fromkeys(shown, _value)
    texts |= {names[name]: cells for name, cells in _CELLS.items()}
    longest = rows["seconds"].max()

    look = Styler(shown, cell_ids=False).set_table_styles(_LOOK)
    look.format({name: partial(_cell, cells) for name, cells in texts.items()})
    look.map(_colour, subset=[names["status"]])
    look.bar([names["seconds"]], color=BAR, vmin=0, vmax=longest if longest > 0 else 1)
    for axis, labels in zip(_AXES, (rows.index, rows.columns), strict=True):
        if labels.is_unique:
            look.format_index(_label, axis=axis)
        else:
            look.relabel_index([_label(label) for label in labels], axis=axis)
    if len(rows) < len(frame):
        first = f"The first {count(len(rows))} of {count(len(frame))} tasks"
        look.set_caption(f"{first}; run.df has all of them.")
    return look


def _distinct(labels: pd.Index) -> pd.Index:
    """Return *labels*, or numbers if some are the same: a Styler can't have those."""
    import pandas as pd

    if not labels.is_unique:
        return pd.RangeIndex(len(labels))
    return labels.set_names([_label(name) or None for name in labels.names])


# --- cells ----------------------------------------------------------------------------

#: What is seen of a value, and all of it.
Texts = Callable[[Any], tuple[str, str]]


def _cell(texts: Texts, value: Any) -> str:
    if _is_missing(value):
        return ""
    seen, whole = map(escape, texts(value))
    return seen if seen == whole else f'<span title="{whole}">{seen}</span>'


def _label(value: Any) -> str:
    return "" if _is_missing(value) else escape(_text(value, CELL))


def _is_missing(value: Any) -> bool:
    import pandas as pd

    if issubclass(
        type(value), float
    ):  # the type alone: a value may be an array, or lie
        return math.isnan(value)
    return value is None or value is pd.NA or value is pd.NaT


def _text(value: Any, limit: int) -> str:
    import numpy as np

    if issubclass(type(value), np.generic):
        value = value.item()
    kind = type(value)
    if kind is str and 0 < len(value) <= limit and value.isprintable():
        return str(value)
    if kind is float:
        return f"{value:.6g}"
    if issubclass(kind, (dt.date, dt.timedelta)) and _is_known(kind):
        return one_line(str(value), limit)
    return brief(value, limit)


def _is_known(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in {"datetime", "pandas"}


def _longer(text: Callable[[Any, int], str], value: Any) -> tuple[str, str]:
    """Return *text* of a value as it is seen, and more of it if that was cut."""
    seen = text(value, CELL)
    return seen, text(value, TOOLTIP) if "..." in seen else seen


def _alike(text: Callable[[Any], str], value: Any) -> tuple[str, str]:
    seen = text(value)
    return seen, seen


def _started(value: dt.datetime) -> str:
    return value.isoformat(" ", "milliseconds")


def _output(value: str) -> tuple[str, str]:
    return last_line(value, CELL), printable(ends(value, TOOLTIP)).strip()


def _colour(status: Any) -> str:
    return f"color: {_COLOURS[status]}" if status in _COLOURS else ""


_value: Final = partial(_longer, _text)
_word: Final = partial(_alike, str)

#: The cells of our columns.
_CELLS: Final[dict[str, Texts]] = {
    "status": _word,
    "error": partial(_longer, error_line),
    "seconds": partial(_alike, took),
    "started": partial(_alike, _started),
    "worker": _word,
    "attempts": _word,
    "output": _output,
}
