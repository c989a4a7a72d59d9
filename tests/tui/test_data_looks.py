"""How the Data screen looks, from a table of this test and the worker's own answers, without a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlcore.errors import MljError
from mlcore.worker import protocol
from mlcore.worker.errands import Errand
from mlcore.worker.protocol import Reply
from mlcore.worker.server import failure
from mlcore.worker.tabling import Tables
from tests.tui.gallery import STEERED
from tests.tui.played import played
from tui.screens.deeds.opening import named, open_table
from tui.terminal import Terminal

pytestmark = pytest.mark.usefixtures("own_home")

STOPS = (  # what is pressed, and what then stands there
    ("column", ("right", "right"), "Price: number"),
    ("correlation", ("t", "6"), "strongest"),
    ("season", ("7",), "no seasonality"),
    ("components", ("left", "t", "8"), "across: 1st component"),
    ("point", ("tab", "right", "right"), "row "),
    ("bars", ("escape", "tab", "1", "right", "t", "left", "g", "enter"), "row by row"),
    ("filter", ("u", *"/", *"== 'Fig'"), "of 108 rows"),
)


def directly(tables: Tables, then: Callable[[Reply], None], name: str, /, **values: Any) -> bool:
    """Answer in this process, a moment later."""
    values["of"] = protocol.Tabled(**values["of"])
    try:
        try:
            reply = Reply(id=1, value=tables.answer(getattr(protocol, name)(**values)))
        except Errand as errand:
            reply = Reply(id=1, value=errand.work())
    except MljError as error:
        reply = Reply(id=1, error=failure(error))
    asyncio.get_running_loop().call_soon(then, reply)
    return True


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    rows = [
        f"{2021 + n // 36}-{n // 3 % 12 + 1:02}-03,{('Pear', 'Apple', 'Fig')[n % 3]},"
        f"{'' if n % 11 == 5 else n % 7 + 0.25},{10 + n % 3 * 3 + 20 * (n // 3 % 12 == 11) + n % 5}"
        for n in range(108)
    ]
    path = tmp_path / "sales.csv"
    path.write_text("\n".join(["Date,Product,Price,Sold", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("size", "terminal"),
    [((80, 24), Terminal()), ((120, 40), Terminal()), ((80, 24), Terminal("none", "ascii"))],
    ids=["80x24", "120x40", "ascii"],
)
async def test_the_data_screen_looks_as_reviewed(size, terminal, tmp_path: Path, sales: Path, snapshot) -> None:
    tables = Tables()
    async with played(tmp_path, STEERED, size, terminal._replace(columns=size[0], rows=size[1])) as lab:
        app = lab.app
        app.runner.ask = lambda then, name, **values: directly(tables, then, name, **values)  # type: ignore[method-assign]
        open_table(app, named(str(sales)))
        await lab.until(lambda: "none missing" in lab.over)
        for name, keys, said in STOPS:
            for key in keys:
                await lab.press({"/": "slash", "=": "equals_sign", "'": "apostrophe", " ": "space"}.get(key, key))
                await lab.pilot.pause()
            await lab.until(lambda said=said: said in lab.over)
            await lab.until(lambda: app.screen.grid.missing() is None)
            await lab.until(lambda: app.screen.exploration.point is None or app.screen.exploration.row is not None)
            app.screen.prompt.query_one("#typed").cursor_blink = False
            await asyncio.sleep(0.5)  # longer than a cursor rests before it is asked about its column
            await lab.drawn()
            ends = f"{size[0]}x{size[1]}-{terminal.colors}"
            await snapshot(app, f"data-{name}-{ends}")
