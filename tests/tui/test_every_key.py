"""Every key there is, pressed: what it changes in the run, the draft or the screen, and that none is left out."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from textual.binding import Binding
from textual.screen import Screen

import tui.screens
from mlcore.config import from_dict
from tests.tui.effects import DIGITS, ENDED, GOING, IMAGES, Scene, above
from tests.tui.effects_of_screens import ANALYSE, BUILD, COMPARE, PLACE, RUNS, SCRIBBLE
from tests.tui.effects_of_sheets import OF_ANALYSE, OF_BUILD, RATES, SHEETS
from tests.tui.effects_of_tables import DATA, SCRIPT
from tests.tui.living import SLOW, Living, living
from tui.commands import commands
from tui.screens.sheet import Sheet

pytestmark = pytest.mark.usefixtures("own_home")


class Tour(NamedTuple):
    """An app that was opened, and the screens visited in it."""

    scenes: tuple[Scene, ...]
    target: str = ""
    pace: str | float = SLOW
    begin: str = ""
    size: tuple[int, int] = (80, 24)


TOURS = {
    "ended": Tour((ENDED, RATES), pace="full"),
    "going": Tour((GOING, *SHEETS, PLACE)),
    "build": Tour((BUILD, *OF_BUILD)),
    "digits": Tour((DIGITS, SCRIBBLE, ANALYSE, *OF_ANALYSE), "digits", begin="space"),
    "images": Tour((IMAGES,), "images.toml", begin="space 7"),
    "table": Tour((DATA, SCRIPT), "table.toml", begin="space"),
    "shelf": Tour((RUNS, COMPARE), begin="space"),
}
OF_IMAGES = {"layers": "conv 4 k3 relu | flatten", "dataset": {"kind": "digits"}, "epochs": 200, "backend": "reference"}
OF_A_TABLE = {"dataset": {"kind": "file", "path": "table.csv", "impute": "median"}, "epochs": 200}
SCENES = [scene for tour in TOURS.values() for scene in tour.scenes]
ELSEWHERE = {"QuitDialog"}  # pressed in test_leaving.py, since most of its keys end the app
FRAMES = {Sheet}  # never opened themselves: their keys are those of every screen made from them


def screens() -> dict[str, type[Screen[object]]]:
    """Every screen that has keys of its own, or of a frame."""
    modules = [
        importlib.import_module(f"tui.screens.{found.name}") for found in pkgutil.iter_modules(tui.screens.__path__)
    ]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    return {
        kind.__name__: kind
        for kind in sorted(kinds - FRAMES, key=lambda kind: kind.__name__)  # in the same order in every process
        if issubclass(kind, Screen) and kind is not Screen and bound(kind)
    }


def bound(screen: type[Screen[object]]) -> list[Binding]:
    """What keys of a screen are bound to: its own, and those of the frame it is made from."""
    kinds = [screen, *(frame for frame in FRAMES if issubclass(screen, frame))]
    found = [binding for kind in kinds for binding in vars(kind).get("BINDINGS", ())]
    assert all(isinstance(binding, Binding) for binding in found)
    return found


def keys_of(scene: Scene) -> dict[str, list[str]]:
    """The keys of a screen by what they do: those of its commands, and others it is bound to."""
    keys = {command.id: command.keys.split(",") for command in commands(scene.mode)} if scene.mode else {}
    for binding in bound(screens()[scene.screen]):
        done = re.sub(r"^do\('(\w+)'\)$", r"\1", binding.action)
        known = {key for each in keys.values() for key in each}
        new = [key for key in binding.key.split(",") if key not in known]
        if new:
            keys.setdefault(done, []).extend(new)
    return keys


@pytest.mark.parametrize("screen", screens())
def test_every_key_of_a_screen_is_pressed_in_one_scene(screen: str) -> None:
    scenes = [scene for scene in SCENES if scene.screen == screen]
    assert scenes or screen in ELSEWHERE
    pressed = [identity for scene in scenes for identity in scene.effects]
    assert sorted(pressed) == sorted(keys_of(scenes[0]) if scenes else [])


def test_every_mode_of_the_list_is_visited() -> None:
    from tui.commands import COMMANDS

    modes = {mode for command in COMMANDS for mode in command.mode.split()} - {"*"}
    assert {scene.mode for scene in SCENES if scene.mode} == modes


@pytest.mark.parametrize("name", TOURS)
async def test_every_key_does_what_it_is_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    for own in ("one.csv", "two.csv"):  # files to choose from
        Path(own).write_text("x,y\n1,2\n", encoding="utf-8")
    rows = "".join(f"{n % 7 or ''},{n * n % 11},{'ab'[n % 2]}\n" for n in range(60))
    Path("table.csv").write_text(f"size,weight,kind\n{rows}", encoding="utf-8")
    Path("table.toml").write_text(from_dict(OF_A_TABLE).to_toml(), encoding="utf-8")
    Path("images.toml").write_text(from_dict(OF_IMAGES).to_toml(), encoding="utf-8")
    tour = TOURS[name]
    if name == "shelf":
        request.getfixturevalue("root")
    async with living(tmp_path, tour.target, size=tour.size, pace=tour.pace) as lab:
        lab.stays()
        await presses(lab, tour.begin)
        for scene in tour.scenes:
            keys = keys_of(scene)
            for identity in scene.effects:
                for key in keys[identity]:
                    await press(lab, scene, identity, key)
        del lab.app.leaving.now  # type: ignore[method-assign]
        await lab.press("ctrl+q")
        await lab.until(lambda: lab.app.return_code == 0)


async def press(lab: Living, scene: Scene, identity: str, key: str) -> None:
    """Press one key, and wait until it has done what it is for."""
    effect = scene.effects[identity]
    await reach(lab, scene)
    await lab.until(lambda: scene.ready(lab))
    for each in effect.before.split():
        await presses(lab, each)
        await lab.until(lambda: scene.ready(lab))
    was = effect.look(lab)
    await presses(lab, key)
    if effect.answer:
        await lab.asks()
        await lab.press(*effect.answer, "enter")
    await presses(lab, effect.then)
    try:
        await lab.until(lambda: effect.so(was, effect.look(lab)), 20)
    except AssertionError as error:
        raise AssertionError(f"{scene.screen}: {key} ({identity}) left {was} as {effect.look(lab)}\n{error}") from None
    await presses(lab, effect.back)


async def reach(lab: Living, scene: Scene) -> None:
    """Go to a screen, unless it is on top."""
    if above(lab) == scene.screen:
        return
    if scene.under is not None:
        await reach(lab, scene.under)
        await lab.until(lambda: scene.under.ready(lab))
    await presses(lab, scene.enter)
    await lab.until(lambda: above(lab) == scene.screen)


async def presses(lab: Living, keys: str) -> None:
    """Press keys one after another, each once the screen stands and its table is filled."""
    for key in keys.split():
        await lab.press(key)
        await lab.pilot.pause()
