"""The machine, the tables as Markdown, and the place where they are kept."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import ROUNDS, Table

README = Path(__file__).with_name("README.md")
LIBRARIES = (
    "nbparallel",
    "joblib",
    "mpire",
    "pqdm",
    "tqdm",
    "aiohttp",
    "pandas",
    "ipykernel",
)


def machine() -> str:
    """Return one paragraph that names what the figures were measured on."""
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}; {versions}. "
        f"Medians of at least {ROUNDS} interleaved repetitions; a ratio is taken "
        "within a repetition and followed by the lowest and the highest."
    )


def markdown(table: Table) -> str:
    """Return the table as a Markdown section."""
    lines = [
        f"| {' | '.join(cells)} |"
        for cells in (table.header, ("---",) * len(table.header), *table.rows)
    ]
    return "\n".join([f"### {table.title}", "", table.note, "", *lines])


def write(name: str, text: str, readme: Path = README) -> None:
    """Put *text* between the markers of *name*, which the file must have."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    content = readme.read_text(encoding="utf-8")
    if not pattern.search(content):
        message = f"{readme} has no place for it: add the lines {begin} and {end}"
        raise LookupError(message)
    filled = f"{begin}\n{text}\n{end}"
    readme.write_text(pattern.sub(lambda _: filled, content), encoding="utf-8")
