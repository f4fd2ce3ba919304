"""The panel of a run in JupyterLab."""

import pytest

from tests.browser.panel import COROUTINES_AT, PROCESSES_AT, PanelTests

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
#: What else than threads carries tasks out while a cell blocks.
OTHERS = pytest.mark.parametrize(
    "cell", [COROUTINES_AT, PROCESSES_AT], ids=["coroutines", "processes"]
)


class TestInLab(PanelTests):
    frontend = "lab"

    @OTHERS
    def test_cancel_ends_what_is_no_thread(self, notebook, cell):
        self.cancel(notebook, cell)

    @OTHERS
    def test_the_stop_button_ends_what_is_no_thread(self, notebook, cell):
        self.interrupt(notebook, cell)
