"""The Build screen: what its keys and the mouse do to the draft, and what is learned when."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.bench import Bench
from tui.frame import Frame
from tui.screens.code import CodeScreen

pytestmark = pytest.mark.usefixtures("own_home")


async def settled(pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def typed(pilot, text: str) -> None:
    """Replace what stands in the dialog's line."""
    line = pilot.app.screen.query_one(Input)
    line.value = text
    await pilot.pause()


def layers(app: Bench) -> str:
    return str(app.lab.draft.config.setting("layers"))


async def test_the_first_look_shows_data_network_and_training_and_learns_nothing_anew() -> None:
    app = Bench()
    app.runner.measuring = True
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for words in (
            "circles",
            "200 rows",
            "105 parameters",
            "> 8",
            "learning_rate",
            "4,400 steps",
            "learned at once",
        ):
            assert words in app.text, words
        best = "best possible 97.7 %, logistic regression 56.0 %, commonest class 50.0 %"
        assert best in app.build.pictures[0].summary(Frame())
        assert app.runner.started == []
        assert app.runner.asked == ["Preview", "Measure", "Sketch"]


async def test_keys_change_data_features_layers_and_training_and_each_is_learned_at_once_and_can_be_undone() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, "right")
        assert app.lab.draft.dataset == "moons" and app.lab.draft.config.epochs == app.lab.recipes["moons"].epochs
        app.build.data.go("dataset.features:x1*x2")
        await settled(pilot, "right")
        assert app.lab.draft.config.setting("dataset.features") == ("x1", "x2", "x1*x2")
        assert "3-8-8-1" in app.text
        await settled(pilot, "tab", "down", "right")  # the first layer of neurons
        assert layers(app) == "12 relu | 8 relu"
        await settled(pilot, "plus", "less_than_sign")
        assert layers(app) == "12 | 12 relu relu | 8 relu"
        await settled(pilot, "u", "u", "down", "right")
        assert layers(app) == "12 relu | 12 relu"
        await settled(pilot, "u", "3", "down", "down", "right")
        assert app.lab.draft.config.seed == 43
        assert app.runner.started[-1] == app.lab.draft.config.to_dict()
        for _ in range(8):
            app.build.action_do("undo")
        assert layers(app) == "8 relu | 8 relu" and app.lab.draft.dataset == "circles"
        assert app.runner.started[-1] == app.lab.draft.config.to_dict()


async def test_the_network_typed_as_one_line_is_tried_at_every_letter_and_mistakes_are_said_in_words() -> None:
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, "t")
        await typed(pilot, "10 relu | drop .2 | 10 rellu")
        assert "did you mean 'relu'?" in app.hint
        await settled(pilot, "enter")
        assert layers(app) == "8 relu | 8 relu"
        await typed(pilot, "10 relu | drop .2 | 10 relu")
        assert "2-10-10-1: 151 parameters" in app.hint
        await settled(pilot, "enter")
        assert layers(app) == "10 relu | drop .2 | 10 relu" and "3 dropout" in app.text
        await settled(pilot, "t")
        await typed(pilot, "8 | 8")
        assert "no activation at all" in app.hint
        await settled(pilot, "enter")
        assert "! no activation at all" in app.text


async def test_layers_are_removed_with_their_bend_typed_and_chosen_from_the_catalogue() -> None:
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, "2")
        app.build.network.go("0")
        await settled(pilot, "minus")
        assert layers(app) == "8 relu"
        await settled(pilot, "enter")
        await typed(pilot, "10 batch_norm")
        await settled(pilot, "enter")
        assert layers(app) == "10 batch_norm relu"
        await settled(pilot, "a")
        await typed(pilot, "drop")
        await settled(pilot, "enter")
        assert layers(app) == "10 | drop .5 batch_norm relu"
        app.build.network.go("1")
        await settled(pilot, "left")
        assert "drop .4" in layers(app)
        await settled(pilot, "greater_than_sign")
        assert layers(app) == "10 batch_norm | drop .4 relu"


async def test_a_file_of_ones_own_is_typed_and_what_is_wrong_with_it_is_one_sentence(tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    names = ("a", "b[/red]\u202e")  # what looks like markup is none, and what would steer a terminal is written out
    table.write_text("height[red],kind\n" + "".join(f"1.{n},{names[n % 2]}\n" for n in range(60)))
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, "enter")
        await typed(pilot, "file")
        await settled(pilot, "enter")
        assert app.lab.draft.dataset == "file" and isinstance(app.focused, Input)
        started = len(app.runner.started)
        await typed(pilot, str(tmp_path / "nothing.csv"))
        assert "No such file" in app.hint
        await settled(pilot, "enter")
        assert "it cannot be trained like this" in app.text
        assert len(app.runner.started) == started
        await settled(pilot, "enter")
        await typed(pilot, str(table))
        assert "60 rows, 1 feature, 2 classes: a, b[/red]" in app.hint and "\u202e" not in app.hint
        await settled(pilot, "enter")
        assert "height[red" in app.text and "b[/red]" in app.text and "1-8-8-1" in app.text and "\u202e" not in app.text
        assert app.runner.started[-1]["dataset"]["path"] == str(table)


async def test_a_large_experiment_waits_until_the_screen_is_left() -> None:
    app = Bench("digits")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, "3", "enter")
        await typed(pilot, "1000000")
        await settled(pilot, "enter")
        assert "about 52 min: learned when left" in app.text
        assert app.runner.started == []
        await settled(pilot, "escape")
        assert app.screen is not app.build
        assert [each["epochs"] for each in app.runner.started] == [1_000_000]


async def test_it_stands_every_size_of_terminal() -> None:
    app = Bench("iris")
    async with app.run_test(size=(120, 40)) as pilot:
        for size in ((10, 3), (60, 20), (109, 25), (110, 24), (250, 70), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            shown = sum(form.size.width > 0 for form in app.build.forms)
            assert shown == (3 if size[0] >= 110 else 1)
        assert "4-8-3" in app.text


async def test_the_mouse_does_what_keys_do() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, "2", "3")  # the cursor of the network has not been moved
        spot = {line.label: place for place, line in enumerate(app.build.network.lines)}

        async def click(label: str, column: int) -> None:
            await pilot.click(app.build.network, offset=(column, spot[label] + 1))
            await pilot.pause()

        await click("1 dense", 5)
        assert app.build.form is app.build.network and app.build.network.line.label == "1 dense"
        await click("1 dense", 16)  # the sign behind the value
        assert layers(app) == "12 relu | 8 relu"
        await click("1 dense", 14)  # and the one before it
        assert layers(app) == "8 relu | 8 relu"
        await click("1 dense", 37)  # the last of the three signs
        assert layers(app) == "8 relu"
        await click("1 dense", 15)
        assert isinstance(app.focused, Input)
        await settled(pilot, "escape")
        await pilot.click("KeyLine", offset=(app.text.splitlines()[-1].index("code"), 0))
        assert isinstance(app.screen, CodeScreen)
        await settled(pilot, "escape")
        await pilot.click(app.build._headline, offset=(10, 0))
        assert app.build.form is app.build.data
