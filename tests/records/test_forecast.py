"""When a run will have ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbparallel.records.forecast import stragglers, to_go
from nbparallel.types import State, Status
from tests.views.conftest import row, snapshot

ALIKE = (0.2,) * 10
#: One in ten took 2 s.
UNLIKE = (0.2,) * 17 + (2.0,) * 3


def at(seconds):
    return row(7, Status.RUNNING, seconds=seconds)


def test_the_rate_so_far_goes_on():
    assert to_go(snapshot(total=110, ok=10, active=5.0)) == (50.0, 50.0)


def test_the_last_task_may_be_a_long_one():
    least, most = to_go(snapshot(total=110, ok=10, active=5.0, recent=UNLIKE))

    assert least == 50.0
    assert 50.2 < most <= 52.0


@pytest.mark.parametrize(
    "changes",
    [
        {"total": None, "ok": 10},
        {"ok": 0},
        {"ok": 10, "state": State.PAUSED},
        {"ok": 10, "state": State.CANCELLING},
        {"ok": 4000, "state": State.DONE},
    ],
)
def test_nobody_can_tell(changes):
    assert to_go(snapshot(**changes)) is None


def test_what_alone_is_left_and_takes_long():
    left = snapshot(total=12, ok=10, running=2, recent=ALIKE)
    late = stragglers(replace(left, running=(at(4.8), at(0.3))))

    assert late == (2, 4.8, pytest.approx(24))


@pytest.mark.parametrize(
    ("seconds", "changes"),
    [
        (0.9, {}),  # too short to speak of
        (4.8, {"recent": (2.0,) * 10}),  # they all take long
        (4.8, {"recent": ALIKE[:3]}),  # who knows how long they take
        (4.8, {"total": 13}),  # others will begin
        (4.8, {"total": None}),
        (4.8, {"state": State.PAUSED}),
    ],
)
def test_no_straggler(seconds, changes):
    made = snapshot(**{"total": 12, "ok": 11, "running": 1, "recent": ALIKE} | changes)

    assert stragglers(replace(made, running=(at(seconds),))) is None
