"""Measured legs as a DataFrame."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from nbparallel.timing.measuring import Timed


def table_of(legs: Sequence[Timed], base: Iterable[Timed]) -> pd.DataFrame:
    """Return one row per leg; the same columns and dtypes where there is none.

    Parameters
    ----------
    legs
        The legs.
    base
        Those of them that speed-ups refer to, each to the one of its own round.
    """
    import numpy as np
    import pandas as pd

    by_round = {t.leg.round: t.seconds for t in base if not t.failed}
    ratios = [
        by_round.get(t.leg.round, np.nan) / t.seconds
        if t.seconds and not t.failed
        else np.nan
        for t in legs
    ]
    how = ["sequential" if t.leg.sequential else "parallel" for t in legs]
    return pd.DataFrame(
        {
            "round": np.array([t.leg.round for t in legs], dtype="int64"),
            "how": pd.Categorical(how, categories=["sequential", "parallel"]),
            "workers": np.array([t.leg.workers for t in legs], dtype="int64"),
            "seconds": np.array([t.seconds for t in legs], dtype="float64"),
            "speedup": np.array(ratios, dtype="float64"),
            "tasks": np.array([t.tasks for t in legs], dtype="int64"),
            "failed": np.array([t.failed for t in legs], dtype="int64"),
            "error": np.array([*(t.error for t in legs), None], dtype=object)[:-1],
            "started": _local_times([t.started for t in legs]),
        }
    )


def _local_times(epochs: list[float]) -> object:
    """Return wall clock times, as the local clock showed them."""
    import numpy as np

    local = [epoch + time.localtime(epoch).tm_gmtoff for epoch in epochs]
    whole = (np.array(local, dtype="float64") * 1e6).astype("int64")
    return whole.astype("datetime64[us]")
