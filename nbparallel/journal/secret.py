"""The secret of this user, with which pickled results are signed.

It is kept as Jupyter keeps the one that notebooks are signed with: in a file of its
data folder that nobody else can read.
"""

from __future__ import annotations

import hmac
import os
import secrets
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

#: The name of the file, and how many bytes it has.
NAME = "nbparallel_secret"
SIZE = 64


def data_folder() -> Path:
    """Return the folder in which Jupyter keeps what belongs to this user."""
    try:
        from jupyter_core.paths import jupyter_data_dir
    except ImportError:
        return _usual_folder()
    return Path(jupyter_data_dir())


def _usual_folder() -> Path:
    """Return the same where Jupyter is not installed."""
    if given := os.environ.get("JUPYTER_DATA_DIR"):
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library/Jupyter"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "jupyter"
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(base) / "jupyter"


def secret() -> bytes:
    """Return the secret; the first call of this user makes it.

    Raises
    ------
    OSError
        It can neither be read nor made.
    """
    return _read(data_folder() / NAME)


@cache
def _read(path: Path) -> bytes:
    with suppress(FileNotFoundError):
        return _checked(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Complete before it has its name: two that make it at once read the same one.
    made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(SIZE))
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(made, path)
    except OSError:  # a file system without links
        if not path.exists():
            made.rename(path)
    made.unlink(missing_ok=True)
    return _checked(path)


def _checked(path: Path) -> bytes:
    found = path.read_bytes()
    if len(found) < SIZE:
        message = f"{path} is too short for a secret: delete it"
        raise OSError(message)
    return found


def sign(*parts: bytes) -> bytes:
    """Return the signature of *parts*, which nobody else can make."""
    # Each with its length: no part can pass for the beginning of the next.
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.digest(secret(), message, "sha256")


def is_signed(signature: bytes | None, *parts: bytes) -> bool:
    """Whether *signature* is the one that `sign` gives."""
    return signature is not None and hmac.compare_digest(signature, sign(*parts))
