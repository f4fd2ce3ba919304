"""What the guides say works: their code runs, and so do the docstrings' examples."""

from __future__ import annotations

import doctest
import importlib
import json
import re
import subprocess
import sys
from dataclasses import fields
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urldefrag

import pytest
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), ROOT / "benchmarks/README.md", *(ROOT / "docs").rglob("*.md")]
)
MODULES = sorted((ROOT / "nbparallel").rglob("*.py"))

#: What the guides take for granted: something to fetch, and a few that can't be.
PRELUDE = """
import time

urls = [f"https://example.org/{number}" for number in range(30)]

def fetch(url):
    time.sleep(0.001)
    if url.endswith("7"):
        raise OSError("not found: " + url)
    return len(url)
"""

#: Something to ask for pages, and a page that is missing.
SERVER = """
import functools
import http.server
import threading

handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=".")
handler.log_message = http.server.BaseHTTPRequestHandler.log_message = lambda *_: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
urls = [f"{address}/{name}" for name in ("", "missing")]
"""

#: What single guides take for granted besides.
ALSO = {
    "docs/howto/async.md": SERVER,
    "docs/howto/fetch-urls.md": SERVER,
    "docs/reference/magics.md": """
from types import SimpleNamespace

def fetch(url):
    return SimpleNamespace(status=200, text=url)

def wanted(url):
    return url.endswith("7")

load = set

def join(users, orders):
    return users | orders
""",
}

#: Guides that take nothing for granted: each runs as it stands.
ALONE = {
    "docs/coming-from/flows.md",
    "docs/howto/faces.md",
    "docs/howto/flow.md",
    "docs/howto/settings.md",
}

#: Languages of code that runs here.
RUN = {"python", "ipython"}
#: Languages of code that does not, each with the reason.
NOT_RUN = {
    "bash": "they make environments; a test of its own looks at what they name",
    "text": "pictures and output",
}
#: What is markup of the site rather than code; Sphinx refuses what it does not know.
MARKUP = {"{image}", "{toctree}", "{include}", "{eval-rst}"}
#: Libraries whose blocks run only where they are installed, marked by this comment.
PEERS = {"ipyparallel", "pandarallel"}
NEEDS = re.compile(r"<!-- needs: (.*) -->")

#: Carries out cells as IPython does, up to the first that fails.
SHELL = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for cell in json.load(sys.stdin):
    shell.run_cell(cell, store_history=True).raise_error()
"""


class Block(NamedTuple):
    """A block of code in a document."""

    language: str
    code: str
    needs: str | None


def read(document: Path) -> list[Token]:
    return MarkdownIt().enable("table").parse(document.read_text(encoding="utf-8"))


def blocks_of(document: Path) -> list[Block]:
    found, needs = [], None
    for token in read(document):
        language = token.info.split(" ")[0]
        if token.type in {"fence", "code_block"} and language not in MARKUP:
            found.append(Block(language, token.content, needs))
        mark = NEEDS.match(token.content) if token.type == "html_block" else None
        needs = mark[1] if mark else None
    return found


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run(code: list[str], given: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", *code],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


@pytest.mark.parametrize(
    "document",
    [path for path in DOCUMENTS if any(b.language in RUN for b in blocks_of(path))],
    ids=named,
)
def test_code_in_documents_runs(document, tmp_path, monkeypatch):
    blocks = [block for block in blocks_of(document) if may_run(block)]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    name = named(document)
    given = "" if name in ALONE else PRELUDE + ALSO.get(name, "")
    codes = [given, *(block.code for block in blocks)]
    if any(block.language == "ipython" for block in blocks):
        done = run([SHELL], json.dumps(codes), tmp_path)
    else:
        done = run(["\n".join(codes)], "", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def may_run(block: Block) -> bool:
    return block.language in RUN and (block.needs is None or is_usable(block.needs))


def is_usable(library: str) -> bool:
    """Whether a library is there and can be imported."""
    if find_spec(library) is None:
        return False
    return run([f"import {library}"], "", ROOT).returncode == 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_block_runs_or_has_a_reason_not_to(document):
    blocks = blocks_of(document)
    assert {block.language for block in blocks} <= {*RUN, *NOT_RUN}
    assert {block.needs for block in blocks} <= {None, *PEERS}


def test_commands_in_documents_exist():
    targets = re.findall(
        r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    for document in DOCUMENTS:
        commands = [b.code for b in blocks_of(document) if b.language == "bash"]
        text = "\n".join(commands)
        assert set(re.findall(r"^make (\w+)", text, re.MULTILINE)) <= {*targets}
        paths = re.findall(r"\b(?:tools|tests|notebooks)/[\w./-]+", text)
        assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_reference_has_every_option_and_every_column():
    from nbparallel import Options, pmap

    options = {
        field.name: getattr(field.default, "__name__", repr(field.default))
        for field in fields(Options)
    }
    listed = {row[0]: row[1].replace('"', "'") for row in table_of("Options")}
    assert listed == options
    columns = [row[0] for row in table_of("Columns of `run.df`")]
    assert columns == list(pmap(abs, [1], progress=False).df)


def test_the_reference_has_every_part_of_a_run():
    from nbparallel import Run

    names = [row.split("|")[1] for row in rows_of("Run")]
    listed = set(re.findall(r"`(\w+)", " ".join(names)))
    parts = {name for name in dir(Run) if name[0] != "_"}
    assert parts - {"start"} <= listed  # which faces alone call


def test_the_guide_to_the_engine_has_every_file():
    text = (ROOT / "docs/explanation/engine.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(\w+(?:/\w+)+\.py)`", text))
    files = {path.relative_to(ROOT / "nbparallel").as_posix() for path in MODULES}
    assert listed <= files
    assert {each for each in files if re.match(r"engine/(?!.*__)", each)} <= listed


def test_the_layers_in_the_guide_are_those_that_are_enforced():
    from tests.test_layers import LEVELS

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    picture = text.split("\n## Layers\n", 1)[1].split("```")[1]
    told: list[set[str]] = []
    for line in picture.splitlines()[1:]:
        if line[0] != " ":
            told.insert(0, set())
        told[0] |= set(re.findall(r"\w+", re.split(r"\s{2,}", line[3:])[0]))
    assert told == [set(parts) for parts in LEVELS]


def table_of(title: str) -> list[list[str]]:
    """Return the first two cells of each row of a table in the reference, unmarked."""
    return [re.findall(r"[^|` ]+", row)[:2] for row in rows_of(title)]


def rows_of(title: str) -> list[str]:
    """Return the rows of a table in the reference."""
    text = (ROOT / "docs/reference/index.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    return [line for line in section.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_examples_in_docstrings_hold(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    module = importlib.import_module(name.removesuffix(".__init__"))
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_between_documents_lead_somewhere(document):
    links = [link for link in links_of(document) if "://" not in link]
    assert [link for link in links if not leads_somewhere(document, link)] == []


def links_of(document: Path) -> list[str]:
    """Return where links and pictures lead, as those see it who read the files."""
    inline = [child for token in read(document) for child in token.children or ()]
    found = [token.attrs.get("href") or token.attrs.get("src") for token in inline]
    return [unquote(str(each)) for each in found if each]


def leads_somewhere(document: Path, link: str) -> bool:
    target, place = urldefrag(link)
    path = document.parent / target if target else document
    return path.exists() and (not place or place in places_of(path))


def places_of(document: Path) -> set[str]:
    """Return the names that headings have in links."""
    tokens = read(document)
    titles = [
        title.content.lower()
        for heading, title in pairwise(tokens)
        if heading.type == "heading_open"
    ]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}
