"""Nothing is shown here."""

from __future__ import annotations

import pytest

import nbparallel as nbp


@pytest.fixture(autouse=True)
def _quiet():
    with nbp.defaults(progress=False):
        yield
