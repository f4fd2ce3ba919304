"""Find the Chromium that the browser tests drive, or say how to get one."""

from __future__ import annotations

import os
import shutil
import subprocess

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: No sandbox, because tests may run as root; nothing that talks to the world.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """Return its path; as root on a Debian-like system, install it if need be."""
    path = os.environ.get("NBPARALLEL_CHROMIUM") or _on_path()
    if path is None and _may_install():
        subprocess.run(["apt-get", "update"], check=True)
        subprocess.run(["apt-get", "install", "-y", "chromium"], check=True)
        path = _on_path()
    if path is None:
        message = (
            "The browser tests need Chromium or Google Chrome. Install one (on Debian: "
            "apt-get install chromium), or put its path into NBPARALLEL_CHROMIUM. "
            'To run all other tests: pytest -m "not browser".'
        )
        raise RuntimeError(message)
    return path


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


def _may_install() -> bool:
    return bool(shutil.which("apt-get")) and os.geteuid() == 0
