"""The log, and what all runs came to."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections import Counter

import pytest

import nbparallel as nbp
from nbparallel.engine.measuring import totals
from nbparallel.engine.measuring.totals import Tally
from nbparallel.engine.measuring.watch import MOST_WARNINGS
from nbparallel.testing import DEADLINE
from tests.engine.conftest import wait_for

QUIET = """
import nbparallel as nbp
run = nbp.pmap(int, ["x"] * 3 + ["1"], retries=1, backoff=0, progress=False)
assert len(run.errors) == 3
"""


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.DEBUG, "nbparallel.run")
    return caplog


def of(log, level, count):
    """Return what is written at *level*: so much, of which some may come late."""

    def found():
        return [
            record
            for record in log.records
            if record.name == "nbparallel.run" and record.levelno == level
        ]

    wait_for(lambda: len(found()) >= count)
    assert len(found()) == count
    return found()


@pytest.mark.usefixtures("backend")
def test_each_end_has_its_task_and_worker(log):
    run = nbp.pmap(str, range(5), desc="words")

    ends = of(log, logging.DEBUG, 5)
    assert sorted(record.task for record in ends) == list(range(5))
    workers = dict(enumerate(run.columns().workers))
    assert {record.task: record.worker for record in ends} == workers
    assert {record.run for record in ends} == {"words"}
    assert ends[0].getMessage().startswith(f"words: task {ends[0].task} ended ok in ")


def test_the_start_and_the_end_of_a_run_are_told(log):
    nbp.pmap(abs, [1, 2], workers=3, backend="threads")

    first, last = of(log, logging.INFO, 2)
    assert first.getMessage() == "abs: 3 workers (threads)"
    assert last.getMessage().startswith("abs: done in ")
    assert last.getMessage().endswith(": 2 ok")
    assert (last.run, last.task, last.worker) == ("abs", None, None)


def test_an_attempt_that_is_made_again_is_told(log):
    fails = [True]

    def task(_):
        if fails:
            raise ValueError(fails.pop())

    nbp.pmap(task, [1], retries=1, backoff=0, backend="threads")

    (again,) = [each for each in of(log, logging.INFO, 3) if each.task == 0]
    assert "is tried again in" in again.getMessage()
    assert "ValueError: True" in again.getMessage()
    ends = sorted(each.getMessage() for each in of(log, logging.DEBUG, 2))
    assert [each.split()[4] for each in ends] == ["error", "ok"]
    of(log, logging.WARNING, 0)


def test_the_first_failures_are_warnings_and_so_is_the_end(log):
    def fail(item):
        raise ValueError(item)

    nbp.pmap(fail, range(50), backend="threads")

    told = [r.getMessage() for r in of(log, logging.WARNING, MOST_WARNINGS + 1)]
    assert sum("failed: ValueError: " in each for each in told) == MOST_WARNINGS
    assert sum(each.endswith(": 50 error") for each in told) == 1
    of(log, logging.DEBUG, 50)


def test_a_timeout_is_told(log, gate):
    nbp.pmap(gate, [1], timeout=0.05, backend="threads")

    (end,) = of(log, logging.DEBUG, 1)
    assert "ended timeout in" in end.getMessage()
    told = " ".join(each.getMessage() for each in of(log, logging.WARNING, 2))
    assert "TaskTimeout" in told


def test_nothing_is_printed_by_default():
    done = subprocess.run(
        [sys.executable, "-c", QUIET], capture_output=True, text=True, check=True
    )

    assert (done.stdout, done.stderr) == ("", "")


def test_a_handler_may_use_the_run_and_may_raise():
    class Curious(logging.Handler):
        def emit(self, _):
            lengths.append(len(nbp.last))
            raise OSError

    lengths = []
    log, handler = logging.getLogger("nbparallel.run"), Curious()
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        run = nbp.pmap(str, range(3), backend="threads")
        assert run.wait(DEADLINE)
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)

    assert run.results == ["0", "1", "2"]
    assert set(lengths) == {3}


def test_what_a_name_or_an_error_holds_makes_no_line_of_its_own(log):
    def fail(text):
        raise ValueError(text)

    nbp.pmap(fail, ["a\nb %s"], desc="x\ny %d", backend="threads")

    assert all("\n" not in record.getMessage() for record in log.records)


# -- Totals ----------------------------------------------------------------------------


def test_runs_and_tasks_add_up(backend):
    before = nbp.metrics()
    run = nbp.pmap(int, ["1", "x", "2"], workers=2)
    after = nbp.metrics()

    assert after.runs - before.runs == 1
    assert after.sequential - before.sequential == (backend == "inline")
    assert after.tasks["ok"] - before.tasks["ok"] == 2
    assert after.tasks["error"] - before.tasks["error"] == 1
    assert after.busy - before.busy == pytest.approx(run.metrics.busy, abs=1e-6)
    assert after.wall >= before.wall


def test_a_lone_worker_is_sequential():
    before = nbp.metrics()
    nbp.pmap(abs, [1], workers=1, backend="threads")

    assert nbp.metrics().sequential - before.sequential == 1


def test_what_is_run_again_counts_as_it_ended_last():
    fails = [True]

    def task(_):
        if fails:
            raise ValueError(fails.pop())

    before = nbp.metrics()
    run = nbp.pmap(task, [1], backend="threads")
    run.retry()
    after = nbp.metrics()

    assert after.runs - before.runs == 1
    assert after.tasks["ok"] - before.tasks["ok"] == 1
    assert after.tasks["error"] == before.tasks["error"]
    assert after.retries - before.retries == 1


def test_timeouts_count_by_attempt(gate):
    before = nbp.metrics()
    nbp.pmap(gate, [1], timeout=0.02, retries=1, backoff=0, backend="threads")
    after = nbp.metrics()

    assert after.timeouts - before.timeouts == 2
    assert after.retries - before.retries == 1
    assert after.tasks["timeout"] - before.tasks["timeout"] == 1


def test_nested_runs_count_and_their_time_does_not_count_twice():
    before = nbp.metrics()
    run = nbp.pmap(lambda _: nbp.pmap(abs, [1]).results, [1], workers=2)
    after = nbp.metrics()

    assert after.runs - before.runs == 2
    assert after.nested - before.nested == 1
    assert after.wall - before.wall == pytest.approx(run.metrics.wall, abs=0.05)


def test_runs_at_the_same_time_count_once(monkeypatch):
    now = [10.0]
    monkeypatch.setattr(totals, "perf_counter", lambda: now[0])
    tally = Tally()
    tally.begun()
    now[0] += 2
    tally.begun()
    now[0] += 3
    assert tally.totals().wall == 5
    tally.ended(Counter(ok=1, parallel=1), 4.0, Counter())
    now[0] += 1
    tally.ended(Counter(ok=2, parallel=1), 2.0, Counter())
    now[0] += 50

    found = tally.totals()
    assert (found.wall, found.busy, found.parallel) == (6.0, 6.0, 2)
    assert found.tasks["ok"] == 3


def test_totals_can_be_read():
    tally = Tally()
    assert str(tally.totals()).splitlines() == [
        "runs: 0 parallel, 0 sequential",
        "tasks: none",
        "0 s of wall time, 0 s of tasks",
    ]
    tally.begun()
    came = Counter(ok=1204, error=1, parallel=1, nested=1, retries=3, timeouts=2)
    tally.ended(came, 7.0, Counter())
    assert str(tally.totals()).splitlines()[:-1] == [
        "runs: 1 parallel, 0 sequential, 1 of them nested",
        "tasks: 1,204 ok, 1 error",
        "attempts: 2 timed out, 3 made again",
    ]
