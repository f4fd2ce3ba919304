"""The kinds of worker: the words that users write, and where their `Backend` lives.

To add a kind: write its file in `workers/`, add its word and its line here. The
contract tests pick it up.
"""

from __future__ import annotations

from typing import Final, Literal

#: The words, for type checkers and for Tab; a test holds them to `KINDS`.
Kind = Literal["threads", "asyncio", "inline"]

KINDS: Final[dict[str, str]] = {
    "threads": "nbparallel.workers.threads:Threads",
    "asyncio": "nbparallel.workers.aio:Asyncio",
    "inline": "nbparallel.workers.inline:Inline",
}
