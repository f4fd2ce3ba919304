"""What the guides say works: their code runs, and so do the docstrings' examples."""

from __future__ import annotations

import doctest
import importlib
import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
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

#: What single guides take for granted besides.
ALSO = {
    "docs/howto/fetch-urls.md": """
import functools
import http.server
import threading

handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=".")
handler.log_message = http.server.BaseHTTPRequestHandler.log_message = lambda *_: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
urls = [f"{address}/{name}" for name in ("", "missing")]
""",
    "docs/magic.md": """
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

#: Languages of code that does not run here, each with the reason.
NOT_RUN = {
    "bash": "they make environments; a test of its own looks at what they name",
    "text": "pictures and output",
}
BLOCK = re.compile(
    r"^(?:<!-- needs: (?P<needs>\w+) -->\n)?"
    r"```(?P<language>[^\n]*)\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)

#: Carries out cells as IPython does, up to the first that fails.
SHELL = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for cell in json.load(sys.stdin):
    shell.run_cell(cell, store_history=True).raise_error()
"""


def blocks_of(document: Path) -> list[re.Match[str]]:
    found = list(BLOCK.finditer(document.read_text(encoding="utf-8")))
    return [each for each in found if not each["language"].startswith("{")]


def language_of(block: re.Match[str]) -> str:
    """Return the language of a block; one without any has magics or is a picture."""
    if block["language"]:
        return block["language"]
    return "ipython" if re.search(r"^%|= %", block["code"]) else "text"


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


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_code_in_documents_runs(document, tmp_path, monkeypatch):
    blocks = [block for block in blocks_of(document) if may_run(block)]
    if not blocks:
        pytest.skip("no code in it")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    given = PRELUDE + ALSO.get(named(document), "")
    codes = [given, *(block["code"] for block in blocks)]
    if any(language_of(block) == "ipython" for block in blocks):
        done = run([SHELL], json.dumps(codes), tmp_path)
    else:
        done = run(["\n".join(codes)], "", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def may_run(block: re.Match[str]) -> bool:
    if language_of(block) in NOT_RUN:
        return False
    return block["needs"] is None or is_usable(block["needs"])


def is_usable(library: str) -> bool:
    """Whether a library is there and can be imported."""
    if find_spec(library) is None:
        return False
    return run([f"import {library}"], "", ROOT).returncode == 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_block_has_a_language_that_is_known(document):
    languages = {language_of(block) for block in blocks_of(document)}
    assert languages <= {"python", "ipython", *NOT_RUN}


def test_commands_in_documents_exist():
    targets = re.findall(
        r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    for document in {*DOCUMENTS, *ROOT.glob("*.md")}:
        commands = [b["code"] for b in blocks_of(document) if b["language"] == "bash"]
        text = "\n".join(commands)
        assert set(re.findall(r"^make (\w+)", text, re.MULTILINE)) <= {*targets}
        paths = re.findall(r"\b(?:tools|tests|notebooks)/[\w./-]+", text)
        assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_examples_in_docstrings_hold(path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    module = importlib.import_module(name.removesuffix(".__init__"))
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    "document", sorted({*DOCUMENTS, *ROOT.glob("*.md")}), ids=named
)
def test_links_between_documents_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    local = [target for target in targets if "://" not in target]
    assert [x for x in local if not (document.parent / x).exists()] == []
