"""Fixtures that several test files share."""

import signal
from itertools import filterfalse

import pytest

from tests.support.client import Kernel
from tests.support.fixtures import gate, quiet  # noqa: F401 # pytest finds them here
from tests.support.kernels import VERSIONS
from tests.support.soaking import SOAKS

#: Every ipykernel, and from 7 on both ways in which front ends talk to it.
KERNELS = [
    pytest.param((version, subshells), id=version + ("-subshell" if subshells else ""))
    for version in VERSIONS
    for subshells in (False, True)
    if not (subshells and version.startswith("6."))
]
#: Those that only `make soak` takes for every test; as kernels, and by the page.
BETWEEN = [*(each.values[0] for each in KERNELS[1:-1]), *VERSIONS[1:-1]]


def pytest_configure():
    # Whoever starts the tests in the background has interrupts ignored.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """Take the oldest and the newest kernel, where not every one is asked for."""
    if not SOAKS:
        left_out = list(filter(is_left_to_the_soak, items))
        items[:] = filterfalse(is_left_to_the_soak, items)
        config.hook.pytest_deselected(items=left_out)


def is_left_to_the_soak(item):
    frontend, kernel = place_of(item)
    every = item.get_closest_marker("every_kernel")
    # What a kernel does is seen in Lab: elsewhere one of them will do.
    left_out = BETWEEN if frontend == "lab" or every else [*BETWEEN, VERSIONS[0]]
    return kernel in left_out and not (every and frontend == "lab")


def place_of(item):
    """Return the front end and the kernel of a test, as far as it has any."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    frontend, kernel = params.get("notebook", (None, None))  # of both
    kernel = kernel or params.get("running_kernel") or params.get("shared_notebook")
    of_class = getattr(getattr(item, "cls", None), "frontend", "lab")
    frontend = frontend or params.get("frontend", of_class)
    return frontend, kernel or params.get("kernel")


@pytest.fixture(scope="session", params=KERNELS)
def running_kernel(request, tmp_path_factory):
    version, subshells = request.param
    directory = tmp_path_factory.mktemp("kernel")
    kernel = Kernel(version, str(directory), subshells=subshells)
    yield kernel
    kernel.stop()


@pytest.fixture
def kernel(running_kernel):
    """A real kernel: each version in turn, kept from test to test while it is well."""
    running_kernel.run("%reset -f")
    running_kernel.said.clear()
    yield running_kernel
    if not running_kernel.is_well():
        running_kernel.restart()
