"""A real browser for tests: Chromium without a window, driven by its DevTools protocol, and what its page shows."""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

PATIENCE = 60.0  # seconds
KEYS = {"up": ("ArrowUp", 38), "space": (" ", 32)}

# textual-serve keeps its terminal to itself. The object that holds it is seen when it gets its first property.
_SEE_THE_TERMINAL = """
Object.defineProperty(Object.prototype, 'fitAddon', {configurable: true, set(addon) {
    window.seenTerminal = this.terminal;
    Object.defineProperty(this, 'fitAddon', {value: addon, writable: true});
}});
"""
_SCREEN = """
(() => {
    const buffer = window.seenTerminal && window.seenTerminal.buffer.active;
    const lines = [];
    for (let row = 0; buffer && row < window.seenTerminal.rows; row++)
        lines.push(buffer.getLine(row)?.translateToString(true) ?? '');
    return lines.join('\\n') + document.body.innerText;
})()
"""


def chromium() -> str | None:
    """The program, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name)) is not None), None)


class Browser:
    """`async with Browser() as browser:` one tab of 1000 by 600 pixels."""

    async def __aenter__(self) -> Self:
        program = chromium()
        assert program is not None, "Chromium is missing"
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = await asyncio.create_subprocess_exec(
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--window-size=1000,600", "--remote-debugging-port=0", f"--user-data-dir={self._folder.name}",
            "about:blank", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), self._folder.name)},
        )  # fmt: skip
        self._session = aiohttp.ClientSession()
        self._sent = 0
        try:
            self._socket = await self._session.ws_connect(await self._tab(), max_msg_size=0)
            await self.call("Page.enable")
            await self.call("Emulation.setFocusEmulationEnabled", enabled=True)
            await self.call("Page.addScriptToEvaluateOnNewDocument", source=_SEE_THE_TERMINAL)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        await self._session.close()
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), PATIENCE)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._folder.cleanup()

    async def _tab(self) -> str:
        """The address of the tab's DevTools."""
        said = Path(self._folder.name, "DevToolsActivePort")
        async with asyncio.timeout(PATIENCE):
            while True:
                port = said.read_text().split()[:1] if said.is_file() else []
                if port:
                    async with self._session.get(f"http://127.0.0.1:{port[0]}/json/list") as answer:
                        tabs = [one for one in await answer.json() if one["type"] == "page"]
                    if tabs:
                        return str(tabs[0]["webSocketDebuggerUrl"])
                await asyncio.sleep(0.05)

    async def call(self, method: str, **parameters: Any) -> Any:
        """Sends a command, and returns its result."""
        self._sent += 1
        await self._socket.send_json({"id": self._sent, "method": method, "params": parameters})
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = json.loads((await self._socket.receive()).data)
                if answer.get("id") == self._sent:
                    assert "error" not in answer, answer
                    return answer["result"]

    async def open(self, address: str) -> None:
        await self.call("Page.navigate", url=address)

    async def press(self, *keys: str) -> None:
        for key in keys:
            name, code = KEYS.get(key, (key, ord(key[0].upper())))
            text = {"text": name} if len(name) == 1 else {}
            for kind in ("keyDown", "keyUp"):
                await self.call("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code, **text)

    async def screen(self) -> str:
        """What the terminal in the page shows, and the text of the page around it."""
        shown = await self.call("Runtime.evaluate", expression=_SCREEN)
        return str(shown["result"].get("value", ""))

    async def wait_for_change(self, before: str) -> str:
        """Waits until the screen is another one; returns it."""
        return await self._wait(lambda shown: shown != before, "a change")

    async def wait_for(self, *wanted: str) -> str:
        """Waits until the screen shows all of it; returns the screen."""
        return await self._wait(lambda shown: all(text in shown for text in wanted), str(wanted))

    async def _wait(self, holds: Callable[[str], bool], wanted: str) -> str:
        shown = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    shown = await self.screen()
                    if holds(shown):
                        return shown
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{wanted} did not come; the screen shows:\n{shown}") from None
