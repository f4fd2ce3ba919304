"""A server that answers every request at once: ``python -m benchmarks.server``.

It prints its port. It reads no more of a request than that there is one. With two
numbers behind it, it answers so many at a time, each after so many seconds.
"""

from __future__ import annotations

import asyncio
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Answering(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - whatever it is
        self.transport.write(ANSWER)


class Saturating(Answering):
    places: asyncio.Semaphore
    seconds: float

    def data_received(self, data: bytes) -> None:
        task = asyncio.get_running_loop().create_task(self.answer(data))
        self.answering = task  # or nobody would hold it

    async def answer(self, data: bytes) -> None:
        async with self.places:
            await asyncio.sleep(self.seconds)
        super().data_received(data)


async def serve() -> None:
    loop, kind = asyncio.get_running_loop(), Answering
    if len(sys.argv) > 1:
        kind = Saturating
        Saturating.places = asyncio.Semaphore(int(sys.argv[1]))
        Saturating.seconds = float(sys.argv[2])
    server = await loop.create_server(kind, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
