"""The cells of DataFrames: columns of ours in the dtypes that fit them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from nbparallel.short_text import without_colours

if TYPE_CHECKING:
    from collections.abc import Mapping


def text(cells: Any) -> Any:
    """Return texts, as text."""
    import pandas as pd

    try:
        return pd.array(cells, dtype="string")
    except UnicodeEncodeError:  # half characters, as file names can have: not in Arrow
        return pd.array(cells, dtype=pd.StringDtype("python"))


def printed(output: Any) -> Any:
    """Return what tasks printed, as text; colours are for terminals, not for cells."""
    return text([without_colours(each) for each in output])


def sparse(values: Mapping[int, Any], count: int, default: Any) -> Any:
    """Return *count* cells: *values* at their places, else *default*."""
    import numpy as np

    cells = np.full(count, default, dtype=object)
    for task, value in values.items():
        cells[task] = value
    return cells


def instants(started: Any, epoch: float, tried: Any) -> Any:
    """Return wall clock times, as the local clock showed them."""
    import numpy as np

    first = epoch + (started[tried].min() if tried.any() else 0.0)
    local = epoch + time.localtime(first).tm_gmtoff
    instants = ((started + local) * 1e6).astype("int64").astype("datetime64[us]")
    instants[~tried] = np.datetime64("NaT", "us")
    return instants


def to_milliseconds(instants: Any) -> Any:
    """Return *instants* in their dtype, for reading: without what is below 1 ms.

    Down and not to the nearest: their order stays, and none lies in the future.
    """
    return instants.astype("datetime64[ms]").astype(instants.dtype)


def workers(numbers: Any, tried: Any) -> Any:
    """Return the numbers of workers, with gaps where nothing has been *tried*."""
    import numpy as np
    import pandas as pd

    return pd.arrays.IntegerArray(numbers.astype(np.uint16), ~tried)


def category(codes: Any, words: list[str]) -> Any:
    """Return the *words* that *codes* stand for; -1 is a gap."""
    import pandas as pd

    return pd.Categorical.from_codes(codes, pd.Index(words, dtype="object"))
