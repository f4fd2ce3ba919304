"""Execute a notebook without a front end and print what its summary cells said.

``python tools/demo.py NOTEBOOK FOLDER`` leaves the executed notebook in FOLDER. Cells
that carry the tag ``summary`` are the ones whose text is printed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode


def execute(notebook: Path, folder: Path) -> Path:
    """Run the notebook from its own folder and write the executed one to *folder*."""
    content = nbformat.read(notebook, as_version=4)
    try:
        NotebookClient(
            content,
            timeout=300,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(notebook.parent)}},
        ).execute()
    finally:
        folder.mkdir(parents=True, exist_ok=True)
        written = folder / notebook.name
        nbformat.write(content, written)
    return written


def summaries(content: NotebookNode) -> Iterator[str]:
    """Yield the text of every cell tagged ``summary``."""
    for cell in content.cells:
        if "summary" in cell.metadata.get("tags", ()):
            for output in cell.outputs:
                yield output.get("text") or output.get("data", {}).get("text/plain", "")


def main(notebook: str, folder: str) -> None:
    """Execute, then tell the reader what happened and where to look."""
    written = execute(Path(notebook), Path(folder))
    for text in summaries(nbformat.read(written, as_version=4)):
        sys.stdout.write(f"{text.rstrip()}\n")
    sys.stdout.write(f"\nThe executed notebook: {written.resolve()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
