"""A Jupyter server of our own: JupyterLab and Notebook 7 on one random local port.

It reads and writes nothing but its own directory, and knows every test kernel.

It also makes up for a fault of ipykernel 7.0 to 7.3 (ipython/ipykernel#1554): a request
that arrives while the kernel sends a reply is, once in some hundred pages, not read
before the next client connects. So clients do connect, each second.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import zmq

from tests.support.kernels import JUPYTER_PATH, install_all

_CONFIG = {
    "ServerApp": {
        "ip": "127.0.0.1",
        "port": 0,
        "allow_root": True,
        "open_browser": False,
        "jpserver_extensions": {
            "jupyterlab": True,
            "notebook": True,
            "jupyter_lsp": False,
            "jupyter_server_terminals": False,
            "voila.server_extension": False,
        },
    },
    # The page object asks the application itself what a user could only guess.
    "LabApp": {"expose_app_in_browser": True},
    "JupyterNotebookApp": {"expose_app_in_browser": True},
}

#: What would put itself in front of a notebook, or take cells off the page.
_SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "apputils-extension/themes": {"adaptive-theme": True},
}


#: The kernels that may leave a request unread until somebody connects.
_SLEEPY = ("ipykernel-7.0.1", "ipykernel-7.2.0")


class Server:
    """A running server; *directory* is its whole world.

    Its front ends have no extensions of the names *without*.
    """

    def __init__(self, directory: Path, without: Sequence[str] = ()) -> None:
        install_all()
        self.notebooks = directory / "notebooks"
        self.notebooks.mkdir()
        self.log: list[str] = []
        self.url = ""
        self.token = secrets.token_hex()
        self._runtime = directory / "runtime"
        disabled = {"disabledExtensions": dict.fromkeys(without, True)}
        _write(directory / "config/labconfig/page_config.json", disabled)
        self._process = self._start(directory)
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if not self._ready.wait(30) or not self.url:
            raise TimeoutError("".join(self.log))
        self._stopped = threading.Event()
        self._waker = threading.Thread(target=self._wake_kernels, daemon=True)
        self._waker.start()

    def stop(self) -> None:
        self._stopped.set()
        self._waker.join(30)
        self._process.terminate()
        self._process.wait(10)
        self._reader.join(10)
        self._process.stderr.close()

    def request(self, method: str, path: str) -> Any:
        """Call the server's REST interface, ``api/kernels`` for instance."""
        request = Request(self.url + path, method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urlopen(request, timeout=20) as response:
            text = response.read()
        return json.loads(text) if text else None

    def shutdown_kernels(self) -> None:
        """Shut down every session's kernel."""
        for session in self.request("GET", "api/sessions"):
            self.request("DELETE", f"api/sessions/{session['id']}")

    def whereabouts(self) -> str:
        """Return where each thread of each kernel is."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        kernels = " ".join(each.read_text() for each in threads).split()
        look = [Path(sys.executable).with_name("py-spy"), "dump", "--pid"]
        dumps = [
            subprocess.run([*look, kernel], check=False, capture_output=True, text=True)
            for kernel in kernels
        ]
        return "\n".join(each.stdout + each.stderr for each in dumps)

    def _start(self, directory: Path) -> subprocess.Popen[str]:
        config = directory / "config"
        _write(config / "jupyter_server_config.json", _CONFIG)
        for plugin, values in _SETTINGS.items():
            file = config / "settings/@jupyterlab" / f"{plugin}.jupyterlab-settings"
            _write(file, values)
        environment = {
            "JUPYTER_TOKEN": self.token,
            "JUPYTER_PATH": str(JUPYTER_PATH),
            "JUPYTER_CONFIG_DIR": str(config),
            "JUPYTER_DATA_DIR": str(directory / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._runtime),
            "JUPYTERLAB_SETTINGS_DIR": str(config / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(config / "workspaces"),
            "IPYTHONDIR": str(directory / "ipython"),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "jupyter_server"],
            cwd=self.notebooks,
            env=os.environ | environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _wake_kernels(self) -> None:
        with zmq.Context() as context:
            while not self._stopped.wait(1):
                # A kernel, and with it the server's answer, may go at any moment.
                with contextlib.suppress(OSError):
                    for kernel in self.request("GET", "api/kernels"):
                        if kernel["name"] in _SLEEPY:
                            self._connect_to(kernel["id"], context)

    def _connect_to(self, kernel: str, context: zmq.Context[Any]) -> None:
        file = self._runtime / f"kernel-{kernel}.json"
        port = json.loads(file.read_text())["shell_port"]
        with context.socket(zmq.DEALER) as client:
            client.connect(f"tcp://127.0.0.1:{port}")
            self._stopped.wait(0.1)  # a thread of zmq's connects

    def _read_log(self) -> None:
        for line in self._process.stderr:
            self.log.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                self.url = found.group()
                self._ready.set()
        self._ready.set()


def _write(file: Path, values: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))
