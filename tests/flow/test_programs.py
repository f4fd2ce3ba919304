"""Programs as users of such libraries write them, in both strategies."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

import nbparallel as nbp
from nbparallel.flow import ErrorHandler, ErrorStrategy, Flow, Routine
from tests.flow.conftest import STRATEGIES, Keep, Source, Step, chain, dawdle, done


class Start(Routine):
    def __init__(self):
        super().__init__()
        self.define_slot("trigger", handler=self.start)
        self.define_event("fetch", ["url"])

    def start(self, urls):
        for url in urls:
            self.emit("fetch", url=url)


class Fetcher(Routine):
    def __init__(self, number=0):
        super().__init__()
        self.set_config(number=number)
        self.define_slot("url", handler=self.fetch)
        self.define_event("fetched", ["data", "source"])

    def fetch(self, url):
        dawdle()
        self.increment_stat("fetched")
        number = self.get_config("number")
        self.emit("fetched", data=f"{url}#{number}", source=number)


class Processor(Routine):
    def __init__(self):
        super().__init__()
        self.define_slot("data", handler=self.process)
        self.define_event("processed", ["result"])

    def process(self, data, source):
        dawdle()
        self.emit("processed", result=f"{data}!{source}")


class Collector(Routine):
    def __init__(self):
        super().__init__()
        self.seen, self.lengths = [], []
        self.define_slot("results", handler=self.collect, merge_strategy="append")

    def collect(self, result):
        dawdle()
        self.seen = result
        self.lengths.append(len(result))


def pipeline(strategy, fetchers=5):
    flow = Flow(execution_strategy=strategy, max_workers=6)
    flow.add_routine(Start(), "start")
    flow.add_routine(Processor(), "processor")
    collector = Collector()
    flow.add_routine(collector, "collector")
    for number in range(fetchers):
        name = flow.add_routine(Fetcher(number), f"fetcher-{number}")
        flow.connect("start", "fetch", name, "url")
        flow.connect(name, "fetched", "processor", "data")
    flow.connect("processor", "processed", "collector", "results")
    return flow, collector


def test_the_same_comes_of_fetchers_processor_and_collector_fifty_times():
    wanted = Counter(f"{url}#{n}!{n}" for url in ("a", "b") for n in range(5))
    for turn in range(50):
        for strategy in STRATEGIES:
            flow, collector = pipeline(strategy)
            job = flow.execute("start", {"urls": ["a", "b"]})
            if strategy == "sequential":
                assert job.status == "completed"
            assert flow.wait_for_completion(timeout=20)
            assert Counter(collector.seen) == wanted, turn
            assert collector.lengths == list(range(1, 11))
            assert job.status == "completed"
            assert {each["status"] for each in job.routine_states.values()} == {
                "completed"
            }
            assert flow.routines["fetcher-3"].stats() == {"called": 2, "fetched": 2}
            assert (job.df["status"] == "ok").sum() == len(job.df) == 31
            flow.shutdown(wait=True)


class Meeting(Routine):
    """Its handler waits until as many handlers run as there are to be."""

    def __init__(self, barrier):
        super().__init__()
        self.barrier = barrier
        self.define_slot("input", handler=self.meet)

    def meet(self):
        self.barrier.wait(10)


def test_slots_of_an_event_run_at_the_same_time_in_concurrent_mode():
    barrier = threading.Barrier(3)
    flow = Flow(execution_strategy="concurrent", max_workers=3)
    flow.add_routine(Source([1]), "source")
    for number in range(3):
        flow.add_routine(Meeting(barrier), f"m{number}")
        flow.connect("source", "output", f"m{number}", "input")
    job = done(flow, "source")
    assert job.status == "completed"
    assert (job.df["status"] == "ok").all()


def test_in_sequential_mode_one_after_another_in_connection_order():
    order, going = [], []

    def note(name):
        def handle(**_):
            assert not going
            going.append(name)
            nbp.sleep(0.001)
            order.append(name)
            going.remove(name)

        return handle

    flow = Flow()
    flow.add_routine(Source([1]), "source")
    for name in "cab":
        flow.add_routine(Step(note(name)), name)
        flow.connect("source", "output", name, "input")
    assert flow.execute("source").status == "completed"
    assert order == ["c", "a", "b"]


def test_sequential_is_depth_first():
    order = []

    def note(name):
        def handle(value):
            order.append(f"{name}{value}")
            return value

        return handle

    flow = Flow()
    flow.add_routine(Source([1, 2]), "source")
    for name in ("a", "b"):
        flow.add_routine(Step(note(name)), name)
        flow.add_routine(Step(note(name + name)), name + name)
        flow.connect("source", "output", name, "input")
        flow.connect(name, "output", name + name, "input")
    flow.execute("source")
    assert order == ["a1", "aa1", "b1", "bb1", "a2", "aa2", "b2", "bb2"]


def test_a_routines_handlers_run_one_at_a_time_unless_it_says_otherwise():
    def most_at_once(kind):
        going, most, lock = [0], [0], threading.Lock()

        def handle(**_):
            with lock:
                going[0] += 1
                most[0] = max(most[0], going[0])
            barrier.wait(timeout)
            with lock:
                going[0] -= 1

        timeout = 10
        barrier = threading.Barrier(3 if kind.concurrent else 1)
        flow = Flow(execution_strategy="concurrent", max_workers=6)
        chain(flow, source=Source(range(9)), step=kind(handle))
        assert done(flow, "source").status == "completed"
        return most[0]

    class Overlapping(Step):
        concurrent = True

    assert most_at_once(Step) == 1
    assert most_at_once(Overlapping) >= 3


def test_calls_of_a_busy_routine_hold_no_worker():
    """With two workers, one in a routine that is at it: another gets the second."""
    inside, other = threading.Event(), threading.Event()

    def slow(**_):
        inside.set()
        assert other.wait(10)

    flow = Flow(execution_strategy="concurrent", max_workers=2)
    flow.add_routine(Source(range(5)), "source")
    flow.add_routine(Step(slow), "slow")
    flow.add_routine(Step(lambda **_: other.set()), "other")
    flow.connect("source", "output", "slow", "input")
    flow.connect("source", "output", "other", "input")
    assert done(flow, "source").status == "completed"


def test_what_arrives_in_order_is_handled_in_order(flow):
    keep = Keep()
    chain(flow, source=Source(range(200)), keep=keep)
    done(flow, "source")
    assert keep.kept == list(range(200))


def test_a_cycle_ends_where_the_data_end_it(flow):
    seen = []

    def down(value):
        seen.append(value)
        return value - 1 if value else None

    flow.add_routine(Step(down), "down")
    flow.connect("down", "output", "down", "input")
    job = done(flow, "down", {"value": 2000})
    assert seen == list(range(2000, -1, -1))
    assert job.routine_states["down"]["calls"] == 2001
    assert job.status == "completed"


def test_a_cycle_of_two(flow):
    chain(
        flow,
        a=Step(lambda value: value + 1),
        b=Step(lambda value: value if value < 50 else None),
    )
    flow.connect("b", "output", "a", "input")
    job = done(flow, "a", {"value": 0})
    assert job.get_routine_state("a")["calls"] == 50
    assert job.get_routine_state("b")["calls"] == 50


def test_merging(flow):
    got = []
    merge = Routine()

    def add(old, new):
        return {"value": old.get("value", 0) + new["value"]}

    merge.define_slot(
        "input", handler=lambda value: got.append(int(value)), merge_strategy=add
    )
    chain(flow, source=Source([1, 2, 3, 4]), merge=merge)
    done(flow, "source")
    assert got == [1, 3, 6, 10]
    done(flow, "source")
    assert got == [1, 3, 6, 10] * 2  # a flow begins with nothing


def test_parameters_are_mapped_and_those_taken_that_the_signature_has(flow):
    got = []
    end = Routine()
    end.define_slot("text", handler=lambda text, more="-": got.append((text, more)))
    end.define_slot("all", handler=lambda **data: got.append(data))
    flow.add_routine(Step(lambda **_: 5), "start")
    flow.add_routine(end, "end")
    flow.connect("start", "output", "end", "text", param_mapping={"value": "text"})
    flow.connect("start", "output", "end", "all")
    done(flow, "start", {"whatever": 1})
    assert got == [(5, "-"), {"value": 5}]


def test_coroutine_handlers(flow):
    import asyncio

    class Later(Step):
        def __init__(self):
            super().__init__(None)
            self.define_slot("later", handler=self.later)

        async def later(self, value):
            await asyncio.sleep(0)
            self.emit("output", value=value + 1)

    keep = Keep()
    flow.add_routine(Source([1, 2]), "source")
    flow.add_routine(Later(), "later")
    flow.add_routine(keep, "keep")
    flow.connect("source", "output", "later", "later")
    flow.connect("later", "output", "keep", "input")
    done(flow, "source")
    assert keep.kept == [2, 3]


class TestWithoutAFlow:
    def test_events_and_slots_can_be_used_by_hand(self):
        keep, source = Keep(), Source([1, 2])
        event, slot = source.get_event("output"), keep.get_slot("input")
        event.connect(slot)
        event.connect(slot)
        assert event.connected_slots == [slot]
        assert slot.connected_events == [event]
        assert (event.name, event.routine, event.output_params) == (
            "output",
            source,
            ["value"],
        )
        source.start()
        assert keep.kept == [1, 2]
        slot.receive({"value": 3, "more": 4})
        assert keep.kept == [1, 2, 3]
        slot.disconnect(event)
        assert event.connected_slots == slot.connected_events == []
        source.start()
        assert keep.kept == [1, 2, 3]

    def test_a_flow_that_does_not_run(self, flow):
        keep, source = Keep(), Source([])
        chain(flow, source=source, keep=keep)
        source.emit("output", flow=flow, value=1)
        source.get_event("output").emit(flow, value=2)
        flow.connections[0].activate({"value": 3})
        assert keep.kept == [1, 2, 3]

    def test_slots_connected_by_hand_are_reached_in_a_flow_too(self, flow):
        keep, source = Keep(), Source([1, 2])
        flow.add_routine(source, "source")
        source.get_event("output").connect(keep.get_slot("input"))
        job = done(flow, "source")
        assert keep.kept == [1, 2]
        assert job.get_routine_state("Keep")["calls"] == 2

    def test_what_was_disconnected_gets_nothing(self, flow):
        keep, source = Keep(), Source([1])
        chain(flow, source=source, keep=keep)
        source.get_event("output").disconnect(keep.get_slot("input"))
        done(flow, "source")
        assert keep.kept == []


def test_a_thread_of_a_handler_emits_into_the_flow_that_is_named():
    flow = Flow(execution_strategy="concurrent")
    keep = Keep()

    class Threaded(Routine):
        def __init__(self):
            super().__init__()
            self.define_slot("trigger", handler=self.start)
            self.define_event("output")

        def start(self):
            thread = threading.Thread(
                target=lambda: self.emit("output", flow=flow, value=7)
            )
            thread.start()
            thread.join()

    chain(flow, a=Threaded(), b=keep)
    job = done(flow, "a")
    assert keep.kept == [7]
    assert len(job.df) == 2


def test_threads_of_a_handler_emit_into_the_flow_that_runs_it(flow):
    going, most, kept = [0], [0], []

    class Pool(Routine):
        def __init__(self):
            super().__init__()
            self.define_slot("trigger", handler=self.start)
            self.define_event("output")

        def start(self):
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda n: self.emit("output", value=n), range(40)))

    def keep(value):
        going[0] += 1
        most[0] = max(most[0], going[0])
        dawdle()
        kept.append(value)
        going[0] -= 1
        if value == 7:
            raise ValueError

    chain(flow, a=Pool(), b=Step(keep))
    job = done(flow, "a")
    assert (sorted(kept), most) == ([*range(40)], [1])
    assert job.routine_states["b"]["failed"] == 1
    assert len(job.df) == 41


def test_of_two_flows_that_run_a_routine_a_thread_names_one(gate):
    step = Step(gate)
    flows = [Flow(execution_strategy="concurrent") for _ in range(2)]
    for number, flow in enumerate(flows):
        flow.add_routine(step, "step")
        flow.execute("step", {"item": number})
    with pytest.raises(nbp.UsageError, match=r"emit\('output', flow=flow\)"):
        step.emit("output", value=1)
    step.emit("output", value=1, flow=flows[0])
    gate.open()
    for flow in flows:
        assert flow.wait_for_completion(timeout=20)


def test_configuration_and_statistics():
    routine = Routine()
    routine.set_config(a=1, b=[2])
    assert (routine.get_config("a"), routine.get_config("z", 9)) == (1, 9)
    copy = routine.config()
    copy["a"] = 5
    assert routine.get_config("a") == 1
    assert routine.increment_stat("n") == 1
    assert routine.increment_stat("n", 4) == 5
    routine.set_stat("word", "x")
    assert routine.stats() == {"called": 0, "n": 5, "word": "x"}
    routine.reset_stats(["n"])
    assert routine.get_stat("n", -1) == -1
    routine.reset_stats()
    assert routine.stats() == {"called": 0}


def test_a_subclass_may_forget_its_base():
    class Forgetful(Routine):
        def __init__(self):
            self.events, self.slots = [], "mine"
            self.define_slot("trigger", handler=self.events.append)

    assert Forgetful().get_slot("trigger").name == "trigger"


def test_the_job_tells_what_happened(flow):
    chain(flow, source=Source([1, 2]), keep=Keep())
    job = done(flow, "source")
    assert job.get_routine_state("nobody") is None
    assert [each.event_name for each in job.get_execution_history("source")] == [
        "trigger",
        "output",
        "output",
    ]
    assert [each.data for each in job.get_execution_history("keep")] == [
        {"value": 1},
        {"value": 2},
    ]
    assert len(job.get_execution_history()) == 5
    assert job.created_at <= job.updated_at
    job.update_routine_state("keep", {"mine": 1})
    assert job.routine_states["keep"]["mine"] == 1
    job.record_execution("keep", "noted", {})
    assert job.get_execution_history("keep")[-1].event_name == "noted"
    assert len(job.job_id) > 8
    assert job.current_routine_id == "keep"
    assert flow.job_state is job


class TestErrors:
    def failing(self, flow, handler=None, fails=(2,)):
        def maybe(value):
            if value in fails:
                raise ValueError(value)
            return value

        keep = Keep()
        chain(flow, source=Source(range(4)), maybe=Step(maybe), keep=keep)
        flow.set_error_handler(handler)
        return keep, done(flow, "source")

    def test_further_down_is_recorded_and_the_others_go_on(self, flow):
        keep, job = self.failing(flow)
        assert keep.kept == [0, 1, 3]
        assert job.status == "completed"
        assert job.routine_states["maybe"]["status"] == "failed"
        assert job.routine_states["maybe"]["error"] == "ValueError: 2"
        assert job.get_execution_history("maybe")[-1] is not None
        assert [
            e.data["error"]
            for e in job.get_execution_history()
            if e.event_name == "error"
        ] == ["ValueError: 2"]
        assert [str(each) for each in flow.run.errors.values()] == ["2"]

    @pytest.mark.parametrize(
        ("handler", "status"),
        [
            (None, "failed"),
            (ErrorHandler(strategy=ErrorStrategy.STOP), "failed"),
            (ErrorHandler(strategy=ErrorStrategy.CONTINUE), "completed"),
            (ErrorHandler(strategy=ErrorStrategy.SKIP), "completed"),
            (
                ErrorHandler(
                    strategy=ErrorStrategy.RETRY, max_retries=1, retry_delay=0
                ),
                "failed",
            ),
        ],
    )
    def test_of_the_entry(self, flow, handler, status):
        def fail(**_):
            raise KeyError

        flow.add_routine(Step(fail), "entry")
        flow.set_error_handler(handler)
        assert done(flow, "entry").status == status

    def test_stop_stops(self, flow):
        handler = ErrorHandler(strategy=ErrorStrategy.STOP)
        keep, job = self.failing(flow, handler)
        assert job.status == "failed"
        assert set(keep.kept) <= {0, 1}
        calls = job.routine_states["maybe"]
        assert (calls["calls"] - calls["cancelled"], calls["failed"]) == (3, 1)

    def test_skip_says_so(self, flow):
        keep, job = self.failing(flow, ErrorHandler(strategy=ErrorStrategy.SKIP))
        assert keep.kept == [0, 1, 3]
        assert job.routine_states["maybe"]["status"] == "skipped"

    def test_retry_is_the_engines(self, flow):
        attempts = Counter()

        def flaky(value):
            attempts[value] += 1
            if attempts[value] < 3:
                raise ConnectionError
            return value

        keep = Keep()
        chain(flow, source=Source(range(5)), flaky=Step(flaky), keep=keep)
        flow.set_error_handler(
            ErrorHandler(ErrorStrategy.RETRY, max_retries=2, retry_delay=0)
        )
        job = done(flow, "source")
        assert keep.kept == list(range(5))
        assert job.status == "completed"
        assert attempts == dict.fromkeys(range(5), 3)
        assert sorted(job.df["attempts"]) == [1] * 6 + [3] * 5

    @pytest.mark.parametrize(
        "error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), RecursionError()]
    )
    def test_whatever_a_handler_raises_is_a_row(self, flow, error):
        def fail(**_):
            raise error

        keep = Keep()
        flow.add_routine(Source([1, 2]), "source")
        flow.add_routine(Step(fail), "fail")
        flow.add_routine(keep, "keep")
        flow.connect("source", "output", "fail", "input")
        flow.connect("source", "output", "keep", "input")
        job = done(flow, "source")
        assert keep.kept == [1, 2]
        assert job.status == "completed"
        assert job.routine_states["fail"]["failed"] == 2

    def test_an_unknown_event_fails_the_handler_that_emits_it(self, flow):
        class Typo(Source):
            def start(self):
                self.emit("outptu", value=1)

        flow.add_routine(Typo([]), "typo")
        job = done(flow, "typo")
        assert job.status == "failed"
        (error,) = flow.run.errors.values()
        assert "Did you mean 'output'?" in str(error)
