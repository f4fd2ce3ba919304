"""The site that `make docs` builds: no warning, every link leads somewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
#: Attributes that make a browser load something, and those that lead somewhere.
LOADED = {("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src")}
LEADING = {("a", "href")}

pytestmark = pytest.mark.timeout(300)


class Page(HTMLParser):
    """What a page refers to, and the names of its places."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            elif (tag, name) in LOADED and value:
                self.loaded.append(value)
            elif (tag, name) in LEADING and value:
                self.links.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of the site by path.

    The notebooks are shown as they were saved: executing them is what nbval is for.
    """
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n"]
    places = ["-d", str(folder / "read"), str(ROOT / "docs"), str(folder / "html")]
    done = subprocess.run(
        [*command, "-D", "nb_execution_mode=off", *places],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = (folder / "html").rglob("*.html")
    return {path: Page(path) for path in pages if "_static" not in path.parts}


def test_every_link_leads_somewhere(site):
    links = [(path, link) for path, page in site.items() for link in page.links]
    loaded = [(path, link) for path, page in site.items() for link in page.loaded]
    local = [each for each in links + loaded if not urlsplit(each[1]).scheme]
    assert [each for each in local if not leads_somewhere(site, *each)] == []


def leads_somewhere(site: dict[Path, Page], path: Path, link: str) -> bool:
    target, place = urldefrag(link)
    if target:
        path = (path.parent / unquote(urlsplit(target).path)).resolve()
    if path in site:
        return not place or unquote(place) in site[path].places
    return path.is_file()


def test_nothing_is_loaded_from_elsewhere(site):
    foreign = {
        link
        for page in site.values()
        for link in page.loaded
        if urlsplit(link).netloc or urlsplit(link).scheme not in ("", "data")
    }
    assert foreign == set()


def test_every_notebook_is_a_page(site):
    pages = {path.stem for path in site if path.parent.name == "tutorials"}
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} <= pages


def test_every_public_name_has_its_place(site):
    import nbparallel

    (api,) = (page for path, page in site.items() if path.name == "api.html")
    assert {f"nbparallel.{name}" for name in nbparallel.__all__} <= api.places
