"""The columnar store, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from array import array
from pathlib import Path

import pytest

from nbparallel.records.store import Finished, Records
from nbparallel.types import Status

ROOT = Path(__file__).parents[2]

MEMORY = """
import sys, tracemalloc
import nbparallel as nbp

nbp.pmap(abs, [1], progress=False)
items = [None] * 200_000
tracemalloc.start()
run = nbp.pmap(lambda _: None, items, workers=4, progress=False)
used, _ = tracemalloc.get_traced_memory()
print(used / len(items))
"""


def finished(first, values, **changes):
    ends = array("d", [float(first + n + 1) for n in range(len(values))])
    cells = {
        "first": first,
        "worker": 2,
        "values": list(values),
        "begun": float(first),
        "ends": ends,
        "failures": {},
        "texts": {},
    }
    return Finished(**(cells | changes))


@pytest.fixture
def records():
    made = Records()
    made.add(list("abcdef"))
    return made


def test_tasks_are_numbered_as_they_are_added(records):
    assert records.add(["g", "h"]) == range(6, 8)
    assert len(records) == 8


def test_a_batch_fills_the_columns(records):
    error = ValueError()
    records.commit(
        finished(
            1, "BCD", failures={1: (Status.ERROR, error)}, texts={2: "text", 0: "t"}
        )
    )

    assert records.results[1:4] == ["B", "C", "D"]
    assert list(records.started[1:4]) == [1.0, 2.0, 3.0]
    assert list(records.ended[1:4]) == [2.0, 3.0, 4.0]
    assert list(records.log) == [1, 2, 3]
    assert (records.errors, records.output) == ({2: error}, {3: "text", 1: "t"})
    assert records.finished == 3
    assert records.row(2, 100.0).status is Status.ERROR
    assert records.row(3, 100.0).started == 103.0
    assert records.row(5, 100.0).started is None


def test_a_retry_makes_earlier_log_entries_outdated(records):
    records.commit(finished(0, "ABC", failures={1: (Status.ERROR, ValueError())}))
    records.cancel(range(3, 6))
    assert records.reopen_failed() == [range(1, 2), range(3, 6)]
    records.commit(finished(1, "B"))

    seen, position = [], 0
    while found := records.completed(position, 0.0):
        position, row = found[0] + 1, found[1]
        seen.append(row.task)
    assert seen == [0, 2, 1]
    assert records.counts[Status.OK] == records.finished == 3
    assert records.attempts[1] == 2
    assert records.errors == {}


def test_attempts_are_counted_however_many_there_are(records):
    for _ in range(70_000):
        records.commit(finished(0, "A", failures={0: (Status.ERROR, ValueError())}))
        records.reopen_failed()

    assert records.attempts[0] == 70_000


def test_the_latest_are_different_tasks(records):
    records.commit(finished(0, "AB", failures={1: (Status.ERROR, ValueError())}))
    records.reopen_failed()
    records.commit(finished(1, "B"))

    assert records.latest(5) == (1, 0)
    assert records.latest(1) == (1,)


def test_a_finished_task_takes_at_most_sixty_bytes():
    done = subprocess.run(
        [sys.executable, "-c", MEMORY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert float(done.stdout) <= 60


def test_the_slowest_come_first_and_what_was_not_tried_does_not_come(records):
    assert records.slowest(3) == []
    long = finished(1, "BCD")
    long.ends = array("d", [2.0, 9.0, 9.5])
    records.commit(long)
    records.cancel(range(5, 6))
    assert records.slowest(2) == [2, 1]
    assert records.slowest(9) == [2, 1, 3]
    records.add(["more"])  # nothing holds on to the columns
