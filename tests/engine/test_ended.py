"""What is seen of a run that has ended: many rows, the slowest, all failures."""

from __future__ import annotations

import copy
import pickle

import nbparallel as nbp
from nbparallel.views import text
from tests.views.test_html import Page


def fail_often(number):
    if number % 2:
        kind = ValueError if number % 4 == 1 else KeyError
        message = f"<b>no</b> {number}"
        raise kind(message)
    return number


def test_an_ended_run_shows_500_rows_of_a_sort_whatever_the_panel_shows():
    run = nbp.pmap(fail_often, range(1_200), rows=3, progress=False)
    shot = run.snapshot()

    assert [row.task for row in shot.first] == [*range(500)]
    assert [row.task for row in shot.failures] == [*range(1, 1_000, 2)]
    assert len(shot.latest) == 3
    seconds = [row.seconds for row in shot.slowest]
    assert len(seconds) == 10
    assert seconds == sorted(seconds, reverse=True)
    assert len(text.plain(shot).splitlines()) < 40


def test_errors_are_a_dict_with_groups_and_types():
    run = nbp.pmap(fail_often, range(8), progress=False)
    errors = run.errors

    assert repr(errors) == repr(dict(errors))
    assert {kind: [*some] for kind, some in errors.by_type.items()} == {
        "ValueError": [1, 5],
        "KeyError": [3, 7],
    }
    assert [*copy.copy(errors)] == [*pickle.loads(pickle.dumps(errors))] == [1, 3, 5, 7]
    shown = Page(errors._repr_html_())
    assert "ValueError <b>no</b> … · 2 tasks" in shown.text
    assert "task 5: 5" in shown.told
    assert nbp.pmap(abs, [1], progress=False).errors._repr_html_() is None
