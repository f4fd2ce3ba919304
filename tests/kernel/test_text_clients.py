"""Clients that show text, and replace none of it, driven for real."""

import os
import re
import subprocess
import sys

import pexpect
import pytest

from tests.support.kernels import JUPYTER_PATH, VERSIONS, install, install_front_end

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.timeout(120),
    # From Python 3.12 on: other tests leave threads behind, but the child starts anew.
    pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning"),
]

RUN = "run = nbp.pmap(lambda n: 1 / (n - 3), range(40), desc='sums')"


@pytest.fixture(params=(VERSIONS[0], VERSIONS[-1]))
def kernel(request):
    return install(request.param)


@pytest.fixture
def environment(tmp_path):
    return {
        **os.environ,
        "JUPYTER_PATH": str(JUPYTER_PATH),
        "JUPYTER_CONFIG_DIR": str(tmp_path),
        "IPYTHONDIR": str(tmp_path),
    }


@pytest.fixture
def console(kernel, environment):
    """A `jupyter console` at its first prompt."""
    environment["PYTHONPATH"] = install_front_end("jupyter-console")
    arguments = ["-m", "jupyter_console", f"--kernel={kernel}", "--simple-prompt"]
    made = pexpect.spawn(
        sys.executable, arguments, env=environment, timeout=30, encoding="utf-8"
    )
    made.expect(r"In \[1\]: ")
    yield made
    made.close(force=True)


def said(console, code, prompt):
    """Type a line; return what was shown until the next prompt."""
    console.sendline(code)
    console.expect(rf"In \[{prompt}\]: ")
    return re.sub(r"\x1b\[[0-9;?]*\w", "", console.before).replace("\r\n", "\n")


def test_a_console_is_told_how_to_cancel_and_the_end_once(console):
    said(console, "import nbparallel as nbp", 2)

    shown = said(console, RUN, 3)

    assert "sums: running" in shown
    assert "To cancel, interrupt the kernel" in shown
    assert shown.count("39 ok, 1 failed") == 1
    assert "ZeroDivisionError" in shown
    assert "run.retry() runs the one again" in shown
    assert "failed" not in said(console, "print('later')", 4)
    assert "39 ok, 1 failed" in said(console, "run", 5)


def test_a_console_is_told_the_end_of_a_run_in_the_background(console):
    said(console, "import nbparallel as nbp", 2)
    said(console, "from nbparallel.testing import Gate; gate = Gate()", 3)
    assert " ok" not in said(console, "run = nbp.pmap(gate, range(3), block=False)", 4)

    assert said(console, "gate.open(); end = run.wait()", 5).count("3 ok") == 1


def test_a_script_that_is_run_in_a_kernel_prints_the_end(kernel, environment, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(f"import nbparallel as nbp\n{RUN}\nprint('next')\n")

    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "run", f"--kernel={kernel}", str(script)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )

    lines = done.stdout.splitlines()
    assert (
        sum(line.startswith("sums: 40 of 40 - 39 ok, 1 failed") for line in lines) == 1
    )
    assert lines[-1] == "next"
