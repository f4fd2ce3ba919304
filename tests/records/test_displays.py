"""What tasks have displayed: kept within bounds, given out once and in order."""

import threading

import pytest

from nbparallel.records import displays
from nbparallel.records.displays import Display, Displays


@pytest.fixture
def kept():
    made = Displays()
    made.open()
    return made


def of(text, **transient):
    return Display({"text/plain": text}, {}, transient)


def texts(given):
    return [(task, [each.data["text/plain"] for each in some]) for task, some in given]


def test_they_come_by_task_in_order(kept):
    for task, text in ((2, "c"), (0, "a"), (2, "d"), (1, "b")):
        assert kept.add(task, of(text))
    assert texts(kept.give()) == [(0, ["a"]), (1, ["b"]), (2, ["c", "d"])]
    assert kept.give() == []


def test_before_the_end_those_come_before_which_all_have_ended(kept):
    ended = set()
    for task in (1, 3, 6):
        kept.add(task, of(str(task)))
    assert kept.give(ended.__contains__) == []
    ended |= {1, 2, 3, 4}
    assert kept.give(ended.__contains__) == []
    ended |= {0}
    assert texts(kept.give(ended.__contains__)) == [(1, ["1"]), (3, ["3"])]
    ended |= {5}
    assert kept.give(ended.__contains__) == []
    ended |= {6}
    assert texts(kept.give(ended.__contains__)) == [(6, ["6"])]


def test_a_run_that_begins_again_looks_from_the_start(kept):
    kept.add(1, of("1"))
    kept.give(lambda task: task < 2)
    kept.open()
    kept.add(1, of("again"))
    assert kept.give(lambda task: task > 0) == []
    assert texts(kept.give(lambda task: task < 2)) == [(1, ["again"])]


def test_what_comes_too_late_is_refused(kept):
    kept.close()
    assert not kept.add(0, of("late"))
    assert kept.give() == []


def test_what_there_is_no_room_for_is_refused(kept, monkeypatch):
    monkeypatch.setattr(displays, "MOST", 100)
    assert kept.add(0, of("x" * 60))
    assert not kept.add(1, of("x" * 60))
    assert kept.add(2, of("x" * 40))
    kept.clear(0)
    assert kept.add(1, of("x" * 60))


def test_what_has_been_given_out_makes_room(kept, monkeypatch):
    monkeypatch.setattr(displays, "MOST", 100)
    for task in range(3):
        assert kept.add(task, of("x" * 60))
        assert len(kept.give()) == 1
    assert [len(kept.of(task)) for task in range(3)] == [0, 0, 1]


def test_a_clear_that_waits_comes_with_the_next_display(kept):
    kept.add(0, of("first"))
    kept.clear(0, wait=True)
    assert len(kept.of(0)) == 1
    kept.add(0, of("second"))
    kept.add(0, of("third"))
    kept.clear(0, wait=True)
    assert texts(kept.give()) == [(0, ["second", "third"])]


def test_one_that_waits_can_be_replaced(kept):
    kept.add(0, of("before", display_id="it"))
    kept.add(1, of("other"))
    assert kept.replace(of("after", display_id="it"))
    assert not kept.replace(of("nobody", display_id="that"))
    assert texts(kept.give()) == [(0, ["after"]), (1, ["other"])]
    assert not kept.replace(of("gone", display_id="it"))


def test_a_card_has_the_latest_given_out_or_not(kept):
    kept.add(3, of("first"))
    kept.give()
    for number in range(displays.MOST_OF_TASK - 1):
        kept.add(3, of(str(number)))
    found = [each.data["text/plain"] for each in kept.of(3)]
    assert found == ["first", *map(str, range(displays.MOST_OF_TASK - 1))]
    kept.add(3, of("one more"))
    assert [each.data["text/plain"] for each in kept.of(3)] == [*found[1:], "one more"]
    assert kept.of(4) == ()


def test_threads_lose_none_and_double_none(kept):
    given = []

    def add(task):
        for number in range(200):
            assert kept.add(task, of(str(number)))

    threads = [threading.Thread(target=add, args=(task,)) for task in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        given += kept.give()
    given += kept.give()
    for task in range(8):
        mine = [each for number, some in given if number == task for each in some]
        assert [each.data["text/plain"] for each in mine] == list(map(str, range(200)))
