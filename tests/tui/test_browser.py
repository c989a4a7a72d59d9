"""The app in a real browser, where there is one (`make browser`): keys are typed there, and nothing is left running."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic

import pytest

pytest.importorskip("aiohttp", reason="textual-serve is not installed: pip install 'mlj-tui[web]'")

from tests.tui.browser import CHROMIUM, opened
from tests.tui.test_serving import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]


def running(home: Path) -> list[str]:
    """What of this test still runs: processes whose home it is."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"HOME={home}\0".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux says what runs")
async def test_keys_typed_in_a_page_change_what_is_learned_and_nothing_is_left_running(tmp_path: Path) -> None:
    async with served(tmp_path) as (address, _), opened(address, tmp_path / "profile") as browser:
        await browser.until("document.body.classList.contains('-first-byte')")
        title = await browser("Runtime.evaluate", expression="document.title")
        assert title["result"]["value"] == "mlj"
        await browser.sees(lambda screen: "[circles]" in screen and "epoch" in screen)
        assert any("-m tui" in line for line in running(tmp_path)), running(tmp_path)
        await browser.press("f")
        await browser.sees(lambda screen: "finished" in screen)
        before = await browser.picture(40)
        await browser.press("right")
        await browser.sees(lambda screen: "[moons]" in screen and "finished" in screen)
        async with asyncio.timeout(30):  # what the app has sent is drawn a moment later
            while await browser.picture(40) == before:
                await asyncio.sleep(0.1)
        await browser.press("?")
        await browser.sees(lambda screen: "esc closes" in screen and "Next data set" in screen)
        await browser.press("escape")
        await browser.sees(lambda screen: "esc closes" not in screen and "[moons]" in screen)
        await browser.press("q")
        await browser.until("document.body.classList.contains('-closed')")
        end = monotonic() + 30
        while len(left := running(tmp_path)) > 1:
            assert monotonic() < end, left
            await asyncio.sleep(0.1)
        assert "serve" in left[0]
    assert running(tmp_path) == []
