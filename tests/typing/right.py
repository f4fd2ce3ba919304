"""Calls as people write them; type checkers must accept each and know what it gives.

Never executed: `test_checkers.py` has it read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, Unpack, assert_type

import numpy as np
import pandas as pd

import nbparallel as nbp
from nbparallel.flow import ErrorHandler, ErrorStrategy, Flow, JobState, Routine
from nbparallel.options import MapOptions, Options
from nbparallel.records.errors import Errors
from nbparallel.records.summary import Metrics
from nbparallel.types import State

T = TypeVar("T")


def fetch(url: str) -> bytes:
    return url.encode()


async def load(url: str) -> int:
    return len(url)


async def add(one: int, two: int) -> int:
    return one + two


def volume(width: int, height: int, depth: float = 1) -> float:
    return width * height * depth


def most(*numbers: int) -> int:
    return max(numbers)


def perhaps(url: str) -> int | None:
    return len(url) or None


def same(item: T) -> T:
    return item


def price(item: tuple[str, int]) -> int:
    return item[1]


def endless() -> Iterator[str]:
    while True:
        yield ""


class Client:
    def get(self, url: str) -> int:
        return len(url)

    async def post(self, url: str) -> float:
        return len(url)

    def __call__(self, seconds: float) -> float:
        return seconds


anything: Any = len
some: Callable[..., int] = len
urls = ["a", "b"]
boxes = pd.DataFrame({"width": [1], "height": [2]})

# -- What a function returns is what the run has ---------------------------------------

assert_type(nbp.pmap(fetch, urls), nbp.Run[bytes])
assert_type(nbp.pmap(len, urls), nbp.Run[int])
assert_type(nbp.pmap(int, urls), nbp.Run[int])
assert_type(nbp.pmap(perhaps, urls), nbp.Run[int | None])
assert_type(nbp.pmap(lambda url: url + "/", urls), nbp.Run[str])
assert_type(nbp.pmap(partial(volume, depth=2), [1], [2]), nbp.Run[float])
assert_type(nbp.pmap(Client().get, urls), nbp.Run[int])
assert_type(nbp.pmap(json.loads, urls), nbp.Run[Any])
assert_type(nbp.pmap(str.upper, urls), nbp.Run[str])
assert_type(nbp.pmap(Path.read_text, Path().glob("*")), nbp.Run[str])
assert_type(nbp.pmap(same, urls), nbp.Run[str])
assert_type(nbp.pmap(Client(), [1, 2]), nbp.Run[float])
assert_type(nbp.pmap(some, urls), nbp.Run[int])
assert_type(nbp.pmap(anything, urls), nbp.Run[Any])
nbp.pmap(print, range(3))
nbp.pmap(np.linalg.svd, [np.eye(3)])

# -- A coroutine function gives what it returns in the end -----------------------------

assert_type(nbp.pmap(load, urls), nbp.Run[int])
assert_type(nbp.pmap(Client().post, urls), nbp.Run[float])
assert_type(nbp.pmap(add, [1], [2]), nbp.Run[int])
assert_type(nbp.pmap(add, [(1, 2)], unpack="args"), nbp.Run[int])
assert_type(nbp.pmap(add, pd.DataFrame({"one": [1], "two": [2]})), nbp.Run[int])

# -- Loops over calls, and lists of ends ----------------------------------------------

boxed = [{"width": 1, "height": 2}]
with nbp.Parallelized(volume, boxed, num_threads=8, desc="boxes", retries=2) as par:
    for _, result, error in par:
        assert_type(error, BaseException | None)
        par.pbar.set_postfix({"loss": 0.25}, left=3)
        if error is None:
            more: float = result
    assert_type(par.run, nbp.Run[float])
with nbp.Parallelized(add, iter(boxed)) as summed:
    assert_type(summed.run, nbp.Run[int])
ends = nbp.run_parallel(fetch, urls, 8, "pages", fail_fast=True, timeout=3)
assert_type(ends[0][0], str)
assert_type(ends[0][2], BaseException | None)
assert_type(nbp.batch_map(fetch, urls, max_workers=8, desc="pages"), list[bytes])
assert_type(nbp.batch_map(load, urls), list[int])
assert_type(nbp.optimal_workers(len(urls), io_bound=False), int)
assert_type(nbp.error_str(ends[0][2]), str)

# -- Whatever can be gone through ------------------------------------------------------

assert_type(nbp.pmap(fetch, endless(), block=False, buffer=10), nbp.Run[bytes])
assert_type(nbp.pmap(fetch, {"a": 1}), nbp.Run[bytes])
assert_type(nbp.pmap(len, pd.Series(urls)), nbp.Run[int])
assert_type(nbp.pmap(abs, range(3)), nbp.Run[int])
assert_type(nbp.pmap(math.sqrt, [1, 2]), nbp.Run[float])
assert_type(nbp.pmap(math.sqrt, np.arange(3)), nbp.Run[float])
assert_type(nbp.pmap(price, {"a": 1}.items()), nbp.Run[int])
assert_type(nbp.pmap(len, anything), nbp.Run[int])
assert_type(nbp.pmap(lambda group: len(group[1]), boxes.groupby("width")), nbp.Run[int])
assert_type(nbp.pmap(volume, [1], [2]), nbp.Run[float])
assert_type(nbp.pmap(volume, [1], [2], [3]), nbp.Run[float])
assert_type(nbp.pmap(most, [1], [2], [3], [4], [5], [6]), nbp.Run[int])
assert_type(nbp.pmap(volume, *[[1], [2]]), nbp.Run[float])
assert_type(nbp.pmap(volume, [(1, 2), (3, 4)], unpack="args"), nbp.Run[float])
assert_type(
    nbp.pmap(volume, [{"width": 1, "height": 2}], unpack="kwargs"), nbp.Run[float]
)
assert_type(nbp.pmap(fetch, urls, unpack="item"), nbp.Run[bytes])
assert_type(nbp.pmap(volume, boxes), nbp.Run[float])
assert_type(nbp.pmap(volume, boxes, unpack="args", workers=2), nbp.Run[float])
assert_type(nbp.pmap(len, boxes, unpack="item"), nbp.Run[int])

# -- Options ---------------------------------------------------------------------------

nbp.pmap(fetch, urls, workers=8, backend="inline", on_error="raise", ordered=True)
nbp.pmap(fetch, urls, backend=ThreadPoolExecutor(8))
nbp.pmap(fetch, urls, workers=None, desc="pages", progress=False, rows=20, grace=2)
nbp.pmap(fetch, urls, workers="auto")
assert_type(nbp.Options(workers=2, unpack="args").rows, int)
assert_type(nbp.Options(desc="pages").workers, int | Literal["auto"] | None)


def pages(texts: list[str], **options: Unpack[MapOptions]) -> list[int]:
    return nbp.pmap(len, texts, **options).results


def anyhow(**options: Any) -> list[bytes]:
    return nbp.pmap(fetch, urls, **options).results


pages(urls, workers=4)
assert_type(nbp.settings.workers, int | Literal["auto"] | None)
assert_type(nbp.settings.parallel_execution_timeout, float | None)
nbp.settings.max_workers = 16
nbp.settings.retry_on = (OSError, TimeoutError)
del nbp.settings.max_workers
nbp.settings(timeout=10)(fetch)("a")
with nbp.settings(max_workers=4, parallel_agent_actions=False, unpack="args"):
    pass
with nbp.defaults(workers=4, backend="threads") as options:
    assert_type(options, Options)

# -- The run ---------------------------------------------------------------------------

run = nbp.pmap(fetch, urls)
assert_type(run.results, list[bytes])
assert_type(run.errors, Errors)
assert_type(run.errors[1], BaseException)
assert_type(run.errors.by_type, dict[str, dict[int, BaseException]])
assert_type(run.input_error, BaseException | None)
assert_type(run.df, pd.DataFrame)
assert_type(run.metrics, Metrics)
assert_type(run.state, State)
assert_type(run.retry(block=False), nbp.Run[bytes])
assert_type(run.wait(timeout=1), bool)
assert_type(run.workers, int)
run.workers = 8
run.workers = "auto"
assert_type(len(run), int)
for item, result, error in run:
    assert_type(item, Any)
    assert_type(result, bytes | Any)
    assert_type(error, BaseException | None)
    if error is None:
        result.decode()


async def awaited() -> None:
    assert_type(await run, nbp.Run[bytes])


def total(bare: nbp.Run, of_any: nbp.Run[object]) -> int:
    return len(bare.results) + len(of_any.results)


total(run, run)
assert_type(nbp.last, nbp.Run[Any] | None)
assert_type(nbp.runs(), list[nbp.Run[Any]])
assert_type(nbp.cancelled(), bool)

# -- Measurements ----------------------------------------------------------------------

assert_type(nbp.compare(fetch, urls, workers=4, on_error="raise"), nbp.Comparison)
assert_type(nbp.compare(run, repeats=5), nbp.Comparison)
assert_type(nbp.compare(pages), nbp.Comparison)
assert_type(nbp.compare(Client(), np.arange(3)), nbp.Comparison)
assert_type(nbp.compare(volume, boxes), nbp.Comparison)
assert_type(nbp.sweep(fetch, urls, workers=(1, 2), progress=False), nbp.Sweep)
assert_type(nbp.sweep(volume, [(1, 2)], unpack="args"), nbp.Sweep)

# -- Trees -----------------------------------------------------------------------------

chapters = {"one": ["a"], "two": ["b", "c"]}
assert_type(nbp.ptree(fetch, chapters).results, list[bytes])
assert_type(nbp.ptree(load, chapters).results, list[int])
assert_type(
    nbp.ptree(load, [["a"]], concurrent=(True, False)).retry().results, list[int]
)
nbp.ptree(
    lambda item, path: (item, path),
    chapters,
    path=True,
    combine=lambda outcomes, path: (outcomes, path),
    export=Path("chapters") / "{0}.csv",
    workers=8,
    journal="tree.db",
)
# -- Worlds ----------------------------------------------------------------------------


class Trader:
    def __init__(self, name: str) -> None:
        self.name = name

    def act(self, *, return_actions: bool = False) -> list[str]:
        return [self.name] * return_actions


class Bot:
    @property
    def name(self) -> str:
        return "bot"

    async def act(self) -> int:
        return 1


class Market(nbp.World):
    price = 1.0

    def handle_actions(self, agent: Trader | Bot, actions: list[str] | int) -> None:
        self.price += 0.1 if agent.name == "bot" or actions else 0


market = Market("Market", max_workers=8, parallel_execution_timeout=None, rate="9/s")
assert_type(market.add_agent(Trader("Ann")).add_agent(Bot()), Market)
assert_type(market.run(3), nbp.Run[Any])
assert_type(market.run(3, parallelize=False), nbp.Run[Any])
assert_type(market.step(), dict[str, Any])
assert_type(market.get_parallel_metrics(), dict[str, int | float])
market.remove_agent("bot")


class Doubling(Routine):
    def __init__(self) -> None:
        super().__init__()
        self.define_slot("trigger", handler=self.double, merge_strategy="append")
        self.define_event("doubled", ["value"])

    def double(self, value: int) -> None:
        self.emit("doubled", value=2 * value)


def flows() -> None:
    with Flow("f", execution_strategy="concurrent", max_workers=3, timeout=2) as flow:
        assert_type(flow.add_routine(Doubling(), "double"), str)
        flow.connect("double", "doubled", "double", "trigger", {"value": "value"})
        flow.set_error_handler(ErrorHandler(ErrorStrategy.RETRY, max_retries=2))
        assert_type(flow.execute("double", {"value": 1}, rate="3/s"), JobState)
        assert_type(flow.wait_for_completion(timeout=1), bool)
    assert_type(Flow().deserialize(json.dumps(flow.serialize()), [Doubling]), Flow)


with nbp.Executor(4, "pages", timeout=3, retries=2, rate="5/s") as executor:
    assert_type(executor.submit(fetch, "a"), Future[bytes])
    assert_type(executor.map(fetch, ["a"], buffersize=2), Iterator[bytes])
    pool: ThreadPoolExecutor = executor
    nbp.pmap(fetch, ["a"], backend=executor)
