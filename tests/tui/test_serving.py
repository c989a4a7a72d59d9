"""The app in a browser: who may reach it, that every page has an app of its own, and how it ends.

By HTTP and websocket as a page speaks it; in a real browser: test_browser.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.tui.test_first_minute import ROOT, environment
from tui import serving

aiohttp = pytest.importorskip("aiohttp", reason="textual-serve is not installed: pip install 'mlj-tui[web]'")
LONG = 'layers = "8 relu"\nepochs = 1000000\n[dataset]\nkind = "circles"\n[stopping]\nmax_seconds = 60\n'


@pytest.mark.parametrize(
    ("host", "origin", "name", "may"),
    [
        ("127.0.0.1:8000", None, "127.0.0.1", True),
        ("localhost:8000", "http://localhost:8000", "127.0.0.1", True),
        ("[::1]:8000", "http://[::1]:8000", "::1", True),
        ("127.0.0.1:8000", "http://evil.example", "127.0.0.1", False),
        ("127.0.0.1:8000", "http://127.0.0.1:9000", "127.0.0.1", False),
        ("127.0.0.1:8000", "null", "127.0.0.1", False),
        ("evil.example:8000", "http://evil.example:8000", "127.0.0.1", False),
        ("box.example:8000", "http://box.example:8000", "0.0.0.0", True),
    ],
)
def test_only_pages_of_its_own_may_reach_it(host: str, origin: str | None, name: str, may: bool) -> None:
    assert serving.welcome(host, origin, name) == may


def test_a_port_is_chosen_or_its_being_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert serving.serve([], port=port) == 2
        assert f"port {port}" in capsys.readouterr().err
    assert serving.free_port("127.0.0.1", 0) > 0
    assert serving.free_port("127.0.0.1", None) in serving.PORTS
    assert [serving.local(host) for host in ("localhost", "127.3.2.1", "::1", "0.0.0.0", "box")] == [True] * 3 + [
        False
    ] * 2


def test_bad_words_are_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    from tui.__main__ import main

    for words in (["--serve", "--port", "abc"], ["--serve", "--port", "70000"], ["--read-only"], ["--serve", "a", "b"]):
        assert main(words) == 2
        assert "error[USAGE]" in capsys.readouterr().err


@contextlib.asynccontextmanager
async def served(tmp_path: Path, *words: str) -> AsyncIterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a server, and its process, which is ended by ctrl+c."""
    command = [sys.executable, "-m", "mlcore", "serve", "--port", "0", *words]
    environ = environment(tmp_path) | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        line = await asyncio.to_thread(process.stdout.readline)
        found = re.search(r"http://\S+", line)
        assert found, line + process.stdout.read()
        yield found.group(), process
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, 20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        for status in tmp_path.rglob("status.json"):  # what is trained goes on without its app: here it shall not
            with contextlib.suppress(ProcessLookupError):
                os.kill(json.loads(status.read_text(encoding="utf-8"))["pid"], signal.SIGTERM)


async def seen(page: Any, words: bytes, seconds: float = 30.0) -> None:
    """Wait until an app has drawn words."""
    text = b""
    async with asyncio.timeout(seconds):
        while words not in text:
            message = await page.receive()
            assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message
            text += message.data if isinstance(message.data, bytes) else b""


@pytest.mark.terminal
async def test_each_page_has_an_app_of_its_own_and_control_c_ends_the_server(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(LONG, encoding="utf-8")
    async with served(tmp_path, str(tmp_path / "long.toml")) as (address, _), aiohttp.ClientSession() as session:
        async with session.get(address) as answer:
            page = await answer.text()
            assert "/static/js/textual.js" in page and "googleapis" not in page
        for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
            async with session.get(f"{address}/ws", headers=headers) as answer:
                assert answer.status == 403
        where = f"{address}/ws?width=100&height=30"
        async with session.ws_connect(where) as one, session.ws_connect(where, origin=address) as two:
            await seen(one, b"epoch")
            await seen(two, b"epoch")
            await one.send_json(["stdin", "q"])
            await seen(one, b"Come back to it")
            await two.send_json(["stdin", "\x11"])
            async with asyncio.timeout(30):
                while not two.closed:
                    await two.receive()
            await one.send_json(["resize", {"width": 120, "height": 40}])
            await one.send_json(["stdin", "\x1b"])
            await seen(one, b"epoch")
