"""A notebook in a real browser, as somebody in front of it sees and uses it.

Buttons are really clicked and texts really read; only what no user could tell, such as
whether the kernel is idle, is asked of the application in the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import BrowserContext, Locator, expect

from tests.support.kernels import VERSIONS, install
from tests.support.server import Server

#: Where each front end shows a notebook; a workspace of its own has no other tabs.
_ADDRESSES = {
    "lab": "lab/workspaces/{name}/tree/{name}.ipynb",
    "notebook": "notebooks/{name}.ipynb",
}
_SECONDS = 30
_numbers = count(1)


class NotebookPage:
    """One notebook file, opened in JupyterLab or in Notebook 7.

    Attributes
    ----------
    page
        The Playwright page, for whatever is not offered here.
    errors
        What JavaScript raised and nobody caught since the notebook is open.
    dialogs
        The texts of the application's dialogs; each is accepted when it shows up.
    """

    def __init__(
        self,
        browser: BrowserContext,
        server: Server,
        cells: Sequence[str],
        *,
        frontend: str = "lab",
        kernel: str = VERSIONS[-1],
    ) -> None:
        self.server = server
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        name = f"notebook-{next(_numbers)}"
        self.file = server.notebooks / f"{name}.ipynb"
        _write_notebook(self.file, cells, install(kernel))
        self._address = server.url + _ADDRESSES[frontend].format(name=name)
        self.page = browser.new_page()
        self.page.set_default_timeout(_SECONDS * 1000)
        self._listen()
        self.page.goto(f"{self._address}?token={server.token}")
        self.wait_until_connected()
        self.wait_until_idle()
        self.errors.clear()  # while they start, front ends have some of their own

    def close(self) -> None:
        """Shut the kernel down and leave."""
        self.page.goto("about:blank")
        self.shutdown_kernel()
        self.page.close()

    # What somebody does

    def run_cell(self, index: int) -> None:
        """Select a cell and run it; does not wait."""
        self._cell(index).locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")

    def queue_cells(self, *indices: int) -> None:
        """Run cells one after the other, whether or not the kernel is busy."""
        for index in indices:
            self.run_cell(index)

    def queue_from(self, index: int) -> None:
        """Run a cell and all below it, whether or not the kernel is busy."""
        self._cell(index).locator(".jp-InputPrompt").click()
        self._ask("jupyterapp.commands.execute('notebook:run-all-below') && true")

    def answer(self, index: int, text: str) -> None:
        """Answer the cell that asks for input, with the Enter key."""
        box = self.output(index).locator("input.jp-Stdin-input").element_handle()
        box.fill(text)
        box.press("Enter")
        # It stays for half a second. Once it is gone the front end moves the focus: a
        # key that was pressed before gets lost.
        box.wait_for_element_state("hidden")

    def click_button(self, index: int, name: str) -> None:
        """Click a button in the output of a cell."""
        self.button(index, name).click()

    def press_interrupt(self) -> None:
        """Press the stop button of the toolbar."""
        item = ".jp-NotebookPanel-toolbar [data-jp-item-name=interrupt]"
        self.page.locator(item).get_by_role("button").click()

    def reload(self) -> None:
        """Reload the page; the kernel may be busy meanwhile."""
        self.page.reload()
        self.wait_until_connected()
        self.errors.clear()  # the application's own, while it starts

    def reopen(self) -> None:
        """Open the saved file again, with a kernel that knows nothing of it."""
        self.page.goto("about:blank")
        self.shutdown_kernel()
        self.page.goto(f"{self._address}?token={self.server.token}")
        self.wait_until_connected()

    def save(self) -> None:
        """Save the notebook to its file."""
        self._ask("jupyterapp.commands.execute('docmanager:save').then(() => true)")

    def set_dark(self, dark: bool = True) -> None:  # noqa: FBT001, FBT002
        """Switch the system's and with it the application's theme."""
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        name = "Dark" if dark else "Light"
        self._wait(f"document.body.dataset.jpThemeName.endsWith('{name}')")
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def shutdown_kernel(self) -> None:
        """Shut down the kernel from outside, as the server's owner might."""
        for session in self.server.request("GET", "api/sessions"):
            if session["path"] == self.file.name:
                self.server.request("DELETE", f"api/sessions/{session['id']}")

    def restart_kernel(self) -> None:
        """Restart the kernel, as its menu does once the user has agreed."""
        self._ask(_KERNEL.removeprefix("window.") + ".restart().then(() => true)")
        self.wait_until_connected()

    # What somebody sees

    def output(self, index: int) -> Locator:
        """Locate the output of a cell."""
        return self._cell(index).locator(".jp-Cell-outputArea")

    def button(self, index: int, name: str) -> Locator:
        """Locate a button in the output of a cell."""
        return self.output(index).get_by_role("button", name=name, exact=True)

    def output_text(self, index: int) -> str:
        """Read the output of a cell."""
        return self.output(index).inner_text()

    def wait_for_text(
        self, index: int, text: str | re.Pattern[str], seconds: float = _SECONDS
    ) -> None:
        """Wait until the output of a cell contains a text."""
        expect(self.output(index)).to_contain_text(text, timeout=seconds * 1000)

    def wait_for_change(self, index: int, text: str) -> None:
        """Wait until the output of a cell is no longer *text*."""
        expect(self.output(index)).not_to_have_text(text, use_inner_text=True)

    def prompt(self, index: int) -> str:
        """Return what stands before a cell: ``"[*]:"`` while it runs."""
        return self._cell(index).locator(".jp-InputPrompt").inner_text()

    def wait_until_done(self, index: int, seconds: float = _SECONDS) -> None:
        """Wait until a cell shows the number of its execution."""
        prompt = self._cell(index).locator(".jp-InputPrompt")
        done = re.compile(r"\[\d+\]:")
        expect(prompt).to_have_text(done, timeout=seconds * 1000)

    def saved(self) -> nbformat.NotebookNode:
        """Read the notebook's file."""
        return nbformat.read(self.file, as_version=4)

    def screenshot(self, path: str | Path) -> None:
        """Take a picture of the page."""
        self.page.screenshot(path=path)

    # What only the application can tell

    def clicked_at(self) -> float:
        """Return when the last click arrived in the page, in seconds since 1970."""
        return float(self._ask("clickedAt")) / 1000

    def wait_until_connected(self) -> None:
        """Wait until the notebook is shown and its kernel is reached."""
        self._wait(f"{_KERNEL}?.connectionStatus === 'connected'")
        expect(self._cell(0)).to_be_visible()

    def wait_until_idle(self) -> None:
        """Wait until the kernel answers, and thus has nothing else to do.

        The status that the page knows is no help: of a kernel that was busy when the
        page was connected, the word "idle" can be lost.
        """
        asked = f"{_KERNEL}.requestKernelInfo().then(() => {{ window.answer = true }})"
        self._ask(f"answer = void {asked}")
        self._wait("window.answer")

    def _cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def _ask(self, expression: str) -> Any:
        return self.page.evaluate(f"() => window.{expression}")

    def _wait(self, condition: str) -> None:
        self.page.wait_for_function(f"() => {condition}")

    def _listen(self) -> None:
        note = (
            "addEventListener('click', () => { window.clickedAt = Date.now() }, true)"
        )
        self.page.add_init_script(note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: dialog.accept())  # "leave this page?"
        dialog = self.page.locator(".jp-Dialog")
        self.page.add_locator_handler(dialog, self._accept)

    def _accept(self, dialog: Locator) -> None:
        self.dialogs.append(dialog.inner_text())
        dialog.locator(".jp-mod-accept").click()


_KERNEL = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"


def _write_notebook(file: Path, cells: Sequence[str], kernelspec: str) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={
            "kernelspec": {
                "name": kernelspec,
                "display_name": kernelspec,
                "language": "python",
            }
        },
    )
    nbformat.write(notebook, file)
