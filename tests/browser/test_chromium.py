"""Where the browser comes from, and what is said when there is none."""

import pytest

from tests.support import chromium

pytestmark = pytest.mark.browser


def test_the_environment_may_name_it(monkeypatch):
    monkeypatch.setenv("NBPARALLEL_CHROMIUM", "/opt/browser")

    assert chromium.find_chromium() == "/opt/browser"


def test_without_one_the_error_says_what_to_do(monkeypatch):
    monkeypatch.delenv("NBPARALLEL_CHROMIUM", raising=False)
    monkeypatch.setattr(chromium.shutil, "which", lambda _: None)

    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        chromium.find_chromium()
