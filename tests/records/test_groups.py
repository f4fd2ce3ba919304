"""Failures in groups: what belongs together, and what tells groups apart."""

from __future__ import annotations

import pytest

from nbparallel.records.groups import grouped
from tests.support.payloads import payloads


def told(errors):
    found = grouped(dict(enumerate(errors)))
    return [(each.kind, each.message, len(each.tasks)) for each in found]


def test_addresses_quotes_paths_and_numbers_make_no_group_of_their_own():
    errors = [
        *(OSError(f"503 Server Error for url: http://host/page/{n}") for n in range(9)),
        *(OSError(f"404 Client Error for url: http://host/page/{n}") for n in range(4)),
        *(FileNotFoundError(2, "No such file", f"/tmp/a/{n}.txt") for n in range(3)),
        *(ValueError(f"bad id 0x{n:x}f after {n}.5 s") for n in range(2)),
    ]
    assert told(errors) == [
        ("OSError", "503 Server Error for url: …", 9),
        ("OSError", "404 Client Error for url: …", 4),
        ("FileNotFoundError", "[Errno 2] No such file: …", 3),
        ("ValueError", "bad id … after … s", 2),
    ]


def test_a_part_with_few_values_in_many_failures_tells_groups_apart():
    errors = [*(OSError(f"status {500 + n % 2} of '{n}'") for n in range(10))]
    assert told(errors) == [
        ("OSError", "status 500 of …", 5),
        ("OSError", "status 501 of …", 5),
    ]
    assert told([KeyError("price"), KeyError("name")]) == [("KeyError", "…", 2)]


def test_types_tell_groups_apart_and_tasks_stay_in_order():
    one, other, third = ValueError("no"), TypeError("no"), ValueError("no")
    first, second = grouped({7: one, 3: other, 5: third})
    assert (first.kind, first.tasks, first.error) == ("ValueError", (5, 7), third)
    assert (second.kind, second.tasks) == ("TypeError", (3,))


def test_each_message_is_asked_for_once():
    asked = []

    class Slow(Exception):
        def __str__(self):
            asked.append(self)
            return "slow"

    error, memo = Slow(), {}
    assert grouped({0: error}, memo) == grouped({0: error}, memo)
    assert asked == [error]


def test_messages_that_cannot_be_had_make_a_group():
    class Hostile(Exception):
        def __str__(self):
            raise KeyboardInterrupt

    message = "(its str raised KeyboardInterrupt)"
    assert told([Hostile(), Hostile()]) == [("Hostile", message, 2)]


def test_only_the_first_of_very_many_are_looked_at():
    errors = {n: ValueError("no") for n in range(10_050)}
    (group,) = grouped(errors)
    assert len(group.tasks) == 10_000


@pytest.mark.parametrize("payload", payloads(["alert(1)"]))
def test_any_text_is_grouped(payload):
    (group,) = grouped({0: ValueError(payload), 1: ValueError(payload)})
    assert group.tasks == (0, 1)
    assert "\n" not in group.message
