"""However a flow ends, nothing of it is lost, and nobody waits for what hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

import nbparallel as nbp
from nbparallel.flow import ErrorHandler, ErrorStrategy, Flow
from nbparallel.testing import DEADLINE, Gate
from nbparallel.types import State
from tests.engine.conftest import wait_for
from tests.flow.conftest import Keep, Source, Step, chain, dawdle, done

#: Seconds in which a wait or a cancel must return, the grace of 1 s included.
SOON = 4.0


def endless(flow):
    seen = []

    def on(value):
        seen.append(value)
        return value + 1

    flow.add_routine(Step(on), "on")
    flow.connect("on", "output", "on", "input")
    return seen


def settled(job):
    """Whether all that was emitted has ended, waits, or was cancelled; none is lost."""
    return not any(state["running"] for state in job.routine_states.values())


def test_an_endless_flow_is_stopped_by_a_wait():
    with Flow(execution_strategy="concurrent") as flow:
        seen = endless(flow)
        job = flow.execute("on", {"value": 0})
        assert job.status == "running"
        wait_for(lambda: len(seen) > 100)
        assert flow.wait_for_completion(timeout=0.01) is False
        assert job.status == "cancelled"
        assert flow.wait_for_completion() is True
        count = len(seen)
        assert job.status == "cancelled"
    assert len(seen) == count
    state = job.routine_states["on"]
    assert seen == list(range(count))
    assert state["calls"] - state["cancelled"] == count


@pytest.mark.parametrize("timeout", ["3", float("nan"), -1, True])
def test_a_wait_that_cannot_be_stops_nothing(timeout):
    gate = Gate()
    flow = Flow(execution_strategy="concurrent")
    flow.add_routine(Step(lambda value: gate(item=value)), "step")
    job = flow.execute("step", {"value": 1})
    for wait in (flow.wait_for_completion, flow.run.wait):
        with pytest.raises((nbp.BadType, nbp.BadValue), match="timeout="):
            wait(timeout)
    assert job.status == "running"
    gate.open()
    assert flow.wait_for_completion(timeout=float("inf"))
    assert job.status == "completed"


def test_an_endless_flow_is_stopped_by_cancel(flow):
    seen = endless(flow)
    threading.Thread(
        target=lambda: (wait_for(lambda: len(seen) > 100), flow.cancel())
    ).start()
    job = flow.execute("on", {"value": 0})
    assert flow.wait_for_completion(timeout=DEADLINE)
    assert job.status == "cancelled"
    assert flow.run.state is State.CANCELLED


def test_by_a_deadline(flow):
    endless(flow)
    job = flow.execute("on", {"value": 0}, deadline=0.05)
    assert flow.wait_for_completion(timeout=DEADLINE)
    assert job.status == "cancelled"


def test_a_wait_returns_in_time_with_a_handler_that_hangs():
    gate = Gate()
    flow = Flow(execution_strategy="concurrent")
    flow.add_routine(Step(lambda value: gate(item=value)), "hang")
    job = flow.execute("hang", {"value": 1})
    gate.wait_for(1)
    begun = time.perf_counter()
    assert not flow.wait_for_completion(timeout=0.05)
    assert time.perf_counter() - begun < 1
    assert flow.wait_for_completion()
    assert time.perf_counter() - begun < SOON
    assert job.status == "cancelled"
    assert job.routine_states["hang"]["status"] == "cancelled"
    gate.open()
    wait_for(lambda: job.df["status"].tolist() == ["cancelled"])


def test_what_a_given_up_handler_emits_is_discarded(gate):
    keep = Keep()
    flow = Flow(execution_strategy="concurrent")
    left = threading.Event()

    def go(value):
        gate(value)
        try:
            hang.emit("output", value=value)
        except nbp.TaskCancelled:
            left.set()

    hang = Step(go)
    flow.add_routine(Source([1]), "source")
    flow.add_routine(hang, "hang")
    flow.add_routine(keep, "keep")
    flow.connect("source", "output", "hang", "input")
    flow.connect("hang", "output", "keep", "input")
    job = flow.execute("source", timeout=0.05)
    assert flow.wait_for_completion(timeout=DEADLINE)
    assert job.df["status"].tolist() == ["ok", "timeout"]
    assert job.status == "completed"
    gate.open()
    assert left.wait(DEADLINE)
    assert keep.kept == []


def test_a_timed_out_handler_lets_the_next_call_of_its_routine_go_on(gate):
    seen = []

    def handle(value):
        seen.append(value)
        if value == 0:
            gate(value)

    flow = Flow(execution_strategy="concurrent", timeout=0.1)
    chain(flow, source=Source(range(4)), step=Step(handle))
    job = done(flow, "source")
    assert seen == [0, 1, 2, 3]
    assert Counter(job.df["status"]) == {"ok": 4, "timeout": 1}


def test_after_a_cancel_the_rest_can_be_run():
    gate = Gate()
    keep = Keep()
    flow = Flow(execution_strategy="concurrent", max_workers=3)
    steps = chain(
        flow,
        source=Source(range(10)),
        step=Step(lambda value: gate(item=value)),
        keep=keep,
    )
    job = flow.execute("source", grace=5)
    gate.wait_for(0)
    wait_for(lambda: job.routine_states["step"]["waiting"] == 9)
    flow.cancel()
    gate.open()
    assert flow.wait_for_completion(timeout=DEADLINE)
    assert job.status == "cancelled"
    told = {"calls": 10, "cancelled": 9, "waiting": 0, "status": "cancelled"}
    assert told.items() <= job.routine_states["step"].items()
    assert told.items() <= job.tally_of("step").items()
    assert flow.run.snapshot().postfix == "10 calls not made"
    flow.run.retry()
    assert flow.wait_for_completion(timeout=DEADLINE)
    assert sorted(keep.kept) == list(range(10))
    assert job.status == "completed"
    assert steps == ["source", "step", "keep"]
    for state in job.routine_states.values():
        assert (state["waiting"], state["cancelled"]) == (0, 0)
        assert state["status"] == "completed"
    assert flow.run.snapshot().postfix == ""


def test_what_failed_can_be_retried_with_all_that_comes_of_it(flow):
    broken = [True]

    def maybe(value):
        if broken[0] and value % 2:
            raise OSError(value)
        return value

    keep = Keep()
    chain(flow, source=Source(range(6)), maybe=Step(maybe), keep=keep)
    job = done(flow, "source")
    assert keep.kept == [0, 2, 4]
    broken.clear()
    broken.append(False)
    flow.run.retry(block=True)
    assert job.status == "completed"
    assert sorted(keep.kept) == list(range(6))
    assert (job.df["status"] == "ok").all()
    assert job.routine_states["maybe"]["failed"] == 0
    assert job.routine_states["maybe"]["calls"] == 6
    assert job.routine_states["maybe"]["status"] == "completed"


def test_nothing_is_lost_whenever_it_is_cancelled():
    for turn in range(50):
        done_calls = Counter()

        def note(name, calls=done_calls):
            def handle(value):
                dawdle()
                calls[name] += 1
                return value

            return handle

        flow = Flow(execution_strategy="concurrent", max_workers=4)
        chain(flow, source=Source(range(20)), a=Step(note("a")), b=Step(note("b")))
        job = flow.execute("source", grace=5)
        wait_for(lambda calls=done_calls, n=turn % 20: calls["a"] >= n)
        flow.cancel()
        assert flow.wait_for_completion(timeout=DEADLINE)
        wait_for(lambda job=job: settled(job))
        states = job.routine_states
        for name in "ab":
            ended = states[name]["calls"] - states[name]["cancelled"]
            assert ended == done_calls[name]
        source = states["source"]
        emitted = 20 * (source["calls"] - source["cancelled"])
        assert states["a"]["calls"] + states["a"]["waiting"] == emitted
        assert states["b"]["calls"] + states["b"]["waiting"] == done_calls["a"]


def test_pause_and_resume():
    gate = Gate()
    keep = Keep()
    flow = Flow(execution_strategy="concurrent")
    chain(
        flow,
        source=Source(range(3)),
        step=Step(lambda value: gate(item=value)),
        keep=keep,
    )
    job = flow.execute("source")
    gate.wait_for(0)
    flow.pause()
    assert job.status == "paused"
    with pytest.raises(nbp.UsageError, match="is paused"):
        flow.execute("source")
    gate.open()
    wait_for(lambda: settled(job))
    flow.resume()
    assert flow.wait_for_completion(timeout=DEADLINE)
    assert keep.kept == [0, 1, 2]
    assert job.status == "completed"


def test_leaving_a_with_block_waits():
    keep = Keep()
    with Flow(execution_strategy="concurrent") as flow:
        chain(flow, source=Source(range(50)), keep=keep)
        flow.execute("source")
    assert keep.kept == list(range(50))


def test_an_error_in_a_with_block_cancels():
    flow = Flow(execution_strategy="concurrent")
    endless(flow)

    def leave():
        with flow:
            flow.execute("on", {"value": 0})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        leave()
    assert flow.job_state.status == "cancelled"


def test_executing_again_waits_for_what_was_forgotten():
    keep = Keep()
    flow = Flow(execution_strategy="concurrent")
    chain(flow, source=Source(range(20)), keep=keep)
    first = flow.execute("source")
    second = flow.execute("source")
    assert first.status == "completed"
    flow.shutdown()
    assert second.status == "completed"
    assert keep.kept == [*range(20)] * 2
    flow.shutdown()
    third = done(flow, "source")  # a flow that was shut down can go on
    assert third.status == "completed"


def test_a_handler_cannot_wait_for_its_own_flow(flow):
    def wait():
        flow.wait_for_completion()

    def again():
        flow.execute("again")

    for name, function in (("wait", wait), ("again", again)):
        flow.add_routine(Step(function), name)
        job = done(flow, name)
        assert job.status == "failed"
        (error,) = flow.run.errors.values()
        assert isinstance(error, nbp.UsageError)
        assert "emit an event" in str(error)


def test_a_flow_within_a_task_and_within_a_handler():
    def inner(value):
        keep = Keep()
        with Flow(execution_strategy="concurrent") as flow:
            chain(flow, source=Source([value, value + 1]), keep=keep)
            flow.execute("source")
        return sum(keep.kept)

    assert nbp.pmap(inner, range(4), workers=2).results == [1, 3, 5, 7]
    keep = Keep()
    with Flow(execution_strategy="concurrent", max_workers=1) as flow:
        chain(flow, source=Source([1, 2]), step=Step(inner), keep=keep)
        flow.execute("source")
    assert keep.kept == [3, 5]


def test_on_error_raise_raises():
    flow = Flow()
    flow.add_routine(Step(lambda: 1 / 0), "x")
    with pytest.raises(ZeroDivisionError):
        flow.execute("x", on_error="raise")
    assert flow.job_state.status == "failed"


def test_any_number_of_calls_of_which_nothing_is_kept(flow):
    count = [0]

    def down(value):
        count[0] += 1
        return value - 1 if value else None

    flow.add_routine(Step(down), "down")
    flow.connect("down", "output", "down", "input")
    job = done(flow, "down", {"value": 3000}, keep_results=False)
    assert count == [3001]
    assert job.routine_states["down"]["calls"] == 3001
    assert job.status == "completed"


def test_stop_with_a_handler_that_hangs(gate):
    def handle(value):
        if value:
            raise ValueError
        gate(value)

    flow = Flow(execution_strategy="concurrent", grace=0.1)
    flow.set_error_handler(ErrorHandler(ErrorStrategy.STOP))
    flow.add_routine(Source([1]), "source")
    flow.add_routine(Step(lambda **_: gate(0)), "hang")
    flow.add_routine(Step(lambda **_: gate.wait_for(0) or 1 / 0), "fail")
    for name in ("hang", "fail"):
        flow.connect("source", "output", name, "input")
    job = flow.execute("source")
    assert flow.wait_for_completion(timeout=SOON)
    assert job.status == "failed"
    assert Counter(job.df["status"]) == {"ok": 1, "error": 1, "cancelled": 1}


@pytest.mark.parametrize("backend", ["inline", "asyncio", "threads"])
def test_on_each_backend_that_shares_memory(flow, backend):
    keep = Keep()
    chain(
        flow, source=Source(range(20)), double=Step(lambda value: 2 * value), keep=keep
    )
    job = done(flow, "source", backend=backend)
    assert keep.kept == list(range(0, 40, 2))
    assert job.status == "completed"


def test_a_rate_holds_all_handlers_back(flow):
    keep = Keep()
    chain(flow, source=Source(range(3)), keep=keep)
    begun = time.perf_counter()
    done(flow, "source", rate="20/s")
    assert time.perf_counter() - begun > 0.1
    assert keep.kept == [0, 1, 2]


PROGRAM = """
import sys, threading, time
from nbparallel.flow import Flow, Routine

