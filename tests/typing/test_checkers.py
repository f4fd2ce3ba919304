"""What type checkers know of nbparallel: right calls pass, each mistake is reported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RIGHT = Path(__file__).with_name("right.py")
WRONG = Path(__file__).with_name("wrong.py")
MISTAKES = [
    pytest.param(number, id=line.removesuffix("  # wrong").strip())
    for number, line in enumerate(WRONG.read_text().splitlines(), 1)
    if line.endswith("  # wrong")
]

#: A first run reads pandas' types, on a busy machine for more than the usual minute.
pytestmark = pytest.mark.timeout(300)


def output_of(module: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *options, str(RIGHT), str(WRONG)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr  # 1: there are mistakes
    return done.stdout


def mypy() -> list[tuple[Path, int, str]]:
    lines = output_of("mypy", "--strict", "--output", "json").splitlines()
    found = [line for line in map(json.loads, lines) if line["severity"] == "error"]
    return [(ROOT / each["file"], each["line"], each["message"]) for each in found]


def pyright() -> list[tuple[Path, int, str]]:
    options = ["--outputjson", "--pythonpath", sys.executable]
    found = json.loads(output_of("basedpyright", *options))["generalDiagnostics"]
    return [
        (Path(each["file"]), each["range"]["start"]["line"] + 1, each["message"])
        for each in found
        if each["severity"] == "error"
    ]


@pytest.fixture(scope="module", params=[mypy, pyright], ids=lambda each: each.__name__)
def reported(request):
    """What one checker reports in the two files: path, line, message."""
    return request.param()


def test_right_calls_pass(reported):
    assert [each for each in reported if each[0] != WRONG] == []


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_reported_at_its_line(reported, line):
    assert line in {number for path, number, _ in reported if path == WRONG}


def test_nothing_else_is_reported(reported):
    mistakes = {parameter.values[0] for parameter in MISTAKES}
    assert [
        each for each in reported if each[0] == WRONG and each[1] not in mistakes
    ] == []
