"""What the live panel costs, in a real kernel."""

from __future__ import annotations

import statistics
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_client.manager import start_new_kernel

from benchmarks.measure import ROUNDS, Table, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.client import KernelClient

SETUP = """
import time, nbparallel as nbp
def task(item): time.sleep(0.001)
def measure(progress):
    wall, cpu = time.perf_counter(), time.process_time()
    nbp.pmap(task, range(10_000), workers=8, progress=progress)
    print(time.perf_counter() - wall, time.process_time() - cpu)
nbp.pmap(task, range(100))  # widgets are imported and made for the first time here
"""
DISPLAYS = {"display_data", "update_display_data", "comm_open", "comm_msg"}


@dataclass(frozen=True)
class Outcome:
    wall: float
    cpu: float
    messages: int


@contextmanager
def kernel() -> Iterator[KernelClient]:
    manager, client = start_new_kernel()
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def execute(client: KernelClient, code: str) -> Outcome | None:
    """Run *code*; return the two figures it prints and the messages it displays."""
    figures, kinds = [], []

    def hook(message: dict) -> None:
        kinds.append(message["msg_type"])
        if message["msg_type"] == "stream":
            figures.extend(map(float, message["content"]["text"].split()))

    reply = client.execute_interactive(code, output_hook=hook, timeout=120)
    if reply["content"]["status"] != "ok":
        raise RuntimeError("\n".join(reply["content"]["traceback"]))
    return (
        Outcome(*figures, sum(map(DISPLAYS.__contains__, kinds))) if figures else None
    )


def panel() -> Table:
    with kernel() as client:
        execute(client, SETUP)
        pairs = [
            (
                execute(client, "measure(progress=False)"),
                execute(client, "measure(progress=True)"),
            )
            for _ in range(ROUNDS + 2)
        ]
    wall = [100 * (live.wall / silent.wall - 1) for silent, live in pairs]
    cpu = [1e3 * (live.cpu - silent.cpu) / live.wall for silent, live in pairs]
    rate = [live.messages / live.wall for _, live in pairs]
    length = statistics.median(live.wall for _, live in pairs)
    return Table(
        "The live panel: 10 000 tasks that sleep 1 ms, 8 threads",
        f"A real kernel, {length:.1f} s a run, with and without the panel in turn.",
        ("", "median (lowest-highest)"),
        [
            ("wall time added, %", spread(wall, 2)),
            ("processor time added, ms per second", spread(cpu, 2)),
            ("display messages per second", spread(rate, 2)),
        ],
    )
