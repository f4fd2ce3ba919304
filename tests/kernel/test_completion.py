"""What Tab and Shift-Tab tell in a real kernel."""

import re

import pytest

import nbparallel as nbp
from nbparallel.options import NAMES
from nbparallel.signatures import documented

pytestmark = pytest.mark.kernel

SETUP = """
import nbparallel as nbp
from nbparallel import pmap

def fetch(url):
    return url

urls = ["a", "b"]
"""


@pytest.fixture
def ready(kernel):
    kernel.run(SETUP)
    return kernel


def complete(kernel, code):
    request = {"code": code, "cursor_pos": len(code)}
    reply = kernel.reply(kernel.ask("complete_request", request))
    return reply["content"]["matches"]


def inspect(kernel, code, detail=0):
    request = {"code": code, "cursor_pos": len(code), "detail_level": detail}
    reply = kernel.reply(kernel.ask("inspect_request", request))
    assert reply["content"]["found"]
    return re.sub(r"\x1b\[[\d;]*m", "", reply["content"]["data"]["text/plain"])


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("nbp.pmap(fetch, urls, wor", "workers="),
        ("pmap(fetch, urls, wor", "workers="),
        ("run = nbp.pmap(fetch, urls, workers=8, on", "on_error="),
        ("with nbp.defaults(wor", "workers="),
        ("nbp.compare(fetch, urls, on", "on_error="),
        ("nbp.sweep(fetch, urls, re", "repeats="),
    ],
)
def test_tab_offers_the_option_that_was_begun(ready, code, wanted):
    assert wanted in complete(ready, code)


@pytest.mark.parametrize("code", ["nbp.pmap(fetch, urls, ", "nbp.defaults("])
def test_tab_offers_every_option(ready, code):
    assert {f"{name}=" for name in NAMES} <= set(complete(ready, code))


@pytest.mark.parametrize("code", ["nbp.pmap(", "nbp.pmap(fetch, urls", "nbp.defaults("])
def test_shift_tab_shows_every_option_and_what_it_means(ready, code):
    shown = inspect(ready, code)
    signature, docstring = re.split(r"^Docstring: *", shown, flags=re.MULTILINE)[:2]

    assert [name for name in NAMES if f"{name}:" not in signature] == []
    assert "on_error: Literal['collect', 'raise'] = 'collect'" in signature
    about = documented(nbp.Options)
    assert [name for name in NAMES if f"{name}\n{about[name]}" not in docstring] == []
