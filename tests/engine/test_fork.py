"""A child forked inside a task starts runs of its own."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import os
import nbparallel as nbp

def task(number):
    child = os.fork()
    if child == 0:
        found = nbp.pmap(abs, [-number], progress=False).results[0]
        os._exit(found)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

print(nbp.pmap(task, [3, 4], progress=False).results)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_a_forked_child_is_on_its_own():
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.stdout == "[3, 4]\n", done.stderr