class Part(Routine):
    def __init__(self, function):
        super().__init__()
        self.function = function
        self.define_slot("trigger", handler=self.handle)
        self.define_slot("input", handler=self.handle)
        self.define_event("output")
    def handle(self, value=0):
        self.emit("output", value=self.function(value))

def part(function):
    return Part(function)

flow = Flow("calls", execution_strategy="concurrent")
"""
SLOW = """
flow.add_routine(part(lambda value: value + 1), "first")
def last(value):
    time.sleep(0.3)
    print("done", value, flush=True)

flow.add_routine(part(last), "last")
flow.connect("first", "output", "last", "input")
flow.execute("first")
"""
HUNG = """
def hang(value):
    while waits_for not in functions_of_main():
        time.sleep(0.01)
    print("begun", flush=True)
    threading.Event().wait()

def functions_of_main():
    frame, found = sys._current_frames()[threading.main_thread().ident], []
    while frame:
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found

waits_for = "<module>"
flow.add_routine(part(hang), "hang")
"""


TIMED = """
import atexit

while flow.job_state.current_routine_id is None:
    time.sleep(0.01)
begun = time.perf_counter()
atexit.register(lambda: print(time.perf_counter() - begun < 3))
"""


def program(*parts, before="", **options):
    code = "".join((before, PROGRAM, *parts))
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def end_of(process, timeout=20):
    try:
        out, err = process.communicate(timeout=timeout)
    finally:
        process.kill()
    return out, err


@pytest.mark.parametrize("line", ["", "flow.pause()"])
def test_a_program_that_forgets_to_wait_loses_nothing(line):
    process = program(SLOW, line)
    out, err = end_of(process)
    assert (out, err, process.returncode) == ("done 1\n", "", 0)


LOOKED = """
import threading
looked = threading.Event()
threading._register_atexit(looked.set)  # called after those that come later
"""
LATE = """
flow.add_routine(part(lambda value: value + 1), "first")
def last(value):
    time.sleep(0.1)
    print("done", value, flush=True)

