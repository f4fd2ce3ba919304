"""The tap before the standard streams, and streams that want none of it."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager

import pytest

import nbparallel as nbp
from nbparallel.edge import streams
from nbparallel.testing import Gate

say = print  # what is printed is the subject here


class Ordinary(io.StringIO):
    """A stream with a class and attributes of its own, as a kernel's is."""


class Slots:
    """A stream without room for anything."""

    __slots__ = ("_kept",)

    def __init__(self):
        self._kept = io.StringIO()

    def write(self, text):
        return self._kept.write(text)

    def flush(self):
        pass

    def getvalue(self):
        return self._kept.getvalue()


class ReadOnly(Ordinary):
    """Nothing can be set on it, nor deleted."""

    def __setattr__(self, name, value):
        raise AttributeError(name)

    def __delattr__(self, name):
        raise AttributeError(name)


class Property(Ordinary):
    """Its ``write`` can be read only."""

    @property
    def write(self):
        return super().write


class Passing:
    """It passes everything on to another stream, assignments too."""

    def __init__(self):
        self.__dict__["_kept"] = io.StringIO()

    def __getattr__(self, name):
        return getattr(self._kept, name)

    def __setattr__(self, name, value):
        setattr(self._kept, name, value)


class Sealed(type):
    """Its classes have no subclasses, and their objects no other class."""

    def __new__(cls, name, bases, names):
        if any(isinstance(base, Sealed) for base in bases):
            message = f"{name} cannot be derived"
            raise TypeError(message)
        return super().__new__(cls, name, bases, names)


class Foreign(Slots, metaclass=Sealed):
    """As closed as a stream made by a foreign language."""

    __slots__ = ()


STREAMS = (io.StringIO, Ordinary, Slots, ReadOnly, Property, Passing, Foreign)


@contextmanager
def standing_in(stream, monkeypatch):
    """Let *stream* be the standard output; it must be that again at the end."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        kind = type(stream)
        yield
        assert sys.stdout is stream
        assert type(stream) is kind


@pytest.mark.parametrize("made", STREAMS)
def test_whatever_a_stream_allows_its_text_is_kept_and_it_is_given_back(
    made, monkeypatch, caplog
):
    stream = made()
    with standing_in(stream, monkeypatch):
        for turn in range(2):
            run = nbp.pmap(say, [turn], progress=False)
            assert run.df["output"].tolist() == [f"{turn}\n"]
            say("after")

    assert stream.getvalue() == "0\nafter\n1\nafter\n"
    assert not caplog.records
    assert not streams._taps


def test_a_stream_that_cannot_even_be_asked_is_left_alone(monkeypatch, caplog):
    class Broken:
        def __getattribute__(self, name):
            raise OSError(name)

    monkeypatch.setattr(streams, "_reported", set())
    with standing_in(Broken(), monkeypatch):
        for _ in range(2):
            assert nbp.pmap(abs, [-1], progress=False).results == [1]

    (record,) = caplog.records
    assert record.name == "nbparallel"
    assert "sys.stdout" in record.getMessage()


def test_a_stream_that_resists_being_given_back_is_logged_once(monkeypatch, caplog):
    class Resists(Ordinary):
        @property
        def __dict__(self):
            raise OSError

    monkeypatch.setattr(streams, "_reported", set())
    with standing_in(Resists(), monkeypatch):
        for _ in range(2):
            assert nbp.pmap(abs, [-1], progress=False).results == [1]

    (record,) = caplog.records
    assert record.name == "nbparallel"
    assert "give back sys.stdout" in record.getMessage()


def test_a_closed_stream_does_not_keep_a_run_from_ending(monkeypatch, caplog):
    stream = Ordinary()
    monkeypatch.setattr(sys, "stdout", stream)

    def task(_):
        sys.stdout.write("half a line")
        stream.close()

    run = nbp.pmap(task, [1], progress=False)

    assert run.df["output"].tolist() == ["half a line"]
    assert "half a line" not in caplog.text


def test_both_streams_may_be_one(monkeypatch):
    stream = Ordinary()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)

    run = nbp.pmap(say, ["once"], progress=False)

    assert run.df["output"].tolist() == ["once\n"]
    assert stream.getvalue() == "once\n"


@pytest.mark.parametrize("made", [io.StringIO, Ordinary])
def test_what_others_put_back_does_not_displace_the_tap(made, monkeypatch):
    seen = []

    def teed(original):
        return lambda text: seen.append(text) or original(text)

    # Given a run begun while somebody looked on, as IPython does around each cell
    stream = made()
    monkeypatch.setattr(sys, "stdout", stream)
    before = stream.write
    stream.write = teed(before)
    gate = Gate(then=say)
    run = nbp.pmap(gate, ["first", "second"], workers=2, progress=False, block=False)
    gate.wait_for("first", "second")

    # When that puts back what was there before, and looks on once more
    stream.write = before
    again = sys.stdout.write
    sys.stdout.write = teed(again)
    say("cell")
    sys.stdout.write = again
    gate.open()
    run.wait()

    # Then every text has got to its place, once
    assert run.df["output"].tolist() == ["first\n", "second\n"]
    assert sorted(stream.getvalue().split()) == ["cell", "first", "second"]
