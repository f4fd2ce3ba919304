"""Run the cases named on the command line, or all of them."""

from __future__ import annotations

import sys

from benchmarks import (
    coroutines,
    executor,
    executors,
    first_result,
    frame,
    lock,
    memory,
    output,
    overhead,
    panel,
    processes,
    report,
    startup,
    survival,
    tree,
    width,
)

CASES = {
    "overhead": overhead.no_op,
    "million": overhead.no_op_million,
    "waiting": overhead.waiting,
    "waiting-cpu": overhead.waiting_cpu,
    "crowd": overhead.crowd,
    "processes": processes.no_op,
    "processes-computing": processes.computing,
    "processes-start": processes.starts,
    "executor": executors.threads,
    "executor-processes": executors.processes,
    "submit": executor.submitting,
    "coroutines": coroutines.giving_way,
    "requests": coroutines.requests,
    "width": width.width,
    "tree": tree.tree,
    "journal": survival.journal,
    "hanging": survival.hanging,
    "first": first_result.first_result,
    "first-million": first_result.first_of_a_million,
    "memory": memory.memory,
    "panel": panel.panel,
    "output": output.output,
    "frame": frame.frame,
    "startup": startup.startup,
}
if lock.FREE_THREADED:
    CASES["lock"] = lock.lock


def main(chosen: list[str]) -> None:
    if unknown := set(chosen) - CASES.keys():
        sys.exit(f"No such case: {', '.join(unknown)}. There are: {', '.join(CASES)}.")
    report.write("machine", report.machine())
    for name in chosen or CASES:
        text = report.markdown(CASES[name]())
        report.write(name, text)
        print(f"{text}\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
