"""The panel of a run in JupyterLab, on every kernel."""

from typing import ClassVar

import pytest

from tests.browser.panel import (
    BLOCKING_AT,
    COROUTINES_AT,
    PROCESSES_AT,
    PanelTests,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


class TestInLab(PanelTests):
    frontend = "lab"
    kinds: ClassVar = {
        "threads": BLOCKING_AT,
        "coroutines": COROUTINES_AT,
        "processes": PROCESSES_AT,
    }
