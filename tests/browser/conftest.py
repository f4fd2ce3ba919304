"""The server and the browser, started once; a fresh page for each test."""

from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from tests.support.browser import NotebookPage
from tests.support.chromium import FLAGS, find_chromium
from tests.support.kernels import VERSIONS
from tests.support.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.shutdown_kernels()
    server.stop()


# Not for the session: while it runs, Playwright keeps an event loop running in this
# thread, which is not what other tests expect.
@pytest.fixture(scope="package")
def browser():
    path = find_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        # One context, so that the front ends' scripts are loaded and compiled once.
        yield chromium.new_context(viewport={"width": 1280, "height": 1000})
        chromium.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Say where the kernels are when a test has failed: one may not answer any more."""
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and server is not None:
        report.sections.append(("kernels", server.whereabouts()))
    return report


@contextmanager
def opening(browser, server):
    pages = []

    def open_one(cells, **options):
        pages.append(NotebookPage(browser, server, cells, **options))
        return pages[-1]

    yield open_one
    for page in pages:
        page.close()


@pytest.fixture
def open_notebook(browser, server):
    """Open notebooks: ``open_notebook(cells, frontend=..., kernel=...)``."""
    with opening(browser, server) as open_one:
        yield open_one


@pytest.fixture(scope="class", params=VERSIONS)
def shared_notebook(request, browser, server):
    """The ``cells`` of the class in its ``frontend``, on each kernel in turn."""
    with opening(browser, server) as open_one:
        yield open_one(
            request.cls.cells, frontend=request.cls.frontend, kernel=request.param
        )


@pytest.fixture
def notebook(shared_notebook):
    """The class's notebook with its first cell, the preparations, just run."""
    shared_notebook.run_cell(0)
    shared_notebook.wait_until_done(0)
    yield shared_notebook
    assert shared_notebook.errors == []
