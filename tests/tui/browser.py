"""Chromium without a window, spoken to by its own protocol: it opens a page, types keys, and says what went over."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pyte

from tools.virtual_terminal import UNKNOWN

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,800", "--remote-debugging-port=0")
KEYS = {"right": ("ArrowRight", 39), "escape": ("Escape", 27)}  # what a page calls them, and their numbers


class Browser:
    """A page that shows the app: `screen` is what the app has sent to it, as a terminal has it."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self._connection, self._numbers = connection, itertools.count(1)
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)

    async def __call__(self, method: str, **values: Any) -> dict[str, Any]:
        """Ask the browser; what happens meanwhile is noted."""
        number = next(self._numbers)
        await self._connection.send_json({"id": number, "method": method, "params": values})
        while True:
            message = json.loads((await self._connection.receive()).data)
            if message.get("id") == number:
                return dict(message["result"])
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        frame = message.get("params", {}).get("response", {})
        if message.get("method") == "Network.webSocketFrameSent" and '"resize"' in frame["payloadData"]:
            size = json.loads(frame["payloadData"])[1]
            self.screen.resize(size["height"], size["width"])
        elif message.get("method") == "Network.webSocketFrameReceived" and frame["opcode"] == 2:
            self._stream.feed(UNKNOWN.sub(b"", base64.b64decode(frame["payloadData"])))

    async def until(self, expression: str, seconds: float = 60.0) -> None:
        """Wait until JavaScript finds something true."""
        async with asyncio.timeout(seconds):
            while not (await self("Runtime.evaluate", expression=expression))["result"].get("value"):
                await asyncio.sleep(0.1)

    async def sees(self, so: Callable[[str], object], seconds: float = 60.0) -> None:
        """Wait until something is so of the app's screen."""
        try:
            async with asyncio.timeout(seconds):
                while not so("\n".join(self.screen.display)):
                    await self.until("true")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError("\n".join(self.screen.display)) from None

    async def press(self, key: str) -> None:
        """Press a key in the page."""
        name, number = KEYS.get(key, (key, ord(key.upper()) if len(key) == 1 else 0))
        text = {"text": key} if len(key) == 1 else {}
        await self("Input.dispatchKeyEvent", type="keyDown", key=name, windowsVirtualKeyCode=number, **text)
        await self("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=number)

    async def picture(self, height: int) -> bytes:
        """The upper part of the page as pixels."""
        clip = {"x": 0, "y": 0, "width": 1200, "height": height, "scale": 1}
        return base64.b64decode((await self("Page.captureScreenshot", clip=clip))["data"])


@asynccontextmanager
async def opened(address: str, profile: Path) -> AsyncIterator[Browser]:
    """Chromium with a page on which nothing has happened yet; `Page.navigate` goes on to the address."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
    chromium = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while not (profile / "DevToolsActivePort").exists():
                await asyncio.sleep(0.1)
            port = (profile / "DevToolsActivePort").read_text(encoding="utf-8").split()[0]
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                page = next(page for page in await answer.json() if page["type"] == "page")
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=1 << 26) as connection,
        ):
            browser = Browser(connection)
            await browser("Network.enable")
            await browser("Emulation.setFocusEmulationEnabled", enabled=True)  # as if its window were the active one
            await browser("Page.navigate", url=address)
            yield browser
    finally:
        chromium.terminate()
        chromium.wait()
