"""What the guides say works: their Python runs, and so do the docstrings' examples."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
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


def python_in(document: Path) -> str:
    text = document.read_text(encoding="utf-8")
    return "\n".join(
        re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    )


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_python_in_documents_runs(document, tmp_path):
    code = python_in(document)
    if not code:
        pytest.skip("no Python in it")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PRELUDE + code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


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
