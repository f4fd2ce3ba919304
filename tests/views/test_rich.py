"""The rich form of a result: what is shown of it, and that nothing in it ever runs."""

from __future__ import annotations

from base64 import b64decode, b64encode
from html.parser import HTMLParser
from unittest.mock import MagicMock

import IPython
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nbparallel.views import rich
from tests.support.payloads import payloads

PNG = b"\x89PNG\r\n\x1a\n0123"


class Shown:
    """A value with the forms that are given."""

    def __init__(self, **forms):
        for name, made in forms.items():
            setattr(self, f"_repr_{name}_", lambda made=made: made)


class Tags(HTMLParser):
    def __init__(self, source):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data):
        self.text += data


@pytest.fixture(autouse=True)
def shell(monkeypatch):
    made = InteractiveShell()
    monkeypatch.setattr(IPython, "get_ipython", lambda: made)
    return made


@pytest.mark.parametrize("value", [None, 1, "text", [1], {"a": 1}, object(), Shown])
def test_most_values_have_none(value):
    assert rich.html(value) == ""


def test_outside_of_ipython_there_is_none(monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    assert rich.html(pd.DataFrame({"a": [1]})) == ""


def test_a_table_is_a_table():
    shown = Tags(rich.html(pd.DataFrame({"city": ["<Bern>"], "people": [134_794]})))
    assert {"table", "td", "th"} <= shown.tags
    assert "style" not in shown.tags
    assert "<Bern>" in shown.text
    assert "134794" in shown.text


@pytest.mark.parametrize("encode", [bytes, lambda data: b64encode(data).decode()])
@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_picture_is_in_the_page(kind, encode):
    source = rich.html(Shown(**{kind: encode(PNG)}))
    found = source.partition(f'src="data:image/{kind};base64,')[2].partition('"')[0]
    assert b64decode(found) == PNG


def test_a_drawing_is_a_picture_whose_scripts_sleep():
    drawn = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    source = rich.html(Shown(svg=drawn, html="<p>no</p>"))
    assert Tags(source).tags == {"img"}
    assert b64decode(source.partition("base64,")[2].partition('"')[0]).decode() == drawn


def test_what_libraries_have_told_ipython_counts(shell):
    def draw(figure):
        return PNG, {"width": figure.get_figwidth()}

    shell.display_formatter.formatters["image/png"].for_type(Figure, draw)
    figure = Figure()
    FigureCanvasAgg(figure)
    assert "data:image/png;base64," in rich.html(figure)


@pytest.mark.parametrize("hostile", payloads(["alert(1)", "window.hacked=1"]))
def test_nothing_in_html_runs(hostile):
    found = Tags(rich.html(Shown(html=f"<b>kept</b>{hostile}")))
    assert "kept" in found.text
    assert found.tags <= {"div", "b", "pre", "td", "tr", "table", "math", "mtext"}
    assert found.attributes <= {"class"}  # of ours


@pytest.mark.parametrize("hostile", payloads(["alert(1)"]))
def test_nothing_in_a_picture_runs(hostile):
    assert rich.html(Shown(png=hostile)) == ""


def test_it_cannot_pass_for_a_part_of_ours():
    source = "<button class='nbp-act' name='x' id='y'>Retry</button><p class=nbp>a</p>"
    assert rich.html(Shown(html=source)) == '<div class="nbp-rich">Retry<p>a</p></div>'


def test_nothing_is_asked_for_over_the_network():
    source = "<img src='http://127.0.0.1/seen'><a href='http://127.0.0.1'>there</a>"
    assert "127.0.0.1" not in rich.html(Shown(html=source))


@pytest.mark.parametrize(
    "large",
    [{"html": "x" * 100_001}, {"png": b"x" * 500_000}, {"svg": "x" * 500_000}],
)
def test_what_is_too_large_is_not_shown(large):
    assert rich.html(Shown(**large)) == ""


@pytest.mark.parametrize("failure", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_form_that_cannot_be_made_is_none(failure, capsys):
    class Broken:
        def _repr_html_(self):
            raise failure

    assert rich.html(Broken()) == ""
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("made", [1, None, b"bytes", ["list"], ""])
def test_what_is_no_text_is_none(made):
    assert rich.html(Shown(html=made)) == ""


def test_who_answers_to_everything_has_none():
    assert rich.html(MagicMock()) == ""
