"""What lies over the Lab: help, palette, demo; and that the app loads nothing heavy before it is seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.command import CommandList
from textual.fuzzy import Matcher

import mlcore
from tests.tui.living import SLOW, Living, living
from tui.commands import COMMANDS, commands
from tui.demo import SCRIPT, Demo
from tui.palette import ALSO, BESIDE, Entry, entries
from tui.screens.keys import table
from tui.terminal import Terminal

ROOT = Path(__file__).parents[2]
AT_FIRST_PAINT = """
import gc, sys
from tui.__main__ import quick_imports
with quick_imports():
    from tui.app import MljApp
from tui.terminal import Terminal

def look(self):
    print(*sorted(sys.modules), "gc:on" if gc.isenabled() else "gc:off", "parsed:%d" % len(parsed))
    import ssl
    self.exit(0)

from textual.css.stylesheet import Stylesheet
parsed, parse = [], Stylesheet.reparse
Stylesheet.reparse = lambda self: (parsed.append(1), parse(self))

MljApp._prepare = look
MljApp(Terminal()).run(headless=True, size=(80, 24))
"""


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLJ_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def test_nothing_heavy_is_loaded_when_the_lab_is_first_seen() -> None:
    done = subprocess.run([sys.executable, "-c", AT_FIRST_PAINT], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "tui.screens.lab" in loaded
    assert loaded.isdisjoint({"numpy", "msgspec", "plotext", "torch", "pandas", "sklearn", "tomllib", "mlcore.config"})
    assert loaded.isdisjoint({"ssl", "_ssl"})
    assert {"gc:on", "parsed:0"} <= loaded  # and no style sheet is read twice


@pytest.mark.parametrize("ascii_only", [False, True])
def test_help_has_a_line_for_every_command_that_fits_eighty_columns(ascii_only: bool) -> None:
    modes = {mode for command in COMMANDS for mode in command.mode.split()} - {"*"}
    assert len(modes) >= 7
    for mode in modes:
        lines = str(table(commands(mode), ascii_only)).splitlines()
        for command in commands(mode):
            line = next(line for line in lines if command.title in line and command.help in line)
            assert len(line) <= 76, line
            assert not ascii_only or line.isascii()


async def test_question_mark_shows_every_key_and_how_to_read_the_pane_in_focus(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("3", "?")
        await lab.until(lambda: lab.app.screen is not lab.app.laboratory)
        shown = "\n".join(str(each.render()) for each in lab.app.screen.query("Static"))
        assert "Next data set" in shown
        assert "lower is better" in shown
        await lab.press("?")
        await lab.until(lambda: lab.app.screen is lab.app.laboratory)


async def test_under_the_help_the_lab_stands_still_and_the_worker_draws_nothing_for_it(tmp_path: Path) -> None:
    async with living(tmp_path, pace=20.0) as lab:
        drawn: list[str] = []
        show = lab.app.laboratory.show_lines
        lab.app.laboratory._parts[lab.app.laboratory].show = lambda frame: (drawn.append("lines"), show(frame))
        await lab.until(lambda: drawn)
        await lab.press("?")
        await lab.until(lambda: not lab.app.runner._view["wanted"])
        epoch = lab.frame.epoch
        drawn.clear()
        await lab.until(lambda: lab.frame.epoch > epoch + 10)  # the run goes on, and is known
        assert not drawn
        await lab.press("escape")
        await lab.until(lambda: drawn and lab.app.runner._view["wanted"])


async def test_the_palette_has_every_command_every_data_set_and_every_recipe(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        titles = [entry.title for entry in entries(lab.app)]
        assert {command.title for command in commands("lab") if command.id != "palette"} <= set(titles)
        assert "Analyse: Calibration" in titles
        assert {f"Data: {name}" for name in lab.app.lab.recipes} <= set(titles)
        assert "Recipe: journey/moons" in titles
        for kind, table in (("Layer", mlcore.layers), ("Loss", mlcore.losses), ("Optimizer", mlcore.optimizers)):
            assert {f"{kind}: {name}" for name in table.CATALOGUE.names()} <= set(titles)
        assert {f"Data: {name}" for name in mlcore.datasets.CATALOGUE.names() if name != "file"} <= set(titles)
        assert {"Schedule: one_cycle", "Weights: orthogonal"} <= set(titles)


def found(lab: Living) -> list[str]:
    """What the palette offers."""
    options = lab.app.screen.query_one(CommandList).options
    return [str(option.prompt).split("\n")[0].strip() for option in options]


async def test_a_word_typed_into_the_palette_does_what_it_names(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("ctrl+p")
        await lab.until(lambda: lab.app.screen is not lab.app.laboratory)
        await lab.press(*"data blobs")
        await lab.until(lambda: found(lab)[:1] == ["Data: blobs"])
        await lab.press("enter")
        await lab.until(lambda: lab.app.screen is lab.app.laboratory)
        assert (await lab.learned(dataset="blobs")).class_names
        await lab.press("ctrl+p")
        await lab.until(lambda: lab.app.screen is not lab.app.laboratory)
        await lab.press(*"layer tanh")
        await lab.until(lambda: found(lab)[:1] == ["Layer: tanh"])
        await lab.press("enter")
        await lab.until(lambda: lab.app.lab.draft.bend == "tanh")


async def test_every_theme_can_be_chosen_and_drawn(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        for theme in lab.app.available_themes:
            lab.app.theme = theme
            await lab.pilot.pause()
        assert "1 network" in lab.screen


@pytest.mark.parametrize("colors", ["256", "16", "none"])
@pytest.mark.parametrize("glyphs", ["braille", "blocks", "ascii"])
async def test_sheets_and_dialogs_open_on_every_kind_of_terminal(tmp_path: Path, colors: str, glyphs: str) -> None:
    terminal = Terminal(colors, glyphs)  # type: ignore[arg-type]
    async with living(tmp_path, terminal=terminal, pace=SLOW) as lab:
        await lab.press("space")
        await lab.until(lambda: lab.frame.state == "paused")  # it goes on, but nothing moves: every key waits for that
        for key in ("?", "p", "o", "e", "ctrl+p", "q"):
            await lab.press(key)
            await lab.until(lambda: lab.app.screen is not lab.app.laboratory)
            text = "\n".join(strip.text for strip in lab.app.screen._compositor.render_strips())
            assert glyphs != "ascii" or text.isascii(), (key, sorted({c for c in text if not c.isascii()}))
            await lab.press("escape")
            await lab.until(lambda: lab.app.screen is lab.app.laboratory)


async def test_the_demo_plays_commands_that_exist_until_a_person_takes_over(tmp_path: Path) -> None:
    assert {scene.command for scene in SCRIPT} <= {command.id for command in COMMANDS}
    async with living(tmp_path) as lab:
        demo = Demo(lab.app)
        demo._steps = [(0.05, "next_data"), (0.05, "more_units"), (30.0, "next_data")]
        lab.app._demo = demo
        demo.begin()
        assert (await lab.learned(dataset="moons")).net.widths[0] == 2
        await lab.until(lambda: lab.app.lab.draft is not None and lab.app.lab.draft.units == 12)
        await lab.press("u")
        assert not demo.playing


LOOKED_FOR = {
    "learning rate finder": "Find the rate",
    "confusion": "Confusion",
    "screenshot": "Save picture",
    "dropout": "Layer: dropout",
    "gradient check": "Pre-flight",
    "histogram": "Layers",
    "time travel": "Back in the film",
    "slow motion": "Pace",
    "export": "Show as code",
    "draw": "Draw a digit",
    "momentum": "Settings, live",
    "calibration": "Analyse: Calibration",
}


@pytest.mark.parametrize("words", LOOKED_FOR)
def test_the_palette_finds_what_people_look_for_by_their_own_words(words: str) -> None:
    listed = [Entry(command.title, command.help, str, also=ALSO.get(command.id, "")) for command in commands("lab")]
    listed += [Entry(f"Analyse: {c.title}", c.help, str) for c in commands("analyse") if c.group == "Views"]
    listed += [Entry("Layer: dropout", "forgets some units in every step", str)]
    matcher = Matcher(words)
    scores = {entry.title: matcher.match(entry.title) or BESIDE * entry.told(words) for entry in listed}
    found = sorted((title for title, score in scores.items() if score), key=lambda title: -scores[title])
    assert LOOKED_FOR[words] in found[:3]
    assert set(ALSO) <= {command.id for command in commands("lab")}
