"""Changes on the Build screen: every line of every column, all parameters in one list, layers under the mouse."""

from __future__ import annotations

import pytest
from textual.widgets import DataTable

from tests.tui.bench import Bench
from tests.tui.test_build import layers, settled, typed
from tui.screens.parameters import ParametersScreen

pytestmark = pytest.mark.usefixtures("own_home")


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


async def test_an_answer_to_the_list_of_parameters_that_has_closed_is_taken_and_ends_nothing() -> None:
    app = Bench()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("p")
        await pilot.pause()
        sheet = app.screen
        assert isinstance(sheet, ParametersScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.build and not sheet.query(DataTable)
        sheet.on_data_table_row_highlighted()
        assert sheet._change("epochs", 7) == "" and app.lab.draft.config.epochs == 7
        assert "expected" in sheet._change("epochs", -7) and app.lab.draft.config.epochs == 7
