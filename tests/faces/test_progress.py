"""The bar that a loop sees: what it takes, and where that shows."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import nbparallel as nbp
from nbparallel.faces.progress import Progress
from nbparallel.testing import Gate
from nbparallel.types import State
from nbparallel.views import html, page, text
from nbparallel.views.ticker import _looks
from tests.engine.conftest import wait_for


class Terminal(io.StringIO):
    def isatty(self):
        return True

    @property
    def lines(self):
        """What is left on the screen, each line as last drawn."""
        drawn = [line.split("\r")[-1] for line in self.getvalue().split("\n")]
        return [line.strip() for line in drawn]


class Hostile:
    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


def test_what_programs_for_tqdm_say_is_taken():
    bar = Progress(3)
    bar.update(2)
    bar.refresh(nolock=True)
    bar.clear()
    bar.reset(total=5)
    bar.close()
    assert (bar.n, bar.total) == (0, 5)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "3"),
        (1_000_000, "1000000"),
        (0.123456, "0.123"),
        (1e-9, "1e-09"),
        (float("nan"), "nan"),
        (np.float32(0.5), "0.5"),
        (np.int64(7), "7"),
        (Fraction(1, 3), "0.333"),
        (Decimal("1.10"), "1.10"),
        (True, "True"),
        (None, "None"),
        ("  text ", "text"),
        ([1, 2], "[1, 2]"),
        (Hostile(), "<Hostile: its repr raised RuntimeError>"),
    ],
)
def test_values_of_a_postfix(value, shown):
    bar = Progress(None)
    bar.set_postfix({"value": value})
    assert bar.postfix == bar.caption().postfix == f"value={shown}"


def test_a_dict_keeps_its_order_and_names_come_after_it():
    bar = Progress(None)
    bar.set_postfix({"z": 1, "a": 2}, refresh=False, y=3, b=4)
    assert bar.postfix == "z=1, a=2, b=4, y=3"
    bar.set_postfix(z=5)
    assert bar.postfix == "z=5"
    bar.set_postfix_str(" as it is ")
    bar.refresh()
    assert bar.postfix == "as it is"
    bar.set_postfix()
    assert bar.caption().postfix == ""


def test_a_count_of_ones_own_is_shown_once_there_is_one():
    bar = Progress(4)
    bar.n += 1
    assert bar.caption().postfix == ""
    bar.update(10)
    bar.total = 30
    bar.set_postfix(mean=0.5)
    assert bar.caption().postfix == "mean=0.5, 11 of 30 counted"
    bar.total = None
    bar.update(0.5)
    assert bar.caption().postfix == "mean=0.5, 11.5 counted"


def double(x):
    return 2 * x


@pytest.mark.parametrize("backend", ["threads", "processes", "asyncio", "inline"])
def test_what_is_set_shows_in_all_views_at_the_end(backend):
    calls = [{"x": number} for number in range(3)]
    with nbp.Parallelized(double, calls, progress=False, backend=backend) as par:
        assert par.progress is par.pbar
        for _ in par:
            par.pbar.set_postfix({"<b>": 0.25, "left": par.pbar.total - par.pbar.n})
        par.pbar.set_description("<i>doubles")
    shot = par.run.snapshot()
    assert (shot.name, shot.postfix) == ("<i>doubles", "<b>=0.25, left=0")
    assert repr(par.run) == "<Run <i>doubles: done, 3 ok>"
    assert "&lt;b&gt;=0.25, left=0" in page.static(shot)
    assert "&lt;i&gt;doubles" in page.static(shot)
    assert not re.search("<b>=|<i>d", page.static(shot))
    assert text.plain(shot).splitlines()[0].endswith(" - <b>=0.25, left=0")


def test_without_a_description_the_run_has_its_name_again():
    with nbp.Parallelized(double, [], desc="first", progress=False) as par:
        par.pbar.set_description("second")
        assert par.run.snapshot().name == "second"
        par.pbar.set_description()
        assert par.run.snapshot().name == "first"


def test_what_is_set_while_nothing_moves_is_drawn(make_snapshot):
    shot = make_snapshot(State.PAUSED)
    assert _looks(shot) == _looks(replace(shot, elapsed=shot.elapsed + 0.1))
    assert _looks(shot) != _looks(replace(shot, postfix="loss=1"))
    assert _looks(shot) != _looks(replace(shot, name="other"))


@pytest.fixture
def make_snapshot():
    from tests.views.conftest import snapshot

    return snapshot


def test_a_postfix_is_one_line_of_bounded_length(make_snapshot):
    shot = make_snapshot(postfix="a\nb\x1b[2J" + "x" * 10_000)
    assert text.postfix(shot).startswith("a bxxx")
    assert len(text.postfix(shot)) <= 200
    assert "x" * 300 not in html.below(shot)


def test_the_bar_of_a_terminal_shows_it_while_the_run_goes_on(monkeypatch):
    screen = Terminal()
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("sys.stdout", screen)
    gate = Gate()
    gate.open("quick")
    calls = [{"item": "quick"}, {"item": "slow"}]
    with nbp.Parallelized(gate, calls, desc="fetch") as par:
        par.pbar.set_postfix(loss=0.25)
        wait_for(lambda: "loss=0.25" in screen.lines[-1])
        assert screen.lines[-1].startswith("fetch:")
        par.pbar.write("a line of its own")
        assert "a line of its own" in screen.lines[:-1]
        par.pbar.set_description("train")
        wait_for(lambda: screen.lines[-1].startswith("train:"))
        gate.open()
        wait_for(lambda: par.run.state is State.DONE)
        for _ in par:  # it has the last word, though the run has ended
            par.pbar.set_postfix(loss=0.5)
    assert screen.lines[-2].startswith("train: 100%")
    assert "loss=0.5" in screen.lines[-2]
    before = screen.getvalue()
    par.run.retry()
    assert screen.getvalue() == before


def test_a_bar_stays_when_the_loop_is_left_and_the_run_goes_on_again(monkeypatch):
    screen = Terminal()
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("sys.stderr", screen)
    gate = Gate()
    with nbp.Parallelized(gate, [{"item": "one"}], desc="fetch") as par:
        par.pbar.set_postfix(loss=0.25)
        gate.wait_for("one")
    assert screen.lines[-2].startswith("fetch (cancelled)")
    gate.open()
    par.pbar.set_postfix(loss=0.125)
    assert par.run.retry().results == ["one"]
    assert "loss=0.125" in screen.lines[-2]
    assert screen.lines[-2].startswith("fetch: 100%")


def test_a_retry_after_the_loop_leaves_its_line_by_itself(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    fails = iter([True, False])

    def flaky(x):
        if next(fails):
            raise ValueError(x)
        return x

    with nbp.Parallelized(flaky, [{"x": 7}], desc="fetch") as par:
        assert [type(error) for _, _, error in par] == [ValueError]
    par.run.retry(block=False)
    wait_for(lambda: screen.getvalue().count("\n") == 2)
    assert screen.lines[-2].startswith("fetch: 100%")


def test_a_line_is_printed_where_there_is_no_bar(capsys):
    with nbp.Parallelized(double, [{"x": 1}], progress=False) as par:
        par.pbar.write("one")
        par.pbar.write(json.dumps([2]), end="!\n")
    assert capsys.readouterr().out == "one\n[2]!\n"
