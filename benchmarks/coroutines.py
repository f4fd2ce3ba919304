"""What a coroutine costs that gives way once, and one that asks a server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

import aiohttp

import nbparallel as nbp
from benchmarks.measure import Table, compare, interleave, seconds

AT_A_TIME = 64
TASKS = 50_000
REQUESTS = 100_000

Coroutine = Callable[[int], Awaitable[object]]


async def give_way(item: int) -> int:
    await asyncio.sleep(0)
    return item


async def gathered(function: Coroutine, count: int) -> list[object]:
    """Await `asyncio.gather` over a semaphore."""
    free = asyncio.Semaphore(AT_A_TIME)

    async def one(item: int) -> object:
        async with free:
            return await function(item)

    return await asyncio.gather(*map(one, range(count)))


def on_the_loop(function: Coroutine, count: int) -> list[object]:
    return nbp.pmap(function, range(count), progress=False).results


def in_a_loop_each(function: Coroutine, count: int) -> list[object]:
    options = {"backend": "threads", "progress": False}
    return nbp.pmap(function, range(count), **options).results


def giving_way() -> Table:
    contenders = {
        "nbparallel": partial(on_the_loop, give_way, TASKS),
        "asyncio.gather, semaphore": lambda: asyncio.run(gathered(give_way, TASKS)),
        'nbparallel, backend="threads"': partial(in_a_loop_each, give_way, TASKS // 10),
    }
    measured = interleave(
        {name: partial(seconds, work) for name, work in contenders.items()}
    )
    slow = 'nbparallel, backend="threads"'
    measured[slow] = [10 * taken for taken in measured[slow]]
    return Table(
        "Coroutines: 50 000 that await asyncio.sleep(0), 64 at a time",
        'With `backend="threads"` each has a loop of its own; there, a tenth of them.',
        ("", "µs per task", "ratio to nbparallel"),
        compare(measured, 1e6 / TASKS),
    )


class Client:
    """One session for all tasks, opened by the first."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session: aiohttp.ClientSession | None = None

    async def ask(self, _: int) -> str:
        if self.session is None:
            connector = aiohttp.TCPConnector(limit=AT_A_TIME)
            self.session = aiohttp.ClientSession(connector=connector)
        async with self.session.get(self.url) as reply:
            return await reply.text()

    async def close(self, _: object = None) -> None:
        if self.session is not None:
            await self.session.close()


async def by_hand(url: str, count: int) -> list[str | None]:
    """Ask from 64 coroutines that share an iterator: one task for many requests."""
    replies: list[str | None] = [None] * count
    todo, client = iter(range(count)), Client(url)

    async def worker() -> None:
        for number in todo:
            replies[number] = await client.ask(number)

    await asyncio.gather(*(worker() for _ in range(AT_A_TIME)))
    await client.close()
    return replies


async def by_gather(url: str, count: int) -> list[object]:
    """Ask in a task for each request, as most people write it."""
    client = Client(url)
    replies = await gathered(client.ask, count)
    await client.close()
    return replies


def with_nbparallel(url: str, count: int) -> list[object]:
    client = Client(url)
    replies = on_the_loop(client.ask, count)
    nbp.pmap(client.close, [None], progress=False)
    return replies


@contextmanager
def server() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.terminate()


def requests() -> Table:
    with server() as url:
        contenders = {
            "nbparallel": lambda: with_nbparallel(url, REQUESTS),
            "aiohttp, 64 coroutines": lambda: asyncio.run(by_hand(url, REQUESTS)),
            "aiohttp, gather": lambda: asyncio.run(by_gather(url, REQUESTS)),
        }
        measured = interleave(
            {name: partial(seconds, work) for name, work in contenders.items()}
        )
    return Table(
        "Requests: 100 000 to a local server, 64 at a time",
        "One aiohttp session for all. By hand: 64 coroutines that share an iterator, "
        "or a task for each request, behind a semaphore. Tasks that come and go make "
        "Python look for garbage, which takes the longer the more a program has "
        "loaded; this one has loaded all that is compared here.",
        ("", "µs per request", "ratio to nbparallel"),
        compare(measured, 1e6 / REQUESTS),
    )
