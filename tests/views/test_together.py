"""What is said of statements that could run at the same time, or could not."""

import pytest

from nbparallel.records.reasons import Reasons
from nbparallel.types import State, Status
from nbparallel.views import html, text
from nbparallel.views.together import gain

FREE = Reasons({2: {0: "line 3 needs line 1 (uses `a`)"}})
CHAIN = Reasons(
    {
        task: {task - 1: f"line {task + 1} needs line {task} (uses `a`)"}
        for task in range(1, 5)
    }
)


@pytest.fixture
def ended(make_snapshot, make_row):
    """A cell whose statements ran from then to then."""

    def make(*spans, reasons=FREE, state=State.DONE, **changes):
        rows = tuple(
            make_row(task, started=1000.0 + begin, seconds=end - begin)
            for task, (begin, end) in enumerate(spans)
        )
        given = {"first": rows, "reasons": reasons, "active": 2.0, "total": len(rows)}
        return make_snapshot(state, ok=len(rows), **given | changes)

    return make


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ([(0, 1), (0, 2), (2, 2.5)], "2 of 3 statements ran at the same time: 2.00 s "),
        ([(0, 2), (0.1, 0.2), (1, 1.5)], "3 of 3 statements ran at the same time: "),
        ([(0, 9), (0.1, 0.2), (8, 9.5)], "3 of 3 statements ran at the same time: "),
        ([(0, 1), (1, 2), (2, 3)], "Nothing ran at the same time: each had ended "),
    ],
)
def test_those_that_did_are_counted(ended, spans, said):
    assert gain(ended(*spans)).startswith(said)


def test_the_time_of_the_run_stands_against_that_of_one_after_another(ended):
    run = ended((0, 1.4), (0, 2), (2, 2.1))
    assert gain(run).endswith("time: 2.00 s instead of 3.50 s")

    slow = ended((0, 0.1), (0, 0.2), (2, 2.1))
    assert gain(slow).endswith("time, which gained nothing: 2.00 s instead of 0.40 s")


def test_what_took_turns_at_the_interpreter_lock_has_gained_nothing(ended):
    spans = (0, 2), (0, 2), (2, 2.1)
    told = gain(ended(*spans, locked=0.95))

    assert told == (
        "2 of 3 statements ran at the same time, but computed one at a time: nothing "
        "was gained"
    )
    assert "instead" in gain(ended(*spans, locked=0.3))


def test_where_nothing_could_it_says_why(ended):
    assert gain(ended((0, 1), (1, 2), reasons=CHAIN)) == (
        "Nothing could run at the same time: line 2 needs line 1 (uses `a`)"
    )
    assert gain(ended(*[(n, n + 1) for n in range(5)], reasons=CHAIN)) == (
        "Nothing could run at the same time: line 2 needs line 1 (uses `a`), "
        "line 3 needs line 2 (uses `a`) and 2 more"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"reasons": None},
        {"state": State.RUNNING},
        {"restored": 1},
        {"first": ()},
    ],
)
def test_of_others_nothing_is_said(ended, changes):
    assert gain(ended((0, 1), (0, 2), **changes)) == ""
    assert gain(ended((0, 1))) == ""


def test_what_did_not_run_is_not_counted(ended, make_row):
    rows = (
        make_row(0, started=1.0, seconds=1.5),
        make_row(1, started=1.0, seconds=1.0),
        make_row(2, Status.CANCELLED, seconds=None),
    )
    assert gain(ended((0, 0), (0, 0), (0, 0), first=rows)) == (
        "2 of 3 statements ran at the same time: 2.00 s instead of 2.50 s"
    )


def test_it_stands_below_the_head_and_in_plain_text(ended):
    run = ended((0, 1.4), (0, 2), (2, 2.1))

    assert gain(run) in html.below(run)
    assert gain(run) in text.plain(run).splitlines()
    said = ended((0, 1), (1, 2), reasons=Reasons({1: {0: "<script>alert(1)"}}))
    assert "&lt;script&gt;alert(1)" in html.below(said)
