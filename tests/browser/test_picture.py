"""README shows the real panel: ``PICTURE=docs/images/panel.png`` takes it anew."""

import os
import re
from pathlib import Path

import pytest

from tests.support.soaking import SOAKS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not (SOAKS or "PICTURE" in os.environ),
        reason="others test the panel; this one is for who wants a picture",
    ),
]

SETUP = """
import random, time
import nbparallel as nbp

def fetch(url):
    time.sleep(random.uniform(0.05, 0.4))
    if url.endswith("7"):
        raise ConnectionError(f"{url} did not answer")
    if url.endswith("3"):
        print("moved to", url.replace("page", "archive"))
    return {"bytes": random.randrange(10_000)}

urls = [f"https://example.org/page/{n}" for n in range(400)]
"""


def test_the_panel_has_its_picture_taken(open_notebook, tmp_path):
    notebook = open_notebook([SETUP, "run = nbp.pmap(fetch, urls, workers=8, rows=11)"])
    notebook.run_cell(0)
    notebook.wait_until_done(0)
    notebook.run_cell(1)
    notebook.wait_for_text(1, re.compile(r"\b[89] failed|1\d failed"))
    notebook.wait_for_text(1, "moved to")
    picture = Path(os.environ.get("PICTURE", tmp_path / "panel.png"))

    cell = notebook.page.locator(".jp-Notebook .jp-Cell").nth(1)
    cell.screenshot(path=picture)

    assert picture.stat().st_size > 10_000
    notebook.click_button(1, "Cancel")
    notebook.wait_until_done(1)