flow.add_routine(part(last), "last")
flow.connect("first", "output", "last", "input")
def go():
    looked.wait()
    job = flow.execute("first")
    print(job.status, flush=True)
"""


@pytest.mark.parametrize(
    "line",
    ["threading.Thread(target=go).start()", "import atexit; atexit.register(go)"],
)
def test_nor_does_one_that_begins_when_the_main_thread_has_ended(line):
    process = program(LATE, line, before=LOOKED)
    out, err = end_of(process)
    assert ("done 1" in out.splitlines(), err, process.returncode) == (True, "", 0)


@pytest.mark.parametrize(
    "line",
    [
        "assert flow.wait_for_completion(timeout=0.2) is False",
        "flow.shutdown(wait=False)",
        "flow.cancel()",
    ],
)
def test_a_program_with_a_handler_that_hangs_ends_at_once(line):
    process = program(HUNG, 'flow.execute("hang")\n', TIMED, line)
    out, err = end_of(process)
    assert (out.split(), err, process.returncode) == (["begun", "True"], "", 0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("line", "waits"),
    [("flow.wait_for_completion()", "wait_for_completion"), ("pass", "_finish")],
)
def test_an_interrupt_ends_a_program_with_a_handler_that_hangs(line, waits):
    process = program(HUNG, f'waits_for = "{waits}"\nflow.execute("hang")\n', line)
    assert process.stdout.readline() == "begun\n"
    begun = time.perf_counter()
    process.send_signal(signal.SIGINT)
    _, err = end_of(process)
    assert time.perf_counter() - begun < SOON
    assert ("KeyboardInterrupt" in err) == (line != "pass")
    assert (err == "calls ends with the program: 1 dropped\n") == (line == "pass")


def test_hostile_errors_and_writes_of_the_user_hold_up_nothing(flow):
    class Hostile(Exception):
        def __str__(self):
            step.emit("output", value=1)
            raise RuntimeError

    def fail(**_):
        raise Hostile

    step = Step(fail)
    chain(flow, source=Source([1, 2]), step=step, keep=Keep())
    job = flow.execute("source", block=False)
    job.update_routine_state("step", {"calls": "mine", "failed": None})
    assert flow.wait_for_completion(timeout=DEADLINE)
    assert job.routine_states["step"]["failed"] == 2
    assert job.status == "completed"


def test_runs_within_a_handler_emit_into_its_flow(flow):
    def spread(value):
        nbp.pmap(lambda n: step.emit("output", value=n), range(value), workers=2)

    step, keep = Step(spread), Keep()
    chain(flow, step=step, keep=keep)
    done(flow, "step", {"value": 20})
    assert sorted(keep.kept) == list(range(20))
