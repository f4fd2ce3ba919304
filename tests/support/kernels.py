"""Several versions of ipykernel, other kernels and front ends in one environment.

Each is a directory holding that alone, put in front of everything else: by the
kernelspec of a kernel, by whoever starts a front end. All other packages are shared,
ours among them. The directories are made on first use, then kept; only the first use
needs a network.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

#: Kernels that are no ipykernel: what to install, and how to launch it.
OTHERS = {
    "xeus-python": (
        ("xeus-python==0.19.0", "xeus-python-shell==0.8.1"),
        ("-m", "xpython_launcher", "-f", "{connection_file}"),
    ),
    "async-kernel": (
        (
            "async-kernel==0.23.1",
            "aiologic==0.17.1",
            "outcome==1.3.0.post0",
            "sniffio==1.3.1",
            "wrapt==2.5.2",
        ),
        ("-m", "async_kernel", "start", "--connection_file={connection_file}"),
    ),
}

#: Front ends that run in Python: what to install.
FRONT_ENDS = {"jupyter-console": "jupyter-console==6.6.3", "marimo": "marimo==0.25.2"}

VERSIONS = ("6.29.5", "6.31.0", "7.0.1", "7.2.0", "7.4.0")

_CACHE = Path(__file__).parents[2] / ".cache" / "kernels"

#: For ``JUPYTER_PATH``: where the kernelspecs are found.
JUPYTER_PATH = _CACHE / "jupyter"
KERNELSPECS = JUPYTER_PATH / "kernels"


def install(version: str) -> str:
    """Make this ipykernel available; return the name of its kernelspec."""
    name = f"ipykernel-{version}"
    overlay = _CACHE / name
    if not overlay.exists():
        _download([f"ipykernel=={version}"], overlay)
    options = ["--HistoryManager.enabled=False", "-f", "{connection_file}"]
    launch = ["-Xfrozen_modules=off", "-m", "ipykernel_launcher", *options]
    _write_kernelspec(KERNELSPECS / name, overlay, launch)
    return name


def install_other(name: str) -> str:
    """Make one of `OTHERS` available; return the name of its kernelspec."""
    packages, launch = OTHERS[name]
    overlay = _CACHE / name
    if not overlay.exists():
        _download(packages, overlay)
    _write_kernelspec(KERNELSPECS / name, overlay, launch)
    return name


def install_front_end(name: str) -> str:
    """Make one of `FRONT_ENDS` available; return what to put into ``PYTHONPATH``."""
    overlay = _CACHE / name
    if not overlay.exists():
        _download([FRONT_ENDS[name]], overlay, alone=name != "marimo")
    return str(overlay)


def install_all() -> dict[str, str]:
    """Make every version available; return the names of the kernelspecs by version."""
    return {version: install(version) for version in VERSIONS}


def _download(packages: Sequence[str], overlay: Path, *, alone: bool = True) -> None:
    """Install packages; unless *alone*, with all that the tests may not have."""
    with _replacing(overlay) as fresh:
        dependencies = ["--no-deps"] if alone else []
        what = ["--quiet", *dependencies, "--target", fresh, *packages]
        subprocess.run([*_installer(), *what], check=True)


def _installer() -> list[str]:
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "install"]
    return ["uv", "pip", "install", "--python", sys.executable]


def _write_kernelspec(directory: Path, overlay: Path, launch: Sequence[str]) -> None:
    spec = {
        "argv": [sys.executable, *launch],
        "display_name": directory.name,
        "language": "python",
        "env": {"PYTHONPATH": str(overlay)},
    }
    text = json.dumps(spec, indent=1)
    file = directory / "kernel.json"
    if file.exists() and file.read_text() == text:
        return
    directory.mkdir(parents=True, exist_ok=True)
    with _replacing(file) as fresh:
        fresh.write_text(text)


@contextmanager
def _replacing(place: Path) -> Iterator[Path]:
    """Give a path to write to; it is put in place when complete, or not at all.

    Several test processes may do this at once. The first one wins, which is as good.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=place.parent))
    try:
        yield scratch / place.name
        (scratch / place.name).replace(place)
    except OSError:
        if not place.exists():
            raise
    finally:
        shutil.rmtree(scratch)
