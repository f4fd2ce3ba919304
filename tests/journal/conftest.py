"""A folder for journals, a user of its own, and the backends of the engine's tests."""

from __future__ import annotations

import pytest

from tests.engine import conftest as engine

gate = engine.gate
going = engine.going
go = engine.go
backend = engine.backend
_quiet = engine._quiet
_nothing_hangs_on = engine._nothing_hangs_on


@pytest.fixture(autouse=True)
def user(tmp_path_factory, monkeypatch):
    """Who has a data folder, and so a secret, of their own."""
    folder = tmp_path_factory.mktemp("jupyter")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "run.db")
