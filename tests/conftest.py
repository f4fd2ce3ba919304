"""Fixtures that several test files share."""

import signal

import pytest

from tests.support.client import Kernel
from tests.support.fixtures import gate, quiet  # noqa: F401 # pytest finds them here
from tests.support.kernels import VERSIONS

#: Every ipykernel, and from 7 on both ways in which front ends talk to it.
KERNELS = [
    pytest.param((version, subshells), id=version + ("-subshell" if subshells else ""))
    for version in VERSIONS
    for subshells in (False, True)
    if not (subshells and version.startswith("6."))
]


def pytest_configure():
    # Whoever starts the tests in the background has interrupts ignored.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
