"""Errors of ours in real kernels: the user's lines, none of ours."""

import re

import pytest

pytestmark = pytest.mark.kernel

SETUP = """
import nbparallel as nbp

def broken():
    yield 1
    raise OSError("disk")

def fail(number):
    raise ValueError(number)

def call():
    return nbp.pmap(abs, [1], wrokers=2)
"""

TASK_OF_LINE_1 = ["Cell In[2], line 1", "Cell In[1], line 8, in fail(number)"]


@pytest.mark.parametrize(
    ("code", "error", "lines"),
    [
        ("nbp.pmap(abs, [1], workers=0)", "BadValue", ["Cell In[2], line 1"]),
        ("call()", "BadType", ["Cell In[2], line 1", "Cell In[1], line 11, in call()"]),
        ("nbp.compare(abs, [])", "BadValue", ["Cell In[2], line 1"]),
        ("nbp.sweep(abs, [1], workers=8)", "BadType", ["Cell In[2], line 1"]),
        ("nbp.plot_timeline(5)", "BadType", ["Cell In[2], line 1"]),
        ("nbp.plot_speedup(5)", "BadType", ["Cell In[2], line 1"]),
        *[
            (code, "ValueError", TASK_OF_LINE_1)
            for code in (
                "nbp.pmap(fail, [1], progress=False).results",
                "nbp.pmap(fail, [1], on_error='raise', progress=False)",
                "nbp.pmap(fail, [1], block=False, on_error='raise').wait()",
                "for _ in nbp.pmap(fail, [1], block=False, on_error='raise'): pass",
                "await nbp.pmap(fail, [1], block=False, on_error='raise')",
                "nbp.compare(fail, [1], on_error='raise', progress=False)",
                "nbp.sweep(fail, [1], workers=[2], on_error='raise', progress=False)",
            )
        ],
        (
            "nbp.pmap(abs, broken(), progress=False)",
            "InputError",
            ["Cell In[1], line 5, in broken()", "Cell In[2], line 1"],
        ),
    ],
)
def test_an_error_shows_the_way_through_the_users_code(kernel, code, error, lines):
    kernel.run("%colors NoColor")
    kernel.run("%reset -f")
    count = kernel.evaluate("get_ipython().execution_count")
    kernel.run(SETUP)
    outcome = kernel.run(code)
    shown = "\n".join(outcome.reply["content"]["traceback"])
    shown = re.sub(r"\x1b\[[\d;]*m", "", shown)

    assert outcome.error == error
    at = {"1": count, "2": count + 1}
    wanted = [
        re.sub(r"In\[(\d)\]", lambda n: f"In[{at[n[1]]}]", each) for each in lines
    ]
    assert re.findall(r"^(?:Cell|File) .*$", shown, re.MULTILINE) == wanted


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_a_kept_traceback_names_the_cell(kernel, backend):
    kernel.run("%reset -f")
    count = kernel.evaluate("get_ipython().execution_count")
    kernel.run(SETUP)
    said = kernel.run(f"run = nbp.pmap(fail, [1], backend={backend!r})\nrun.forget()")
    shown = [each["content"].get("data", {}) for each in said.outputs]
    panel = next(data["text/html"] for data in shown[::-1] if "text/html" in data)
    words = re.sub("<[^>]*>", "", panel)
    assert f"Cell In[{count}], line 8, in fail" in words
    assert "ipykernel_" not in panel
