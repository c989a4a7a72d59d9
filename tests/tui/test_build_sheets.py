"""What lies over Build, and how it looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.bench import Bench
from tests.tui.test_build import settled
from tui.screens.code import CodeScreen
from tui.screens.preflight import PreflightScreen
from tui.screens.rates import RatesScreen
from tui.terminal import Terminal

pytestmark = pytest.mark.usefixtures("own_home")


async def test_preflight_rate_and_code_lie_over_it_and_the_rate_is_taken(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, "F")
        assert isinstance(app.screen, PreflightScreen)
        assert [check.verdict for check in app.screen.found].count("ok") == 7 and "ready to be trained" in str(
            app.screen.words()
        )
        await settled(pilot, "escape", "l")
        assert isinstance(app.screen, RatesScreen) and app.screen.swept.suggestion
        rate = float(f"{app.screen.swept.suggestion:.2g}")
        await settled(pilot, "enter")
        assert app.lab.draft.config.optimizer.learning_rate == rate != 0.005
        await settled(pilot, "E")
        assert isinstance(app.screen, CodeScreen) and "its first weights" in app.text
        await settled(pilot, "s")
        text = (tmp_path / "circles_numpy.py").read_text()
        exec(compile(text, "circles_numpy.py", "exec"), {"__name__": "circles_numpy"})
        await settled(pilot, "s")
        assert "is there already" in app.text
        await settled(pilot, "c")
        assert app.clipboard == text
        await settled(pilot, "4", "s", "5")
        assert f"optimizer.learning_rate={rate}" in app.text
        assert f"learning_rate = {rate}" in (tmp_path / "circles.toml").read_text()
        await settled(pilot, "left", "left")
        assert "sklearn" in app.text and len(app.screen.made) == 4


async def test_every_screen_of_it_opens_without_colours_and_in_ascii() -> None:
    app = Bench("iris", Terminal("none", "ascii"))
    async with app.run_test(size=(80, 24)) as pilot:
        for deed in (
            "column_2",
            "column_3",
            "help",
            "parameters",
            "preflight",
            "find_rate",
            "code",
            "type_body",
            "insert_kind",
        ):
            app.build.action_do(deed)
            await pilot.pause()
            assert app.text.isascii(), (deed, {c for c in app.text if not c.isascii()})
            if app.screen is not app.build:
                await pilot.press("escape")
                assert app.screen is app.build


@pytest.mark.parametrize(
    ("name", "size", "terminal"),
    [("build-wide", (120, 40), Terminal()), ("build-narrow-none", (80, 24), Terminal("none", "ascii"))],
)
async def test_it_looks_as_reviewed(name: str, size: tuple[int, int], terminal: Terminal, snapshot) -> None:
    app = Bench("iris" if terminal.glyphs == "ascii" else "circles", terminal)
    app.runner.measuring = True
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await snapshot(app, name)
