"""What can be asked inside a task; `tests/engine/test_cancel.py` cancels some."""

from __future__ import annotations

import time

import nbparallel as nbp


def test_outside_a_task_nothing_is_cancelled():
    assert nbp.cancelled() is False


def test_sleeping_takes_its_time():
    for run in (
        None,
        nbp.pmap(nbp.sleep, [0.02], progress=False),
        nbp.pmap(nbp.sleep, [0.02], progress=False, backend="inline"),
    ):
        if run is None:
            before = time.perf_counter()
            nbp.sleep(0.02)
            seconds = time.perf_counter() - before
        else:
            seconds = run.df["seconds"][0]
        assert 0.019 < seconds < 5
