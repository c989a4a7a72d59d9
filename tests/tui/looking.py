"""The app with the Data screen open on a table, with a real worker, and small tables to open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.tui.living import Living, living
from tui.exploration import Exploration
from tui.screens.data import DataScreen
from tui.screens.deeds.opening import named, open_table


def sales_of(folder: Path) -> Path:
    """Three years of months, three products; a price is missing now and then, December is high."""
    rows = []
    for month in range(36):
        for place, product in enumerate(("Pear", "Apple", "Fig")):
            sold = 10 + 3 * place + 20 * (month % 12 == 11) + month % 5
            price = "" if (month + place) % 11 == 0 else f"{1 + place}.5"
            rows.append(f"{2021 + month // 12}-{month % 12 + 1:02}-03,{product},{price},{sold}")
    path = folder / "sales.csv"
    path.write_text("\n".join(["Date,Product,Price,Sold", *rows]) + "\n", encoding="utf-8")
    return path


@asynccontextmanager
async def looking(tmp_path: Path, path: Path, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Living]:
    """The app with the Data screen open."""
    async with living(tmp_path, size=size, pace="show") as lab:
        open_table(lab.app, named(str(path)))
        await lab.until(lambda: isinstance(lab.app.screen, DataScreen))
        await lab.until(lambda: shown(lab).head is not None or not lab.app.screen.grid.words.startswith("reading"))  # type: ignore[attr-defined]
        yield lab


def shown(lab: Living) -> Exploration:
    """What is shown of the table."""
    return lab.app.screen.exploration  # type: ignore[attr-defined, no-any-return]


async def typed(lab: Living, key: str, text: str) -> None:
    """Open a prompt and type something else into it."""
    await lab.press(key)
    await lab.pilot.pause()
    lab.app.screen.prompt.query_one("#typed").value = text  # type: ignore[attr-defined]
    await lab.pilot.pause()
