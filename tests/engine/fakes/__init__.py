"""Backends that are nothing like the real ones, to prove the contract on.

Each file here is one, under its own name: a new file is picked up by itself.
"""

from __future__ import annotations

from pathlib import Path

#: The word of each, and where it lives, as in `nbparallel.kinds.KINDS`.
FAKES = {
    f"fake-{path.stem}": f"{__name__}.{path.stem}:{path.stem.capitalize()}"
    for path in sorted(Path(__file__).parent.glob("[!_]*.py"))
}
