"""The site that `make docs` builds: no warning, no dead link, nothing from afar."""

from __future__ import annotations

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import sync_playwright

from tests.support.chromium import FLAGS, find_chromium

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.timeout(300)


class Page(HTMLParser):
    """What a page refers to, and the names of its places."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, _tag, attrs):
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            elif name in {"href", "src"} and value:
                self.links.append(value)


def build(folder: Path, *options: str, source: Path = ROOT / "docs"):
    """Build a site into a folder, with the settings and the strictness of ours."""
    command = [sys.executable, "-m", "sphinx", "-q", "-T", "-W", "--keep-going", "-n"]
    places = ["-c", ROOT / "docs", "-d", folder / "read", source, folder / "html"]

    def once():
        return subprocess.run(
            [*command, *options, *map(str, places)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    done = once()
    # Ports are let go of before the kernel takes them: another's may be faster.
    return once() if "Address already in use" in done.stderr else done


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of the site by path.

    The notebooks are shown as they were saved: executing them is what nbval is for.
    """
    folder = tmp_path_factory.mktemp("site")
    done = build(folder, "-D", "nb_execution_mode=off")
    assert done.returncode == 0, done.stderr
    pages = (folder / "html").rglob("*.html")
    return {path: Page(path) for path in pages if "_static" not in path.parts}


def test_every_link_leads_somewhere(site):
    links = [(path, link) for path, page in site.items() for link in page.links]
    local = [each for each in links if not urlsplit(each[1]).scheme]
    assert [each for each in local if not leads_somewhere(site, *each)] == []


def leads_somewhere(site: dict[Path, Page], path: Path, link: str) -> bool:
    target, place = urldefrag(link)
    if target:
        path = (path.parent / unquote(urlsplit(target).path)).resolve()
    if path in site:
        return not place or unquote(place) in site[path].places
    return path.is_file()


@pytest.mark.browser
def test_nothing_is_loaded_from_elsewhere(site):
    wanted, failed = set(), []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=FLAGS
        )
        page = browser.new_page()
        page.on("request", lambda request: wanted.add(request.url))
        page.on("requestfailed", lambda request: failed.append(fault(request)))
        page.on("pageerror", lambda error: failed.append(str(error)))
        for path in site:
            page.goto(path.as_uri())
        browser.close()
    assert {path.as_uri() for path in site} <= wanted
    assert [url for url in wanted if urlsplit(url).scheme not in {"file", "data"}] == []
    assert [each for each in failed if each] == []


def fault(request):
    """Return what was not loaded, but for what the next page has made needless."""
    return "" if request.failure == "net::ERR_ABORTED" else request.url


def test_every_notebook_is_a_page(site):
    pages = {path.stem for path in site if path.parent.name == "tutorials"}
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} <= pages


def test_the_first_run_of_a_lesson_is_open(site):
    for path in site:
        if path.parent.name == "tutorials":
            _, begin, rest = path.read_text("utf-8").partition('class="nbp nbp-run"')
            assert not begin or rest.startswith(" open>"), path


def test_every_public_name_has_its_place(site):
    import nbparallel

    (api,) = (page for path, page in site.items() if path.name == "api.html")
    assert {f"nbparallel.{name}" for name in nbparallel.__all__} <= api.places


def test_every_part_of_a_run_has_its_place(site):
    from nbparallel import Run

    (api,) = (page for path, page in site.items() if path.name == "api.html")
    for_views = {"snapshot", "columns", "browse", "detail", "take_displays"}
    for_faces_and_views = {"start", "work"} | for_views
    parts = {name for name in dir(Run) if name[0] != "_"} - for_faces_and_views
    assert {f"nbparallel.Run.{name}" for name in parts} <= api.places


def write_notebook(folder: Path, code: str) -> Path:
    """Write a site of one notebook, which was never executed."""
    cells = [new_markdown_cell("# A lesson"), new_code_cell(code)]
    folder.mkdir()
    nbformat.write(new_notebook(cells=cells), folder / "index.ipynb")
    return folder


def test_notebooks_are_executed_and_a_run_is_shown_without_a_script(tmp_path):
    code = "import nbparallel\nrun = nbparallel.pmap(hex, [48879])"
    done = build(tmp_path, source=write_notebook(tmp_path / "source", code))
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "html/index.html").read_text(encoding="utf-8")
    assert "0xbeef" in page
    assert "widget-view" not in page


def test_a_notebook_that_fails_fails_the_site(tmp_path):
    source = write_notebook(tmp_path / "source", "int('forty-two')")
    done = build(tmp_path, source=source)
    assert done.returncode != 0
    assert "invalid literal for int()" in done.stderr
