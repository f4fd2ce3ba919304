"""The panel of a run in Notebook 7."""

import pytest

from tests.browser.panel import PanelTests

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


class TestInNotebook(PanelTests):
    frontend = "notebook"
