"""Messages between two processes, over a socket.

A message is a kind, a number and a packed value. What has been sent is not lost with
the sender: the other side reads it all before it learns of the end.
"""

from __future__ import annotations

import select
import socket
import struct
from typing import Any, Final

from nbparallel.workers.packing import Packed, mapped

#: Kind, number, whether a file comes along, arrays, bytes.
_HEAD: Final = struct.Struct("<BIBIQ")
_MOST: Final = 1 << 20


class Channel:
    """One end of a connection; one thread at a time may receive, one may send."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)

    def send(self, kind: int, packed: Packed, number: int = 0) -> None:
        """Send a message; kind and number are up to those who send.

        Raises
        ------
        OSError
            The other side is gone.
        """
        sizes = struct.pack(f"<{len(packed.sizes)}Q", *packed.sizes)
        filed = packed.file is not None
        head = _HEAD.pack(kind, number, filed, len(packed.sizes), len(packed.data))
        if packed.file is not None:
            socket.send_fds(self._end, [head], [packed.file])
            self._end.sendall(sizes + packed.data)
        elif len(packed.data) < _MOST:
            self._end.sendall(head + sizes + packed.data)
        else:
            self._end.sendall(head + sizes)
            self._end.sendall(packed.data)
        for each in packed.buffers:
            self._end.sendall(each)

    def is_ready(self, seconds: float) -> bool:
        """Wait that long for a message, or for the end; say whether there is one."""
        return bool(self._poll.poll(seconds * 1000))

    def receive(self) -> tuple[int, int, bytes, list[memoryview]]:
        """Wait for a message; return kind, number, and what `unpacked` takes.

        Raises
        ------
        EOFError
            The other side is gone.
        """
        head, files = self._head()
        kind, number, filed, arrays, size = _HEAD.unpack(head)
        sizes: list[int] = []
        if arrays:
            sizes = list(struct.unpack(f"<{arrays}Q", self._read(8 * arrays)))
        data = bytes(self._read(size)) if size else b""
        if filed:
            return kind, number, data, mapped(files[0], sizes)
        return kind, number, data, [memoryview(self._read(each)) for each in sizes]

    def close(self) -> None:
        """Let the other side know that nothing more comes."""
        self._end.close()

    def _head(self) -> tuple[bytes, list[int]]:
        try:
            head, files, _, _ = socket.recv_fds(self._end, _HEAD.size, 1)
        except OSError as error:
            raise EOFError from error
        if 0 < len(head) < _HEAD.size:
            head += self._read(_HEAD.size - len(head))
        if not head:
            raise EOFError
        return head, files

    def _read(self, size: int) -> bytearray:
        found = bytearray(size)
        rest: Any = memoryview(found)
        while rest:
            try:
                count = self._end.recv_into(rest)
            except OSError as error:
                raise EOFError from error
            if not count:
                raise EOFError
            rest = rest[count:]
        return found
