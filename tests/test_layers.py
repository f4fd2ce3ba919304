"""The layers of CONTRIBUTING.md, read from the source and enforced."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = "nbparallel"

#: Parts of the package by level. A part is a folder or a single module.
LEVELS = (
    (
        "coroutines",
        "daemons",
        "errors",
        "exiting",
        "kinds",
        "options",
        "peers",
        "quantities",
        "rates",
        "short_text",
        "signatures",
        "sources",
        "turns",
        "types",
    ),
    ("journal", "records", "work", "workers", "edge", "dataflow", "configuration"),
    ("engine",),
    ("faces", "views"),
    ("flow", "magics", "timing", "world"),
    ("__init__", "notebook", "testing", "worker_batch", "worker_process"),
)
LEVEL = {part: level for level, parts in enumerate(LEVELS) for part in parts}

#: Parts on one level that may know each other all the same: (who, whom) -> why.
ALLOWED = {
    ("options", "errors"): "the one place that refuses bad options raises the errors",
    ("options", "kinds"): "it refuses a kind of worker that does not exist",
    ("options", "signatures"): "`defaults` shows its options as every face does",
    (
        "options",
        "peers",
    ): "what other libraries call an option is told where it is not one",
    ("options", "rates"): "a rate is checked where all options are",
    ("options", "sources"): "what no call says, a source of the user's may",
    ("sources", "coroutines"): "in a function that is awaited, settings hold meanwhile",
    ("sources", "errors"): "it refuses what a source may not say, and names it",
    ("sources", "peers"): "settings go by some words of others",
    ("edge", "configuration"): "IPython's traits read and write the settings",
    ("journal", "records"): "its rows are those of a run, and so is its table",
    ("journal", "workers"): "its results are pickled as those of processes are",
    ("journal", "work"): "the keys of rows are those of the items of the work",
    ("work", "records"): "what a face shows of its run goes with its work",
    ("coroutines", "errors"): "what nobody awaits is an error, whoever finds it",
    ("rates", "errors"): "it refuses what it cannot read",
    ("peers", "errors"): "the nearest word is found in one place",
    ("flow", "notebook"): "its names come without the package's, and connect the views",
    ("world", "notebook"): "imported by its own name, it connects the views itself",
    ("__init__", "notebook"): "the first use of a public name connects the views",
}

#: What ``import nbparallel`` must not load; each of these costs at least 5 ms.
HEAVY = (
    "IPython",
    "anywidget",
    "asyncio",
    "cloudpickle",
    "inspect",
    "ipywidgets",
    "jinja2",
    "matplotlib",
    "narwhals",
    "nh3",
    "numpy",
    "pandas",
    "psutil",
    "tqdm",
    "typing",
)


class Import(NamedTuple):
    """One module of the package naming another."""

    source: str
    target: str
    line: int
    typing_only: bool


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in (ROOT / PACKAGE).rglob("*.py")}


def part_of(module: str) -> str:
    """The folder or top-level module that *module* belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def walk(node: ast.AST, *, typed: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Yield every node, and whether it only exists for the type checker."""
    typed = typed or typing_only(node)
    for child in ast.iter_child_nodes(node):
        yield child, typed
        yield from walk(child, typed=typed)


def targets(node: ast.AST, package: str) -> Iterator[str]:
    """Yield the modules of ours that a node imports, by statement or by their name."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            above = package.split(".")[: -(level - 1) or None] if level else []
            base = ".".join([*above, *([module] if module else [])])
            for alias in names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in MODULES else base
        case ast.Constant(value=str(text)) if "." in text and text in MODULES:
            yield text


def imports_of(module: str, path: Path) -> Iterator[Import]:
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    for node, typed in walk(ast.parse(path.read_text(encoding="utf-8"))):
        for target in targets(node, package):
            if target in MODULES and target != module:
                yield Import(module, target, node.lineno, typed)


IMPORTS = [found for item in MODULES.items() for found in imports_of(*item)]


def is_downward(found: Import) -> bool:
    who, whom = part_of(found.source), part_of(found.target)
    return who == whom or LEVEL[who] > LEVEL[whom] or (who, whom) in ALLOWED


def test_every_module_has_a_level():
    assert {part_of(module) for module in MODULES} <= LEVEL.keys()


def test_imports_point_down():
    offenders = [
        f"{found.source}:{found.line} imports {found.target}"
        for found in IMPORTS
        if not is_downward(found)
    ]
    assert not offenders, "\n".join(offenders)


def test_every_exception_is_used():
    used = {(part_of(found.source), part_of(found.target)) for found in IMPORTS}
    assert ALLOWED.keys() <= used


def circle_in(edges: set[tuple[str, str]]) -> list[str]:
    """Return modules that import each other in a circle, or nothing."""
    graph: dict[str, set[str]] = {}
    for who, whom in edges:
        graph.setdefault(who, set()).add(whom)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def test_modules_do_not_import_in_a_circle():
    """Inside functions and for types counts as well."""
    edges = {(found.source, found.target) for found in IMPORTS}
    circle = circle_in(edges)
    assert not circle, " -> ".join(circle)


def modules_after(code: str) -> set[str]:
    """Return what a fresh interpreter has loaded after running *code*."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


def test_importing_loads_nothing_heavy():
    added = modules_after(f"import {PACKAGE}") - modules_after("pass")
    assert not added & set(HEAVY)


def test_public_names_are_the_documented_ones():
    import nbparallel

    reference = (ROOT / "docs/reference/index.md").read_text(encoding="utf-8")
    section = reference.split("## Public names", 1)[1].split("\n## ", 1)[0]
    documented = [
        line.split("`")[1] for line in section.splitlines() if line.startswith("| `")
    ]
    assert sorted(documented) == sorted(nbparallel.__all__)
    assert all(hasattr(nbparallel, name) for name in nbparallel.__all__)


def test_engine_and_workers_are_made_of_small_parts():
    long = []
    parts = ("engine", "workers")
    for path in [
        each for part in parts for each in (ROOT / PACKAGE / part).rglob("*.py")
    ]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            lines = (node.end_lineno or 0) - node.lineno + 1
            if isinstance(node, ast.ClassDef) and lines > 200:
                long.append((path.name, node.name, lines))
    assert long == []
    scheduler = ROOT / PACKAGE / "engine/scheduler.py"
    assert len(scheduler.read_text(encoding="utf-8").splitlines()) < 200
