"""The Build screen: what its keys and the mouse do to the draft, and what is learned when."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.bench import Bench
from tui.frame import Frame
from tui.screens.code import CodeScreen
from tui.screens.preflight import PreflightScreen
from tui.screens.rates import RatesScreen
from tui.terminal import Terminal

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


async def test_a_layer_is_carried_with_the_mouse_and_a_click_still_means_what_it_did() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        app.build.edit(lambda draft: draft.changed({"layers": "8 relu | drop .2 | 4 tanh"}))
        await settled(pilot, "2")
        form = app.build.network
        spot = {line.label: place + 1 for place, line in enumerate(form.lines)}
        await pilot.mouse_down(form, offset=(5, spot["1 dense"]))
        await pilot.hover(form, offset=(5, spot["4 dense"]))
        assert "│↓ 4 dense" in app.text
        await pilot.mouse_up(form, offset=(5, spot["4 dense"]))
        await pilot.pause()
        assert layers(app) == "drop .2 | 4 tanh | 8 relu" and "│↓ " not in app.text
        await pilot.mouse_down(form, offset=(5, spot["1 dense"]))
        await pilot.mouse_up(form, offset=(5, spot["layers"]))  # let go where no layer stands
        await pilot.pause()
        assert layers(app) == "drop .2 | 4 tanh | 8 relu"
        await pilot.click(form, offset=(5, spot["1 dense"]))
        assert form.line.label == "1 dropout"
        await settled(pilot, "u")
        assert layers(app) == "8 relu | drop .2 | 4 tanh"


async def test_every_input_feature_works_and_stands_in_the_preview() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        features = [line.label for line in app.build.data.lines if line.name.startswith("dataset.features:")]
        assert features == ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]
        for word in features[2:]:
            app.build.data.go(f"dataset.features:{word}")
            await settled(pilot, "right")
            assert word in [column.name for column in app.build.pictures[0].scene.sample.histograms]
            assert app.runner.started[-1]["dataset"]["features"][-1] == word
        assert "7-8-8-1" in app.text and "3.79e-" not in app.text
        for word in features:
            app.build.data.go(f"dataset.features:{word}")
            await settled(pilot, "left")
        assert app.lab.draft.config.setting("dataset.features") == ("sin(x2)",)  # the last one stays
        assert "feature" in app.text


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


async def test_every_line_turned_is_learned_at_once_or_opens_a_question() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        lines = [
            (form, line.name) for form in app.build.forms for line in form.lines if line.role in ("field", "layer")
        ]
        turned = 0
        for form, name in lines:
            app.build.open(app.build.forms.index(form))
            form.go(name)
            before = app.lab.draft
            app.build.action_do("turn_on")
            await pilot.pause()
            if app.screen is not app.build:
                await pilot.press("escape")
                continue
            assert app.lab.draft != before, name
            large = "learned when left" in app.text
            assert large == (name == "precision"), name  # which no C kernel has
            assert large or app.runner.started[-1] == app.lab.draft.config.to_dict(), name
            app.build.undo()
            turned += 1
        assert turned > 30


async def test_all_parameters_in_one_list_follow_the_same_rule() -> None:
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, "p", "right")
        assert app.runner.started[-1]["seed"] == 43
        started = len(app.runner.started)
        await settled(pilot, "down", "down", "down", "enter")
        await typed(pilot, "0")
        await settled(pilot, "enter")
        assert "expected a whole number from 1" in app.hint
        await typed(pilot, "1000000")
        await settled(pilot, "enter")
        assert app.lab.draft.config.epochs == 1_000_000 and len(app.runner.started) == started
        await settled(pilot, "escape", "escape")
        assert app.runner.started[-1]["epochs"] == 1_000_000


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
        snapshot(app, name)
