"""Lazy inputs, the buffer, and iterating over a run while it goes on."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

import nbparallel as nbp
from nbparallel.engine import feed
from nbparallel.engine.limits import READ_AHEAD
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State
from tests.engine.conftest import PARALLEL, carry_on, tasks_left_in_claim, wait_for

pytestmark = pytest.mark.usefixtures("backend")

#: Seconds in which an item can be claimed once its input has yielded it.
CLAIMABLE = 0.01
#: How often a machine that does something else as well may be late.
TRIES = 20


class Tap:
    """An endless input that knows how much of it has been read."""

    def __init__(self):
        self.pulled = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.pulled += 1
        return self.pulled - 1


def raising_after(count):
    yield from range(count)
    message = "the input broke"
    raise OSError(message)


def items(outcomes):
    return [item for item, _, _ in outcomes]


def read_into(read, run):
    for item, _, _ in run:
        read.append(item)


class TestInput:
    def test_a_generator_is_an_input_like_any_other(self):
        run = nbp.pmap(str, (n for n in range(2000)))

        assert run.results == [str(n) for n in range(2000)]
        assert run.snapshot().total == 2000

    def test_an_empty_generator_is_a_finished_run(self):
        assert nbp.pmap(str, iter(())).results == []

    def test_the_total_is_known_only_at_the_end(self, gate, go):
        run = go(gate, iter(range(3)), workers=1)
        gate.wait_for(0)
        assert run.snapshot().total is None

        gate.open()
        assert run.wait(DEADLINE)
        assert run.snapshot().total == 3

    @pytest.mark.parametrize("workers", [1, 2])
    @pytest.mark.usefixtures("backend")
    def test_it_may_wait_for_what_comes_of_the_item_before(self, workers):
        come = threading.Semaphore(0)

        def items():
            for n in range(100):
                yield n
                assert come.acquire(timeout=DEADLINE)

        run = nbp.pmap(abs, items(), workers=workers, block=False)
        for _ in run:
            come.release()

        assert run.results == list(range(100))

    def test_a_length_is_believed_where_there_is_one(self, gate, go):
        class Sized(Tap):
            def __len__(self):
                return 17

        run = go(gate, Sized(), workers=1)
        gate.wait_for(0)

        assert run.snapshot().total == 17

    def test_an_input_that_raises_keeps_what_came_before(self):
        with pytest.raises(nbp.InputError, match="OSError at position 3") as caught:
            nbp.pmap(str, raising_after(3))

        assert str(caught.value.__cause__) == "the input broke"
        assert nbp.last.df["result"].tolist() == ["0", "1", "2"]
        assert nbp.last.state is State.DONE
        assert isinstance(nbp.last.snapshot().input_error, OSError)

    def test_an_input_that_raises_is_told_to_every_reader(self, go):
        run = go(str, raising_after(2))
        outcomes = iter(run)
        assert sorted(items(itertools.islice(outcomes, 2))) == [0, 1]
        with pytest.raises(nbp.InputError):
            next(outcomes)
        with pytest.raises(nbp.InputError):
            _ = run.results

    def test_an_endless_input_is_cancelled(self, go):
        tap, enough = Tap(), threading.Event()

        def task(number):
            if number == 100:
                enough.set()

        run = go(task, tap)
        assert enough.wait(DEADLINE)
        run.cancel()

        assert run.wait(DEADLINE)
        wait_for(lambda: not run._life.scheduler.source.reading.busy)
        pulled = tap.pulled
        assert run.df["status"].isin(["ok", "cancelled"]).all()
        assert tap.pulled == pulled

    def test_an_input_that_blocks_does_not_hold_up_a_cancel(self, go):
        release = threading.Event()

        def blocking():
            yield 1
            release.wait(DEADLINE)
            yield 2

        run = go(str, blocking())
        wait_for(lambda: run.snapshot().finished == 1)
        run.cancel()

        wait_for(lambda: run.state is State.CANCELLED)
        release.set()
        assert items(run) == [1]

    def test_a_blocking_input_does_not_hold_up_tasks_at_hand(self, backend, gate, go):
        if backend not in PARALLEL:
            pytest.skip("one thread reads the input and carries out the tasks")
        release = threading.Event()

        def blocking():
            yield from range(2)
            release.wait(DEADLINE)

        run = go(gate, blocking(), workers=3)
        gate.wait_for(0, 1)
        gate.open()
        wait_for(lambda: run.snapshot().finished == 2)
        release.set()

        assert run.results == [0, 1]

    def test_a_burst_does_not_wait_for_what_the_input_does_next(self, backend, go):
        if backend not in PARALLEL:
            pytest.skip("one thread reads the input and carries out the tasks")
        # Given an input that yields many items and then takes its time
        release = threading.Event()

        def bursting():
            yield from range(2000)
            release.wait(DEADLINE)
            yield 2000

        # Then all of them end meanwhile
        run = go(str, bursting(), workers=4)
        wait_for(lambda: run.snapshot().finished == 2000)
        assert not release.is_set()
        release.set()
        assert len(run.results) == 2001

    def test_an_item_is_claimable_as_soon_as_it_is_there(self, backend, go):
        if backend not in {"threads", "asyncio"}:
            pytest.skip("it is the same reader; this is about the clock")
        # Given an input that takes its time after each of a few bursts
        given, begun, late = [], {}, []

        def bursting():
            for first in range(0, 500, 100):
                for number in range(first, first + 100):
                    given.append(time.perf_counter())
                    yield number
                time.sleep(0.03)

        def task(number):
            begun[number] = time.perf_counter()

        # Then each is begun soon, whatever the input does next
        for _ in range(TRIES):
            given.clear()
            assert go(task, bursting(), workers=4).wait(DEADLINE)
            late.append(max(begun[number] - at for number, at in enumerate(given)))
            if late[-1] < CLAIMABLE:
                return
        raise AssertionError(late)

    def test_a_cancelled_run_does_not_look_complete(self, gate, go):
        # Given a run over a lazy input that is cancelled between two items
        release = threading.Event()

        def pausing():
            yield from range(3)
            release.wait(DEADLINE)
            yield from range(3, 50)

        gate.open()
        run = go(gate, pausing(), workers=2)
        wait_for(lambda: run.snapshot().finished == 3)
        run.cancel()
        wait_for(lambda: run.state.ended)

        # Then it says that the input was not read to its end
        assert run.snapshot().total is None
        with pytest.raises(nbp.TaskCancelled, match="before its input was read"):
            _ = run.results

        # And a retry reads on where it stopped: no item is lost, none comes twice
        release.set()
        run.retry(block=True)
        assert run.state is State.DONE
        assert run.results == list(range(50))
        assert sorted(gate.started) == list(range(50))

    def test_a_cancel_in_the_middle_of_a_lazy_input_can_be_retried(self, go):
        tap, enough = Tap(), threading.Event()

        def task(number):
            if number == 500:
                enough.set()
            return number

        run = go(task, itertools.islice(tap, 3000))
        assert enough.wait(DEADLINE)
        run.cancel()
        wait_for(lambda: run.state.ended)

        assert run.retry(block=True).results == list(range(3000))
        assert tap.pulled == 3000

    def test_an_input_may_look_at_its_own_run(self, go):
        runs = []

        def curious():
            for number in range(3):
                yield number, len(runs and runs[0].df)

        runs.append(go(str, curious()))

        assert len(runs[0].results) == 3


class TestBuffer:
    @pytest.mark.parametrize("ordered", [False, True])
    def test_a_lazy_input_is_read_no_further_than_told(self, ordered):
        tap = Tap()
        run = nbp.pmap(str, tap, workers=2, buffer=5, ordered=ordered, block=False)
        for read, _ in zip(itertools.count(1), run):
            assert tap.pulled <= read + 5 + 2
            if read == 300:
                break
        run.cancel()

    def test_a_loop_over_the_run_bounds_it_without_a_word(self):
        tap = Tap()
        run = nbp.pmap(str, tap, workers=1, block=False)
        run.pause()
        outcomes = iter(run)
        run.resume()
        known = tap.pulled
        next(outcomes)
        run.cancel()

        assert tap.pulled <= known + READ_AHEAD + 2

    def test_a_list_is_worked_off_no_further_than_told(self):
        started = []
        run = nbp.pmap(started.append, range(1000), workers=1, buffer=5, block=False)
        for read, _ in zip(itertools.count(1), run):
            assert len(started) <= read + 5 + 1

        assert len(started) == 1000

    @pytest.mark.parametrize("kind", [list, iter])
    def test_a_blocking_run_does_not_wait_for_a_reader(self, kind):
        assert len(nbp.pmap(str, kind(range(100)), buffer=3, workers=2)) == 100

    def test_asking_for_the_results_lifts_it(self, go):
        assert len(go(str, iter(range(100)), buffer=3).results) == 100

    def test_a_look_at_the_clock_does_not_lift_it_for_good(self, backend, go):
        if backend not in PARALLEL:
            pytest.skip("who waits carries tasks out")
        tap = Tap()
        run = go(str, tap, workers=1, buffer=3)
        wait_for(lambda: tap.pulled == 4)
        run.pause()
        run.wait(timeout=0)
        run.resume()

        next(iter(run))
        assert tap.pulled <= 1 + 3 + 1

    def test_leaving_the_loop_and_waiting_carries_on(self, go):
        run = go(str, iter(range(100)), buffer=3)
        next(iter(run))

        assert len(run.results) == 100


class TestIteration:
    def test_in_the_order_in_which_tasks_end(self, backend, gate, go):
        if backend not in PARALLEL:
            pytest.skip("tasks end in input order")
        run = go(gate, range(3), workers=3)
        outcomes = iter(run)
        for item in (2, 0, 1):
            gate.open(item)
            assert next(outcomes) == (item, item, None)

        assert list(outcomes) == []

    def test_in_input_order_as_soon_as_may_be(self, backend, gate, go):
        if backend not in PARALLEL:
            pytest.skip("tasks end in input order")
        run = go(gate, range(3), workers=3, ordered=True)
        gate.wait_for(0, 1, 2)
        gate.open(2)
        gate.open(0)
        outcomes = iter(run)
        assert next(outcomes)[0] == 0
        gate.open(1)

        assert items(outcomes) == [1, 2]

    def test_twice_gives_the_same(self):
        run = nbp.pmap(str, range(1000))

        assert list(run) == list(run)
        assert sorted(items(run)) == list(range(1000))

    def test_failures_and_cancelled_tasks_come_too(self, go):
        gate = Gate(then=lambda number: 1 / number)
        run = go(gate, [0, 1, 2], workers=1)
        gate.open(0)
        gate.wait_for(1)
        run.cancel()
        gate.open()
        assert run.wait(DEADLINE)

        outcomes = {item: (result, error) for item, result, error in run}
        assert isinstance(outcomes[0][1], ZeroDivisionError)
        assert outcomes[1] == (1.0, None)
        assert isinstance(outcomes[2][1], nbp.TaskCancelled)

    @pytest.mark.parametrize("ordered", [False, True])
    def test_after_a_retry_each_task_comes_once(self, ordered):
        broken = {1, 3}

        def task(number):
            if number in broken:
                raise ValueError
            return number

        run = nbp.pmap(task, range(5), ordered=ordered)
        broken.remove(1)
        run.retry()

        outcomes = {item: error for item, _, error in run}
        assert sorted(items(run)) == list(range(5))
        assert [item for item, error in outcomes.items() if error] == [3]

    def test_a_task_retried_before_it_is_read_comes_once_when_it_has_ended(
        self, gate, go
    ):
        # Given a reader that has had the first of two tasks, and the second has failed
        broken = {1}

        def task(number):
            if number in broken:
                broken.discard(number)
                raise ValueError
            return gate(number)

        run = go(task, range(2), workers=1)
        gate.open(0)
        assert run.wait(DEADLINE)
        outcomes = iter(run)
        first = next(outcomes)

        # When it is retried and goes on
        run.retry(block=False)
        carry_on(run)
        gate.wait_for(1)
        gate.open(1)

        # Then it comes with its new outcome, and only with that
        assert [first, *outcomes] == [(0, 0, None), (1, 1, None)]

    def test_each_outcome_comes_while_its_claim_is_still_going_on(self, backend, go):
        if backend not in PARALLEL:
            pytest.skip("a claim is a task")
        # Given quick tasks, in claims of many, that turn slow within one
        gate, slow = Gate(), []

        def task(number):
            if not slow and number > 1000 and tasks_left_in_claim() > 1:
                slow.append(number)
            return gate(number) if slow else number

        run = go(task, range(4000), workers=1)
        read = []
        reader = threading.Thread(target=lambda: read_into(read, run))
        reader.start()
        wait_for(lambda: slow and len(read) == slow[0])

        # When the first of the slow ones ends
        gate.open(slow[0])

        # Then a reader has it, though the next one of the claim holds the worker up
        wait_for(lambda: read[-1] == slow[0])
        gate.wait_for(slow[0] + 1)
        assert run.snapshot().finished == slow[0] + 1
        gate.open()
        reader.join(DEADLINE)
        assert read == list(range(4000))

    def test_the_tasks_that_end_wake_a_reader(self, go, gate):
        run = go(gate, range(2), workers=1)
        read = []
        thread = threading.Thread(target=lambda: read_into(read, run))
        thread.start()
        gate.open(0)
        wait_for(lambda: read == [0])
        gate.open(1)
        thread.join(DEADLINE)

        assert read == [0, 1]


def test_idle_workers_take_over_what_a_slow_claim_has_not_started(backend, go):
    if backend not in PARALLEL:
        pytest.skip("there is only one worker")
    # Given quick tasks, in claims of many, that all turn slow
    gate, slow = Gate(), threading.Event()

    def task(number):
        if number >= 3000:
            slow.set()
        return gate(number) if slow.is_set() else number

    run = go(task, range(3100), workers=8)

    # Then every worker gets one, whoever claimed them
    gate.wait_for_count(8)
    assert len(run.snapshot().running) == 8
    gate.open()
    assert run.results == list(range(3100))


def test_a_loop_waits_on_where_the_run_was_started_again_at_its_end():
    rows = iter([None, None, "row"])
    waits = iter([lambda _: True, lambda ready: ready() or ready()])

    def wait(ready):
        return next(waits)(ready)

    run = nbp.pmap(abs, [])._life.scheduler
    assert feed._await(run, lambda: next(rows), wait) == "row"
