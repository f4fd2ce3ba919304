"""The table of a million tasks as a DataFrame."""

from __future__ import annotations

from functools import partial

import pandas as pd

import nbparallel as nbp
from benchmarks.measure import Table, compare, interleave, seconds
from benchmarks.overhead import nothing

COUNT = 1_000_000


def frame() -> Table:
    run = nbp.pmap(nothing, range(COUNT), workers=8, progress=False)
    columns = list(run.df)
    records = list(run.df.itertuples(index=False, name=None))
    contenders = {
        "nbparallel": partial(seconds, lambda: run.df),
        "pandas.DataFrame from a list of tuples": partial(
            seconds, lambda: pd.DataFrame(records, columns=columns)
        ),
    }
    return Table(
        "DataFrame of 1 000 000 tasks",
        "`run.df`, beside what it takes to make one from a record per task.",
        ("", "ms", "ratio to nbparallel"),
        compare(interleave(contenders), 1e3),
    )
