"""How Sphinx builds the site; `make docs` calls it."""

# ruff: noqa: INP001 # Sphinx reads this file, nobody imports it

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.ext.napoleon import Config, NumpyDocstring
from sphinx.pycode import ModuleAnalyzer

import nbparallel

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent

project = "nbparallel"
author = "The nbparallel developers"
project_copyright = author
version = release = nbparallel.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx_design",
]


def take_in_notebooks() -> None:
    """Copy the notebooks to below this folder, where Sphinx looks for pages."""
    wanted = {path.name: path for path in (HERE.parent / "notebooks").glob("*.ipynb")}
    for copy in (HERE / "tutorials").glob("*.ipynb"):
        if copy.name not in wanted:
            copy.unlink()
    for name, path in wanted.items():
        shutil.copyfile(path, HERE / "tutorials" / name)


take_in_notebooks()

# -- Pages -----------------------------------------------------------------------------

exclude_patterns = ["_build", "**/.ipynb_checkpoints"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

# -- Notebooks -------------------------------------------------------------------------

nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # no page has a widget, or a script

# -- Reference -------------------------------------------------------------------------

default_role = "py:obj"  # what docstrings mean by `pmap`
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
#: Names that other projects document, or that have no page of their own.
OTHERS = (
    r"(collections|concurrent|matplotlib|numpy|os|pandas|pd)\..*",
    "Axes|Columns|Styler",
    r"nbparallel\.types\.Result_co",
    r"nbparallel\.faces\.\w+\.T",
    r"nbparallel\.timing\.scaling",
    r"nbparallel\.engine\.open_run\.OpenRun",
    r"nbparallel\.options\.MapOptions",
    r"nbparallel\.sources\.Block",
    r"nbparallel\.flow\.job\.Execution",
    r"BrokenThreadPool|Handler|MergeStrategy|json\.dumps",
)
nitpick_ignore_regex = [("py:.*", pattern) for pattern in OTHERS]

# -- Looks -----------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "nbparallel"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/logo.svg"
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    # The same for the dark: its colours stand out against both.
    "logo": {
        "text": "nbparallel",
        "image_light": "_static/logo.svg",
        "image_dark": "_static/logo.svg",
    },
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    # All but coming-from/: two pieces of code side by side need the room.
    "secondary_sidebar_items": {"*": ["page-toc"], "[!c]*/*": ["page-toc"]},
}


#: How the end of a run begins in an output.
RUN = '<details class="nbp nbp-run"'


# -- Docstrings ------------------------------------------------------------------------


def read_docstring(  # noqa: PLR0917 # Sphinx calls it so
    app: Sphinx, what: str, name: str, thing: object, options: Any, lines: list[str]
) -> None:
    """Read a NumPy docstring, as Sphinx's own extension does but for properties.

    That one takes "One row per task: its input" for a type and a description.
    """
    kind = "method" if what == "property" else what
    config = Config(napoleon_attr_annotations=False, napoleon_use_rtype=False)
    read = NumpyDocstring(lines, config, app, kind, name, thing, options)
    lines[:] = read.lines()


def leave_out_overloads(module: str) -> None:
    """Let pages show the one signature that `help` shows; checkers read the others."""
    source = ModuleAnalyzer.for_module(module)
    source.analyze()
    source.overloads.clear()


def open_first_panel(app: Sphinx, page: nodes.document) -> None:
    """Open the first run of a tutorial: if it was quick and went well, it is a line."""
    if not app.env.docname.startswith("tutorials/"):
        return
    shown = (each for each in page.findall(nodes.raw) if RUN in each.astext())
    if (first := next(shown, None)) is not None:
        opened = first.astext().replace(f"{RUN}>", f"{RUN} open>", 1)
        first.children = [nodes.Text(opened)]


def setup(app: Sphinx) -> None:
    """Connect what is ours; Sphinx calls it."""
    for face in ("pmap", "parallelized", "ptree", "run_parallel"):
        leave_out_overloads(f"nbparallel.faces.{face}")
    app.connect("autodoc-process-docstring", read_docstring)
    app.connect("doctree-read", open_first_panel)
