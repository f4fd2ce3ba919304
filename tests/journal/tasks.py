"""Tasks that note in a file that they were called, in whatever process that was."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path

gate = None


def fresh(folder, monkeypatch):
    folder.mkdir()
    monkeypatch.setenv("CALLS", str(folder))


def _folder():
    return Path(os.environ["CALLS"])


def calls():
    """Return the items of all calls so far."""
    log = _folder() / "log"
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


@contextmanager
def failing(items):
    """Have the tasks of these items fail."""
    (_folder() / "failing").write_text(json.dumps(sorted(items)))
    yield
    (_folder() / "failing").unlink()


@contextmanager
def failing_first(count):
    """Have the first calls fail."""
    (_folder() / "first").write_text(str(count))
    yield
    (_folder() / "first").unlink()


def task(item):
    with (_folder() / "log").open("a", encoding="utf-8") as log:
        log.write(f"{json.dumps(item)}\n")
    failing, first = _folder() / "failing", _folder() / "first"
    if failing.exists() and item in json.loads(failing.read_text()):
        raise ValueError(item)
    if first.exists() and len(calls()) <= int(first.read_text()):
        raise ValueError(item)
    return item, str(item)


def gated(item):
    if item >= 4:
        gate(item)
    return item


def note(item):
    """Note a call in one write, which no death cuts in two."""
    handle = os.open(_folder() / "noted", os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(handle, f"{item}\n".encode())
    os.close(handle)


def noted():
    """Return the items of all calls that were noted."""
    log = _folder() / "noted"
    return list(map(int, log.read_text().split())) if log.exists() else []
