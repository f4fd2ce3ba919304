"""The panel of a run in JupyterLab, on every kernel."""

import pytest

from tests.browser.panel import PanelTests

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


class TestInLab(PanelTests):
    frontend = "lab"
