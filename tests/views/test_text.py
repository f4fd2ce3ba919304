"""Tasks and runs in words."""

from __future__ import annotations

from dataclasses import replace

from nbparallel.records.usage import Usage
from nbparallel.types import State, Status
from nbparallel.views import html, page, text


def test_summary_of_an_ended_run(make_snapshot):
    done = make_snapshot(State.DONE, ok=3987, error=10, timeout=2, crashed=1)
    assert text.summary_line(done) == (
        "fetch: 4,000 of 4,000 - 3,987 ok, 13 failed - 12.3 s - 325/s"
    )


def test_summary_of_a_run_under_way(make_snapshot):
    under_way = make_snapshot(ok=1000, running=8)
    assert text.summary_line(under_way) == (
        "fetch: running, 1,000 of 4,000 - 1,000 ok, 8 running - 12.3 s - 81.3/s"
        " - about 37 s left"
    )


def test_the_time_is_that_in_which_a_run_was_not_paused(make_snapshot):
    ended = make_snapshot(State.DONE, total=500, ok=500, elapsed=14.0, active=7.74)
    assert text.summary_line(ended) == "fetch: 500 of 500 - 500 ok - 7.74 s - 64.6/s"


def test_a_straggler_is_told_of(make_snapshot, make_row):
    left = make_snapshot(total=100, ok=99, running=1, recent=(0.2,) * 10)
    late = replace(left, running=(make_row(7, Status.RUNNING, seconds=4.8),))
    assert text.pace(late)[-1] == "last task running 4.80 s, 24.0 times the median"
    among_brief = replace(late, recent=(1e-6,) * 10)
    assert text.pace(among_brief)[-1] == "last task running 4.80 s"


def test_summary_of_a_run_that_an_error_stopped(make_snapshot):
    ended = make_snapshot(State.CANCELLED, total=6, ok=5, error=1, fatal=OSError())
    assert text.summary_line(ended).startswith(
        "fetch: stopped at the first error, 6 of"
    )


def test_summary_of_a_cancelled_run(make_snapshot):
    cancelled = make_snapshot(State.CANCELLED, ok=1000, cancelled=3000)
    line = text.summary_line(cancelled)
    assert line.startswith("fetch: cancelled, 1,000 of 4,000 - 1,000 ok, 3,000 canc")


def test_summary_without_a_total(make_snapshot):
    lazy = make_snapshot(total=None, ok=12, running=1)
    assert "running, 12 so far - 12 ok, 1 running" in text.summary_line(lazy)


def test_summary_of_an_empty_run(make_snapshot):
    empty = make_snapshot(State.DONE, total=0, elapsed=0.0, active=0.0)
    assert text.summary_line(empty) == "fetch: 0 of 0 - 0 s"
    assert text.plain(empty) == text.summary_line(empty)


def test_a_name_is_one_short_line(make_snapshot):
    named = make_snapshot(name="a\nb\x1b[31m" + "x" * 1_000_000)
    assert len(text.title(named)) == 80
    assert text.title(named).startswith("a b")
    assert text.title(make_snapshot(name="")) == "run"


def test_plain_shows_both_ends_the_failures_and_the_way_on(make_snapshot, make_row):
    failures = tuple(make_row(task, Status.ERROR) for task in (2, 50, 60))
    ended = make_snapshot(
        State.DONE,
        total=100,
        ok=97,
        error=3,
        first=(make_row(0), make_row(1), failures[0]),
        latest=(make_row(99), make_row(98)),
        failures=failures,
        abandoned=1,
        input_error=OSError("gone"),
    )
    shown = text.plain(ended)
    assert "[########################################] 100 %" in shown
    assert shown.count("   ...\n") == 1
    assert [shown.count(f"no page {task}") for task in (2, 50, 60)] == [1, 1, 1]
    assert "The input raised after 100 items: OSError: gone" in shown
    assert "1 task did not stop when told to. Python can't end a call" in shown
    assert "backend='processes' ends a call into C as well." in shown
    assert shown.endswith("run.retry() runs the 3 again that are not ok.")


def test_what_goes_on_elsewhere_is_told_as_that(make_snapshot):
    made = make_snapshot(State.CANCELLED, cancelled=2, elsewhere="Pool", abandoned=2)

    (said,) = text.notices(made)

    assert "2 batches go on in the Pool" in said
    assert text.caveats(made) == []


def test_what_workers_cannot_do_is_told_while_they_are_at_it(make_snapshot):
    one, two = text.caveats(make_snapshot(elsewhere="Pool", guessed=True, workers=32))

    assert "Pool ends nothing that it has begun" in one
    assert "how many workers it has: 32" in two
    assert one in html.above(make_snapshot(elsewhere="Pool"))


def test_why_there_are_no_workers_is_told(make_snapshot):
    made = make_snapshot(State.CANCELLED, broken_by=OSError("gone"))

    assert text.notices(made) == ["There are no workers any more: OSError: gone"]


def test_a_task_that_keeps_coroutines_waiting_is_named(make_snapshot):
    shown = text.plain(make_snapshot(State.RUNNING, total=2, ok=1, lag=(1204, 0.75)))

    assert "Task 1,204 kept all other coroutines waiting for 0.75 s: it " in shown


def test_a_single_task_to_retry_is_no_plural(make_snapshot):
    shown = text.plain(make_snapshot(State.DONE, total=2, ok=1, error=1))

    assert shown.endswith("run.retry() runs the one again that is not ok.")


def test_the_run_is_called_what_the_user_writes_for_it(make_snapshot):
    made = make_snapshot(State.DONE, total=2, ok=1, error=1, handle="nbp.last")

    assert "nbp.last.retry() runs the one" in text.plain(made)
    assert "<code>nbp.last.retry()</code>" in page.static(made)
    assert "display <code>nbp.last</code>" in page.static(made)
    assert "<code>nbp.last.errors</code>" in page.static(made)


def test_a_measurement_is_not_to_be_retried(make_snapshot):
    ended = make_snapshot(State.CANCELLED, total=2, ok=1, cancelled=1)

    assert text.not_ok(ended) == 1
    assert text.not_ok(replace(ended, measurement=True)) == 0


def test_tries_are_told(make_row):
    assert text.status(make_row(attempts=1)) == "ok"
    assert text.status(make_row(attempts=3)) == "ok, 3 tries"


def test_a_result_none_is_shown(make_row):
    assert text.outcome(make_row(result=None)) == "None"
    assert text.outcome(make_row(status=Status.PENDING)) == ""


def test_advice_is_told_once_at_the_end(make_snapshot):
    ended = make_snapshot(State.DONE, ok=4000, advice="Put it <first>.")

    assert text.plain(ended).count("Put it <first>.") == 1
    assert page.static(ended).count("<p>Put it &lt;first&gt;.</p>") == 1


def test_what_the_processes_use(make_snapshot):
    alone, family = Usage(0.984, 120_000_000), Usage(1.871, 3_120_000_000, children=4)

    assert text.usage(make_snapshot()) == ""
    assert text.usage(make_snapshot(usage=alone)) == "CPU 98 % - memory 120 MB"
    shown = text.usage(make_snapshot(State.DONE, ok=4000, usage=family))
    assert shown == "CPU 187 % on average - memory up to 3.12 GB, 5 processes"
    assert shown in text.plain(make_snapshot(State.DONE, ok=4000, usage=family))
    assert "CPU 98 % · memory 120 MB" in html.above(make_snapshot(usage=alone))
