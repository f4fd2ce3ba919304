"""Cancel and interrupt of processes, coroutines and executors, in real kernels."""

import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engine.conftest import wait_for
from tests.kernel.test_magic import cancel_button
from tests.support.promptness import TRIES, assert_soon
from tests.workers.test_processes import alive

# How a signal and a click get to a run is tested on all kernels with threads.
pytestmark = [pytest.mark.kernel, pytest.mark.timeout(600)]

#: The first four tasks end at once, none of the others ever does.
SETUP = """
import asyncio, os, re, threading, time
from concurrent.futures import ThreadPoolExecutor
import nbparallel as nbp

gate, pool = threading.Event(), ThreadPoolExecutor(4)

def backtrack(n):
    if n > 3:
        re.match(r"(a+)+$", "a" * 40 + "b")  # keeps the interpreter lock for hours
    return n

async def rest(n):
    if n > 3:
        await asyncio.Event().wait()
    return n

async def block(n):
    if n > 3:
        gate.wait()
    return n

def wait(n):
    if n > 3:
        gate.wait()
    return n

def compute(n):
    while n > 3:
        pass
    return n

def tell(before):
    while nbp.last is before:
        time.sleep(0.05)
    run = nbp.last
    while run.snapshot().finished < 4 or not run.snapshot().running:
        time.sleep(0.05)
    time.sleep(0.5)  # the panel has been drawn
    print("all there")
"""
RUN = """
threading.Thread(target=tell, args=[nbp.last], daemon=True).start()
run = nbp.pmap({call}, workers=2)
"""
#: What starts the tasks, and how many may be left behind: those in a call into C, and
#: whoever waits for one of them.
CALLS = {
    "processes": ("backtrack, {items}, backend='processes'", {0}),
    "coroutines": ("rest, {items}", {0}),
    "a loop that is blocked": ("block, {items}", {1, 2}),
    "threads of a pool that wait": ("wait, {items}, backend=pool", {2}),
    "threads of a pool that compute": ("compute, {items}, backend=pool", {0}),
}
ENDS = pytest.mark.parametrize(("call", "left"), CALLS.values(), ids=CALLS)
LEFT = "while nbp.last.snapshot().abandoned not in {left}: time.sleep(0.01)"
NEXT = "nbp.pmap({call}, workers=2, progress=False).results"


@pytest.fixture
def notebook(kernel):
    kernel.run(SETUP)
    yield kernel
    kernel.run("gate.set(); pool.shutdown()")


def stop(kernel, call, way):
    """Return in how many seconds the cell ended, and what came of it."""
    cell = kernel.execute(RUN.format(call=call.format(items="range(8)")))
    button = cancel_button(kernel, cell)
    kernel.wait_for(lambda said: "all there" in str(said["content"].get("text")))
    struck = time.perf_counter()
    if way == "interrupt":
        kernel.interrupt()
    else:
        kernel.click(button)
    kernel.reply(cell)
    took = time.perf_counter() - struck
    return took, kernel.outcome(cell)


@ENDS
@pytest.mark.parametrize("way", ["interrupt", "click"])
def test_control_returns_soon_and_the_next_run_works(notebook, call, left, way):
    def one_try():
        notebook.run("gate.set(); gate = threading.Event()")
        notebook.said.clear()
        took, outcome = stop(notebook, call, way)

        assert outcome.error == ("KeyboardInterrupt" if way == "interrupt" else None)
        assert notebook.evaluate("nbp.last.state.value") == "cancelled"
        statuses = notebook.evaluate("nbp.last.df['status'].tolist()")
        assert statuses == ["ok"] * 4 + ["cancelled"] * 4
        assert notebook.run(LEFT.format(left=left)).status == "ok"
        following = NEXT.format(call=call.format(items="range(4)"))
        assert notebook.evaluate(following) == [0, 1, 2, 3]
        return took

    assert_soon(one_try)


def test_a_coroutine_that_blocks_is_named_in_the_panel(notebook):
    cell = notebook.execute("run = nbp.pmap(block, range(8), workers=1)")
    button = cancel_button(notebook, cell)
    named = "Task 4 kept all other coroutines waiting"
    notebook.wait_for(
        lambda said: said["msg_type"] == "comm_msg" and named in str(said["content"])
    )
    notebook.click(button)

    assert notebook.outcome(cell).status == "ok"
    assert notebook.evaluate("nbp.last.state.value") == "cancelled"


def test_a_pool_remains_the_users(notebook):
    stop(notebook, "wait, {items}, backend=pool", "interrupt")
    notebook.run("gate.set()")

    assert notebook.evaluate("pool.submit(len, 'abc').result()") == 3


def children(process):
    """Return the processes that *process* has started."""
    parents = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ends just now
            parents[int(file.parent.name)] = file.read_text().rpartition(")")[2].split()
    return [pid for pid, (_, parent, *_) in parents.items() if int(parent) == process]


@pytest.mark.parametrize(
    "call", ["wait, {items}", "backtrack, {items}, backend='processes'"]
)
def test_a_kernel_with_hung_tasks_restarts_as_fast_as_an_idle_one(notebook, call):
    def seconds():
        """Return how long it takes to end: a kernel starts as ever."""
        began = time.perf_counter()
        notebook.manager.shutdown_kernel(now=False, restart=True)
        took = time.perf_counter() - began
        notebook.restart()
        return took

    def hung():
        notebook.run(SETUP)
        in_background = call.format(items="range(8), block=False")
        notebook.run(RUN.format(call=in_background))
        notebook.wait_for(lambda said: "all there" in str(said["content"].get("text")))
        took = seconds()
        notebook.said.clear()
        return took

    # Now and then the client's request is lost, and idle ones take 2.6 s, too.
    idle = min(seconds() for _ in range(3))
    assert any(hung() < idle + 1 for _ in range(TRIES))


@pytest.mark.parametrize("now", [False, True], ids=["asked", "killed"])
def test_no_process_outlives_its_kernel(notebook, now):
    in_background = "backtrack, range(8), backend='processes', block=False"
    notebook.run(RUN.format(call=in_background))
    notebook.wait_for(lambda said: "all there" in str(said["content"].get("text")))
    workers = children(notebook.evaluate("os.getpid()"))
    assert len(workers) >= 2

    notebook.restart(now=now)

    for worker in workers:
        wait_for(lambda pid=worker: not alive(pid))
