"""Programs as users of other systems write them: the same whatever comes when."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter

import pytest

from nbparallel import (
    Parallelized,
    batch_map,
    error_str,
    optimal_workers,
    run_parallel,
)

ROUNDS = 50

pytestmark = pytest.mark.usefixtures("quiet")


def wait():
    time.sleep(random.random() * 0.002)


class Service:
    """Answers after a while, and some questions only when asked again."""

    def __init__(self) -> None:
        self.asked = Counter()

    def ask(self, name: str, depth: int = 1) -> int:
        wait()
        self.asked[name] += 1
        if name.endswith("7"):
            raise LookupError("no such name: " + name)
        if name.endswith("3") and self.asked[name] == 1:
            raise ConnectionError("try again: " + name)
        return len(name) * depth


def collect_then_retry(threads):
    """Gather what failed, try that again, and report."""
    service, answers, report = Service(), {}, []
    calls = [{"name": f"name-{number}", "depth": number} for number in range(30)]
    failed = []
    with Parallelized(service.ask, calls, num_threads=threads, desc="asking") as par:
        for kwargs, result, error in par:
            if error is not None:
                failed.append(kwargs)
            else:
                answers[kwargs["name"]] = result
            par.pbar.set_postfix({"failed": len(failed)})
    report.append((len(answers), par.pbar.postfix, par.pbar.n, par.progress.total))
    failed.sort(key=lambda kwargs: kwargs["depth"])
    with Parallelized(service.ask, failed, threads, "again") as par:
        par.pbar.set_description("asking again")
        for kwargs, result, error in par:
            if error:
                report.append(f"{kwargs['name']}: {error_str(error)}")
            else:
                answers[kwargs["name"]] = result
    return sorted(answers.items()), sorted(map(str, report)), sorted(service.asked)


def first_of_an_endless_stream(threads):
    """Go through a generator that never ends until enough has come."""

    def numbers():
        number = 0
        while True:
            yield {"number": number}
            number += 1

    def check(number):
        wait()
        if number % 5 == 4:
            raise ValueError(number)
        return number % 5

    found = Counter()
    with Parallelized(check, numbers(), num_threads=threads) as par:
        for kwargs, result, error in par:
            assert isinstance(error, ValueError) == (kwargs["number"] % 5 == 4)
            assert error is not None or result == kwargs["number"] % 5
            found["all"] += 1
            if found["all"] == 40:
                break
    return found


def fail_safe(threads):
    """Fetch many pages; some are missing."""
    service = Service()
    names = [f"name-{number}" for number in range(30)]
    workers = threads or optimal_workers(len(names))
    pages, missing = {}, []
    for name, result, error in run_parallel(service.ask, names, max_workers=workers):
        if error is None:
            pages[name] = result
        else:
            missing.append((name, type(error).__name__))
    return sorted(pages.items()), sorted(missing)


def fail_fast(threads):
    """Stop at the first that is missing."""
    names = [f"name-{number}" for number in (1, 2, 7, 4, 5)]
    try:
        run_parallel(Service().ask, names, threads, fail_fast=True)
    except LookupError as error:
        return error.args
    return "nothing failed"


def only_successes(threads):
    """Keep what worked."""
    names = [f"name-{number}" for number in range(20)]
    return sorted(batch_map(Service().ask, names, max_workers=threads))


@pytest.mark.parametrize(
    "program",
    [
        collect_then_retry,
        first_of_an_endless_stream,
        fail_safe,
        fail_fast,
        only_successes,
    ],
)
def test_the_same_one_by_one_and_in_parallel_under_random_delays(program):
    expected = program(1)
    for number in range(ROUNDS):
        random.seed(number)
        for threads in (None, 1 + number % 9):
            assert program(threads) == expected


def test_commands_with_timeouts_by_their_kind():
    timeouts = {"quick": 0.3, "slow": 30}
    commands = [
        ("quick", "print('done')" if number else "import time; time.sleep(60)")
        for number in range(3)
    ]
    commands.append(("slow", "print(1 + 1)"))

    def execute(command):
        kind, code = command
        # Starting Python takes its time where much else runs.
        seconds = timeouts[kind] if "sleep" in code else timeouts["slow"]
        return subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds,
        ).stdout.strip()

    ends = run_parallel(execute, commands, max_workers=optimal_workers(len(commands)))
    assert [result for _, result, _ in ends] == [None, "done", "done", "2"]
    assert isinstance(ends[0][2], subprocess.TimeoutExpired)


def test_parallel_against_sequential():
    def command(seconds):
        time.sleep(seconds)

    items = [0.05] * 12
    begun = time.perf_counter()
    for item in items:
        command(item)
    sequential = time.perf_counter() - begun
    begun = time.perf_counter()
    run_parallel(command, items, max_workers=12)
    parallel = time.perf_counter() - begun
    assert sequential / parallel > 1
