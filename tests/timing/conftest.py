"""Nothing is shown here."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _quiet(quiet):
    pass
