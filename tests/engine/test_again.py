"""Tasks that are tried again by themselves: how often, after what, and when."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError

import pytest
import tenacity

import nbparallel as nbp
from nbparallel.engine import outcome
from nbparallel.engine.retry_after import retry_after
from nbparallel.testing import DEADLINE
from nbparallel.types import State, Status
from tests.engine.conftest import hang, wait_for

backends = pytest.mark.usefixtures("backend")


class Flaky:
    """Fails as often as the item says, then returns it; in any process."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, times):
        tries = Path(self.folder, str(times))
        with tries.open("a") as file:
            file.write("x")
        if tries.stat().st_size <= times:
            raise ConnectionError(times)
        return times


@pytest.fixture
def flaky(tmp_path):
    return Flaky(str(tmp_path))


@backends
def test_a_task_is_tried_again_until_it_is_ok(flaky):
    run = nbp.pmap(flaky, range(4), retries=3, backoff=0)

    assert run.results == [0, 1, 2, 3]
    assert run.df["attempts"].tolist() == [1, 2, 3, 4]


@backends
def test_a_task_that_goes_on_failing_has_its_last_error(flaky):
    run = nbp.pmap(flaky, range(5), retries=2, backoff=0)

    assert run.df["status"].tolist() == ["ok"] * 3 + ["error"] * 2
    assert run.df["attempts"].tolist() == [1, 2, 3, 3, 3]
    assert {task: error.args for task, error in run.errors.items()} == {
        3: (3,),
        4: (4,),
    }
    assert run.snapshot().waiting == 0


@backends
def test_each_attempt_is_on_record(flaky):
    run = nbp.pmap(flaky, [2, 0], retries=2, backoff=0)

    assert list(run.attempts.columns) == [
        "task",
        "attempt",
        "status",
        "error",
        "seconds",
        "started",
        "worker",
        "output",
    ]
    assert run.attempts[["task", "attempt", "status"]].to_numpy().tolist() == [
        [0, 1, "error"],
        [0, 2, "error"],
        [0, 3, "ok"],
        [1, 1, "ok"],
    ]
    assert [type(error) for error in run.attempts["error"][:2]] == 2 * [ConnectionError]
    assert run.attempts["seconds"].ge(0).all()
    assert run.attempts["started"].dtype == run.df["started"].dtype


def test_attempts_of_a_retry_by_hand_are_on_record_too():
    fail = [1]

    def task(_):
        if fail:
            raise ValueError
        return 1

    run = nbp.pmap(task, [0])
    fail.clear()
    run.retry()

    assert run.attempts["status"].astype(str).tolist() == ["error", "ok"]


def test_a_run_without_tasks_has_attempts_of_the_same_kind():
    empty, full = nbp.pmap(str, []).attempts, nbp.pmap(str, [1]).attempts

    assert list(empty.columns) == list(full.columns)
    assert len(empty) == 0


@backends
def test_a_task_that_waits_holds_no_worker():
    failed = threading.Event()

    def task(number):
        if number == 0 and not failed.is_set():
            failed.set()
            raise ValueError
        return number

    run = nbp.pmap(
        task, range(50), workers=1, retries=1, backoff=lambda _: 0.5, block=False
    )
    order = [item for item, _, error in run if error is None]

    assert sorted(order) == list(range(50))
    assert order[-1] == 0


@backends
def test_a_reader_meets_each_task_once(flaky):
    run = nbp.pmap(flaky, [0, 1, 2, 9], retries=3, backoff=0, block=False)

    found = Counter(item for item, _, _ in run)

    assert found == {0: 1, 1: 1, 2: 1, 9: 1}


@backends
def test_a_cancel_ends_what_waits_and_its_failures_are_on_record():
    def task(number):
        raise ValueError(number)

    run = nbp.pmap(task, range(3), retries=5, backoff=lambda _: 1000, block=False)
    waiter = threading.Thread(target=run.wait)  # it is who works, inline
    waiter.start()
    wait_for(lambda: run.snapshot().waiting == 3)
    run.cancel()
    waiter.join()

    assert run.wait(DEADLINE)
    assert run.state is State.CANCELLED
    assert run.df["status"].tolist() == ["cancelled"] * 3
    assert [error.args for error in run.attempts["error"]] == [(0,), (1,), (2,)]
    assert run.snapshot().waiting == 0


def test_the_first_failure_that_is_final_ends_the_run():
    tries = Counter()

    def task(number):
        tries[number] += 1
        raise ValueError(number)

    with pytest.raises(ValueError, match=r"[0-9]"):
        nbp.pmap(task, range(50), workers=1, retries=2, backoff=0, on_error="raise")
    assert max(tries.values()) == 3


def test_what_timed_out_is_tried_again():
    tries = Counter()

    def task(number):
        tries[number] += 1
        if tries[number] == 1:
            hang()
        return number

    run = nbp.pmap(task, range(3), timeout=0.05, retries=1, backoff=0)

    assert run.results == [0, 1, 2]
    assert run.attempts["status"].astype(str).tolist() == ["timeout", "ok"] * 3


def test_a_retry_by_hand_begins_to_count_anew():
    def task(_):
        raise ValueError

    run = nbp.pmap(task, [0], retries=1, backoff=0)
    run.retry()

    assert run.df["attempts"].tolist() == [4]


@pytest.mark.parametrize(
    ("retry_on", "attempts"),
    [
        (ValueError, 3),
        ((OSError, ValueError), 3),
        (OSError, 1),
        (lambda error: "no" in str(error), 3),
        (lambda _: False, 1),
        (tenacity.retry_if_exception_type(ValueError), 3),
        (tenacity.retry_if_exception_message(match="yes"), 1),
    ],
)
def test_only_what_is_named_is_tried_again(retry_on, attempts):
    def task(word):
        raise ValueError(word)

    run = nbp.pmap(task, ["no"], retries=2, backoff=0, retry_on=retry_on)

    assert run.df["attempts"].tolist() == [attempts]


