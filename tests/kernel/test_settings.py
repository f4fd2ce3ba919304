"""The settings in IPython: configuration files and ``%config`` in a real kernel."""

from __future__ import annotations

import pytest

from tests.support.client import Kernel
from tests.support.kernels import VERSIONS

pytestmark = pytest.mark.kernel

FILE = """
c = get_config()
c.Settings.max_workers = 5
c.Settings.rows = "all"
c.NBParallel.grace = 0.5
"""


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start a kernel whose user has written this configuration file."""
    started = []

    def start(written):
        profile = tmp_path / "ipython" / "profile_default"
        profile.mkdir(parents=True)
        (profile / "ipython_config.py").write_text(written, encoding="utf-8")
        monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
        started.append(Kernel(VERSIONS[-1], str(tmp_path)))
        return started[0]

    yield start
    for kernel in started:
        kernel.stop()


def test_a_configuration_file_and_what_outranks_it(start):
    kernel = start(FILE)
    # Nothing but the import has happened: no name was used, no extension loaded.
    kernel.run("import nbparallel as nbp")
    assert "Settings" in kernel.run("%config").text.split()

    # What cannot be is told where it is needed, and the file's own line is named.
    refused = kernel.run("nbp.pmap(abs, [-1], progress=False)")
    assert refused.error == "BadType"
    said = refused.reply["content"]["evalue"]
    assert said.startswith("c.Settings.rows='all': must be a whole number")
    kernel.run("%config Settings.rows = 7")
    kernel.run("run = nbp.pmap(abs, [-1], progress=False)")
    assert kernel.evaluate("run.options.workers, run.options.rows") == (5, 7)

    # The environment outranks the file, a cell both.
    kernel.run("%env NBPARALLEL_MAX_WORKERS=6")
    assert kernel.evaluate("nbp.settings.workers") == 6
    kernel.run("%config Settings.max_workers = 8")
    assert kernel.evaluate("nbp.settings.workers") == 8
    kernel.run("nbp.settings.workers = 9")
    assert kernel.evaluate("nbp.settings.workers") == 9
    assert kernel.run("%config Settings.max_workers").text == "9"
    kernel.run("del nbp.settings.workers")
    assert kernel.evaluate("nbp.settings.workers") == 6

    # The magics bring the section of their own.
    assert kernel.evaluate("nbp.settings.grace") == 1
    kernel.run("%load_ext nbparallel")
    assert kernel.evaluate("nbp.settings.grace") == 0.5
    kernel.run("%unload_ext nbparallel")
    assert kernel.evaluate("nbp.settings.grace") == 1


def test_config_lists_sets_and_refuses(start):
    kernel = start("")
    kernel.run("import nbparallel as nbp")

    assert "Settings" in kernel.run("%config").text.split()
    kernel.run("%config Settings.parallel_agent_actions = False")
    kernel.run("nbp.settings.max_workers = 3")
    listed = kernel.run("%config Settings").text
    for name in ("workers", "num_threads", "keep_results"):
        assert f"Settings.{name}=" in listed
    assert "Current: False" in listed
    assert "How many tasks are carried out at the same time" in listed
    assert listed.count("Current: 3\n") == 3

    refused = kernel.run("%config Settings.max_workers = 0").text
    assert "Settings.max_workers=0: must be a whole number of at least 1" in refused
    misspelt = kernel.run("%config Settings.max_worker = 4").text
    assert "`max_worker` not recognized by `Settings`" in misspelt
    assert kernel.evaluate("nbp.settings.workers") == 3


def test_tab_offers_them(start):
    kernel = start("")
    kernel.run("import nbparallel as nbp")
    ask = {"code": "nbp.settings.max_", "cursor_pos": 17}
    reply = kernel.reply(kernel.ask("complete_request", ask))

    assert "max_workers" in "".join(reply["content"]["matches"])
