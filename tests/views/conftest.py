"""Rows and snapshots as a run would make them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.types import MISSING, State, Status
from tests.views.wire import asked, page, panel, wire

__all__ = ["asked", "page", "panel", "wire"]


def row(task=0, status=Status.OK, **changes):
    made = Row(
        task=task,
        item=f"https://example.org/{task}",
        status=status,
        result=task * 10 if status is Status.OK else MISSING,
        error=ValueError(f"no page {task}") if status is Status.ERROR else None,
        seconds=None if status is Status.PENDING else 0.25 * (task + 1),
        started=None,
        worker=0,
        attempts=1,
        output="",
    )
    return replace(made, **changes)


def snapshot(state=State.RUNNING, total=4000, **changes):
    """A run with the counts given by status word, for instance ``ok=3``.

    A number as *running* is a count as well, rows are rows.
    """
    counts = dict.fromkeys(Status, 0)
    for status in Status:
        if isinstance(changes.get(status.word), int):
            counts[status] = changes.pop(status.word)
    if total is not None:
        counts[Status.PENDING] = total - sum(counts.values())
    made = Snapshot(
        name="fetch",
        state=state,
        total=total,
        counts=counts,
        elapsed=12.3,
        active=12.3,
        workers=8,
    )
    return replace(made, **changes)


@pytest.fixture
def make_row():
    return row


@pytest.fixture
def make_snapshot():
    return snapshot


@pytest.fixture
def failing(make_snapshot, make_row):
    """A run of 40 tasks of which every fourth failed, in two ways."""

    def make(**changes):
        rows = tuple(
            make_row(
                task,
                Status.ERROR if task % 4 == 0 else Status.OK,
                error=[ValueError, KeyError][task % 8 > 0](task)
                if task % 4 == 0
                else None,
            )
            for task in range(40)
        )
        given = {
            "first": rows,
            "latest": rows[:-6:-1],
            "slowest": rows[::-1][:10],
            "failures": rows[::4],
            "errors": {row.task: row.error for row in rows[::4]},
            "log": ((3, "one\n"), (4, "two\nthree")),
        }
        return make_snapshot(State.DONE, total=40, ok=30, error=10, **given | changes)

    return make
