"""The bar of a terminal."""

from __future__ import annotations

import io

import pytest

from nbparallel.types import State
from nbparallel.views.terminal import TerminalBar


class Terminal(io.StringIO):
    def isatty(self):
        return True

    @property
    def lines(self):
        """What is left on the screen, each line as last drawn."""
        drawn = [line.split("\r")[-1] for line in self.getvalue().split("\n")]
        return [line.strip() for line in drawn]


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    return Terminal()


def test_one_line_that_stays(screen, make_snapshot):
    bar = TerminalBar(screen)
    bar.draw(make_snapshot(ok=1000, running=8))
    assert "fetch:  25%" in screen.getvalue()
    assert "1000/4000" in screen.getvalue()
    bar.finish(make_snapshot(State.DONE, ok=3987, error=13))
    assert "fetch: 100%" in screen.lines[-2]
    assert "13 failed" in screen.lines[-2]
    assert screen.lines[-1] == ""


def test_a_cancelled_run_says_so(screen, make_snapshot):
    bar = TerminalBar(screen)
    bar.finish(make_snapshot(State.CANCELLED, ok=1, cancelled=3999))
    assert "fetch (cancelled)" in screen.lines[-2]
    assert "3,999 cancelled" in screen.lines[-2]


def test_a_run_of_unknown_length(screen, make_snapshot):
    bar = TerminalBar(screen)
    bar.draw(make_snapshot(total=None, ok=12))
    bar.finish(make_snapshot(State.DONE, total=None, ok=20))
    assert "fetch: 12task" in screen.getvalue()
    assert "20/20" in screen.lines[-2]


def test_output_of_tasks_is_written_above_once(screen, make_snapshot):
    bar = TerminalBar(screen)
    entries = tuple((task, f"hello {task}\n") for task in range(6))
    bar.draw(make_snapshot(log=entries[:3]))
    bar.draw(make_snapshot(log=entries[1:5]))
    bar.finish(make_snapshot(State.DONE, log=entries[2:]))
    hellos = [line for line in screen.lines if "hello" in line]
    assert hellos == [f"[{task}] hello {task}" for task in range(6)]


def test_escapes_in_output_never_reach_the_terminal(screen, make_snapshot):
    bar = TerminalBar(screen)
    bar.finish(make_snapshot(State.DONE, log=((0, "\x1b[2Jgone\x07"),)))
    assert "\x1b[2J" not in screen.getvalue()
    assert "\x07" not in screen.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO(), "closed", "odd"])
def test_elsewhere_nothing_is_drawn(stream, make_snapshot):
    if stream == "closed":
        stream = io.StringIO()
        stream.close()
    bar = TerminalBar(stream)
    bar.draw(make_snapshot(ok=1))
    bar.finish(make_snapshot(State.DONE, ok=4000))
    assert stream == "odd" or stream.closed or not stream.getvalue()


def test_advice_stands_below_the_finished_line(screen, make_snapshot):
    bar = TerminalBar(screen)
    bar.draw(make_snapshot(ok=1000))
    bar.finish(make_snapshot(State.DONE, ok=4000, advice="Put it first."))
    assert "fetch: 100%" in screen.lines[-3]
    assert screen.lines[-2:] == ["Put it first.", ""]
