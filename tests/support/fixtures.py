"""Fixtures that need neither a kernel nor a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import nbparallel as nbp
from nbparallel.testing import Gate


@pytest.fixture
def quiet() -> Iterator[None]:
    """No run shows its progress."""
    with nbp.defaults(progress=False):
        yield


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate for tasks to wait at; it opens when the test ends, if not before."""
    made = Gate()
    yield made
    made.open()
