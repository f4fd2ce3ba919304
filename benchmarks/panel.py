"""What the live panel costs, in a real kernel."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jupyter_client.client import KernelClient
from jupyter_client.manager import start_new_kernel

from benchmarks.measure import ROUNDS, Table, spread

SETUP = """
import time, nbparallel as nbp
def task(item): time.sleep(0.001)
def measure(progress):
    wall, cpu = time.perf_counter(), time.process_time()
    nbp.pmap(task, range(10_000), workers=8, progress=progress)
    print(time.perf_counter() - wall, time.process_time() - cpu)
nbp.pmap(task, range(100))  # widgets are imported and made for the first time here
"""
DISPLAYS = {
    "display_data",
    "update_display_data",
    "comm_open",
    "comm_msg",
    "comm_close",
}
#: Seconds at either end in which a panel is made, and replaced by what remains.
EDGE = 0.3


@dataclass(frozen=True)
class Outcome:
    """One run: seconds that passed, processor time, display messages by when."""

    wall: float
    cpu: float
    at_the_edges: int
    between: int


@contextmanager
def kernel() -> Iterator[KernelClient]:
    manager, client = start_new_kernel(extra_arguments=["--log-level=ERROR"])
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def execute(client: KernelClient, code: str) -> list[dict]:
    """Run *code* and return the messages that a front end gets to see."""
    messages: list[dict] = []
    reply = client.execute_interactive(code, output_hook=messages.append, timeout=120)
    if reply["content"]["status"] != "ok":
        raise RuntimeError("\n".join(reply["content"]["traceback"]))
    return messages


def outcome(client: KernelClient, *, progress: bool) -> Outcome:
    messages = execute(client, f"measure({progress})")
    printed = next(each for each in messages if each["msg_type"] == "stream")
    wall, cpu = map(float, printed["content"]["text"].split())
    before_end = [
        (printed["header"]["date"] - message["header"]["date"]).total_seconds()
        for message in messages
        if message["msg_type"] in DISPLAYS
    ]
    between = sum(EDGE < seconds < wall - EDGE for seconds in before_end)
    return Outcome(wall, cpu, len(before_end) - between, between)


def panel() -> Table:
    with kernel() as client:
        execute(client, SETUP)
        pairs = [
            (outcome(client, progress=False), outcome(client, progress=True))
            for _ in range(ROUNDS + 4)
        ]
    wall = [100 * (live.wall / silent.wall - 1) for silent, live in pairs]
    cpu = [1e3 * (live.cpu - silent.cpu) / live.wall for silent, live in pairs]
    rate = [live.between / (live.wall - 2 * EDGE) for _, live in pairs]
    fixed = [live.at_the_edges for _, live in pairs]
    length = statistics.median(live.wall for _, live in pairs)
    return Table(
        "The live panel: 10 000 tasks that sleep 1 ms, 8 threads",
        f"A real kernel, {length:.1f} s a run, with and without the panel in turn.",
        ("", "median (lowest to highest)"),
        [
            ("wall time added, %", spread(wall)),
            ("processor time added, ms per second", spread(cpu)),
            ("display messages per second while it goes on", spread(rate)),
            (f"display messages in the first and last {EDGE} s", spread(fixed)),
        ],
    )
