"""Exceptions out of handlers of the user's own, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.engine.test_interrupts import PRELUDE, ROOT

#: Each ends by what the handler of its alarm raises; all of them would go on for ever.
HUNG = {
    "threads": "nbp.pmap(hang, range(3), **options)",
    "threads-nested": """
def outer(_):
    nbp.pmap(hang, [1], **options)
nbp.pmap(outer, range(3), **options)""",
    "threads-read": "list(nbp.pmap(hang, [1], block=False, **options))",
    "inline": "nbp.pmap(spin, range(3), backend='inline', **options)",
    "inline-input": "nbp.pmap(str, stuck(), backend='inline', **options)",
    "inline-nested": """
def outer(_):
    nbp.pmap(hang, [1], **options)
nbp.pmap(outer, range(3), backend='inline', **options)""",
}

SCRIPT = """
class Late(Exception):
    pass

def late(*_):
    raise Late

nbp.pmap(str, [0], **options)  # what a first run imports takes its time
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.3)
stdout = sys.stdout
try:
{body}
except Late:
    assert nbp.last.wait(2), nbp.last
    assert set(nbp.last.df["status"]) <= {{"cancelled", "ok"}}, nbp.last.df
    assert nbp.last.input_error is None
    assert sys.stdout is stdout
    assert signal.getsignal(signal.SIGALRM) is late
    assert nbp.pmap(str, [1, 2], **options).results == ["1", "2"]
    say("\\nlate")
"""

TESTS = """
import threading
import nbparallel as nbp
import pytest

@pytest.mark.timeout(1, method="signal")
@pytest.mark.parametrize("backend", ["threads", "inline"])
def test_that_hangs(backend):
    nbp.pmap(lambda _: threading.Event().wait(), range(3), backend=backend)

def test_that_comes_next():
    assert nbp.last.wait(5)
    assert set(nbp.last.df["status"]) == {"cancelled"}
    assert nbp.pmap(str, range(3)).results == ["0", "1", "2"]
"""


def python(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.mark.parametrize("name", HUNG)
def test_what_hangs_ends_with_what_the_handler_raises(name):
    body = "\n".join("    " + line for line in HUNG[name].strip().splitlines())
    done = python("-c", PRELUDE + SCRIPT.format(body=body), timeout=20)

    assert (done.stdout.splitlines()[-1:], done.stderr) == (["late"], "")


def test_a_test_that_hangs_is_ended_by_its_time_out(tmp_path):
    (tmp_path / "test_hanging.py").write_text(TESTS)
    plain = ["-p", "no:cacheprovider", "-p", "no:xdist", "-c", "/dev/null"]
    done = python("-m", "pytest", "-q", *plain, str(tmp_path), timeout=40)

    assert "2 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("Failed: Timeout") >= 2


def test_an_interrupt_that_is_ignored_does_not_end_the_run():
    body = """
signal.signal(signal.SIGINT, signal.SIG_IGN)
def task(number):
    if number == 1:
        signal.raise_signal(signal.SIGINT)
    return number
run = nbp.pmap(task, range(3), **options)
assert run.results == [0, 1, 2]
"""
    done = python("-c", PRELUDE + body, timeout=20)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_handler_of_the_users_that_raises_nothing_lets_the_run_go_on():
    body = """
heard = threading.Event()
signal.signal(signal.SIGINT, lambda *_: heard.set())
def task(number):
    if number == 1:
        signal.raise_signal(signal.SIGINT)
        assert heard.wait(10)
    return number
run = nbp.pmap(task, range(3), **options)
assert run.results == [0, 1, 2]
"""
    done = python("-c", PRELUDE + body, timeout=20)

    assert (done.returncode, done.stderr) == (0, "")