def test_an_exit_is_not_tried_again_by_itself():
    def task(_):
        raise SystemExit

    run = nbp.pmap(task, [0], retries=2, backoff=0)

    assert run.df["attempts"].tolist() == [1]


@pytest.mark.parametrize("named", ["retry_on", "backoff"])
def test_a_policy_that_raises_makes_the_failure_final(named, caplog):
    def policy(_):
        raise RuntimeError(named)

    def task(_):
        raise ValueError

    run = nbp.pmap(task, range(3), **{"retries": 2, "backoff": 0, named: policy})

    assert run.df["status"].tolist() == ["error"] * 3
    assert run.df["attempts"].tolist() == [1] * 3
    assert f"RuntimeError: {named}" in caplog.text


def test_a_policy_may_ask_the_run_anything():
    def task(_):
        raise ValueError

    def policy(_):
        seen.append(nbp.last.snapshot().counts[Status.PENDING])
        return False

    seen = []
    run = nbp.pmap(task, range(3), workers=1, retries=1, retry_on=policy)

    assert run.df["status"].tolist() == ["error"] * 3
    assert len(seen) == 3


def test_tenacitys_stops_and_waits_are_understood():
    def task(_):
        raise ValueError

    run = nbp.pmap(
        task,
        [0],
        retries=tenacity.stop_after_attempt(4) | tenacity.stop_after_delay(100),
        backoff=tenacity.wait_fixed(0.01) + tenacity.wait_incrementing(0, 0.01),
    )

    assert run.df["attempts"].tolist() == [4]
    started = run.attempts["started"].astype("int64") / 1e6
    assert (started.diff()[1:] >= [0.01, 0.02, 0.03]).all()


class Said(Exception):
    def __init__(self, **attributes):
        vars(self).update(attributes)


def answer(value):
    return SimpleNamespace(headers={"Retry-After": value})


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Said(retry_after=2), 2),
        (Said(retry_after="0.5"), 0.5),
        (Said(retry_after=timedelta(minutes=1)), 60),
        (Said(response=answer("7")), 7),
        (Said(headers={"Retry-After": "3"}), 3),
        (HTTPError("http://x", 429, "slow", {"Retry-After": "4"}, None), 4),
        (Said(response=SimpleNamespace(headers={})), None),
        (Said(response=answer("soon")), None),
        (Said(retry_after=float("nan")), None),
        (Said(retry_after=-5), 0),
        (ValueError(), None),
    ],
)
def test_what_an_error_asks_for_is_found(error, seconds):
    assert retry_after(error) == seconds


def test_a_date_is_understood():
    then = datetime.now(UTC) + timedelta(seconds=100)

    found = retry_after(Said(response=answer(format_datetime(then, usegmt=True))))

    assert 95 < found <= 100


def test_an_attribute_that_raises_asks_for_nothing():
    class Hostile(Exception):
        @property
        def retry_after(self):
            raise RuntimeError

    assert retry_after(Hostile()) is None


def test_what_an_error_asks_for_is_waited_for():
    begun = []

    def task(_):
        begun.append(time.perf_counter())
        if len(begun) == 1:
            raise Said(retry_after=0.3)

    nbp.pmap(task, [0], retries=1, backoff=0)

    assert 0.3 <= begun[1] - begun[0] < 2


def tried(times):
    return [SimpleNamespace(status=Status.ERROR, error=ValueError())] * times


def test_waits_are_random_up_to_a_bound_that_doubles():
    policy = outcome.Retrying(nbp.Options(retries=100, backoff=2))

    for times in (1, 2, 3, 4, 50):
        bound = min(outcome.LONGEST, 2.0**times)
        waits = [policy.again(tried(times)).seconds for _ in range(300)]
        assert 0 <= min(waits) < bound / 10
        assert 0.9 * bound < max(waits) <= bound


def test_nothing_of_it_draws_from_the_users_generator():
    random.seed(7)
    expected = random.random()
    random.seed(7)

    outcome.Retrying(nbp.Options(retries=3)).again(tried(1))

    assert random.random() == expected


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"retries": -1}, nbp.BadValue),
        ({"retries": 1.5}, nbp.BadType),
        ({"retries": "3"}, nbp.BadType),
        ({"retries": True}, nbp.BadType),
        ({"retry_on": 5}, nbp.BadType),
        ({"retry_on": int}, nbp.BadType),
        ({"retry_on": (ValueError, 5)}, nbp.BadType),
        ({"backoff": "1"}, nbp.BadType),
        ({"backoff": -1}, nbp.BadValue),
    ],
)
def test_what_is_no_policy_is_refused(options, error):
    name, value = next(iter(options.items()))
    with pytest.raises(error, match=name):
        nbp.Options(**{"retries": 1, **options})
    assert value is not None


def test_metrics_count_an_attempt_once_while_its_task_waits_for_the_next():
    def fails(item):
        raise OSError(item)

    options = {"retries": 2, "backoff": lambda _: 1000.0, "block": False}
    run = nbp.pmap(fails, [1], **options)
    wait_for(lambda: run.snapshot().waiting)
    seconds = run.attempts["seconds"].sum()
    assert run.metrics.busy == pytest.approx(seconds, abs=1e-6)
    run.cancel()
    assert run.wait(DEADLINE)
    assert run.metrics.busy == pytest.approx(seconds, abs=1e-6)
