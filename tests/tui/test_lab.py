"""The Lab under a person's hands: every key changes the experiment that is really trained, not only the screen."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from time import monotonic

import pytest
from textual.widgets import DataTable

import mlcore
from tests.tui.living import SLOW, living
from tui.palette import entries

pytestmark = pytest.mark.usefixtures("own_home")

EPOCHS = mlcore.load_recipe("journey/circles").epochs


async def test_it_opens_with_circles_already_learning_in_slow_motion(tmp_path: Path) -> None:
    async with living(tmp_path, pace="show") as lab:
        assert lab.frame.dataset == "circles"
        assert lab.frame.pace == "show"
        await lab.until(lambda: lab.frame.epoch >= 2 and lab.frame.boundary is not None)
        assert lab.frame.epochs == EPOCHS


async def test_the_arrows_change_the_data_and_keep_the_network(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("right")
        moons = await lab.learned(dataset="moons")
        assert moons.net.widths == (2, 8, 8, 1)
        await lab.press("left", "left")
        around = lab.app.lab.draft
        assert around is not None
        assert around.dataset == list(lab.app.lab.recipes)[-1]


async def test_up_and_down_change_the_selected_layer_and_train_it(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("up")
        assert (await lab.learned()).net.widths == (2, 12, 8, 1)
        await lab.press("u", "down")
        assert (await lab.learned()).net.widths == (2, 12, 6, 1)
        assert lab.frame.selected == 1


async def test_a_changes_the_bend_and_without_one_circles_cannot_be_learned(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("a")
        assert set((await lab.learned()).net.activations) == {"tanh", ""}
        await lab.press("a", "a", "a")
        straight = await lab.learned()
        assert set(straight.net.activations) == {""}
        assert straight.metrics["test_accuracy"] < 0.7
        await lab.says("that is what ReLU is for")


async def test_plus_and_minus_add_and_remove_layers(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("+")
        assert (await lab.learned()).net.widths == (2, 8, 8, 8, 1)
        await lab.press("-", "-", "-")
        assert (await lab.learned()).net.widths == (2, 1)
        await lab.says("Press + for a layer")


async def test_brackets_halve_and_double_the_rate(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        rate = lab.frame.learning_rate
        await lab.press("]")
        assert (await lab.learned()).learning_rate == pytest.approx(2 * rate)
        await lab.press("[", "[")
        assert (await lab.learned()).learning_rate == pytest.approx(rate / 2)


async def test_the_same_seed_gives_the_same_curve_and_another_seed_another(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        first = lab.frame.losses[1].y.tolist()
        number = lab.app.feed.number
        await lab.press("r")
        await lab.until(lambda: lab.app.feed.number > number)
        assert (await lab.learned()).losses[1].y.tolist() == first
        await lab.press("R")
        await lab.until(lambda: lab.app.feed.number > number + 1)
        assert (await lab.learned()).losses[1].y.tolist() != first


async def test_space_pauses_s_makes_a_step_n_an_epoch_and_space_goes_on(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        await lab.until(lambda: lab.frame.epoch >= 3)
        await lab.press("space")
        await lab.until(lambda: lab.frame.state == "paused")
        before = lab.frame
        await lab.press("s")
        await lab.until(lambda: lab.frame.step == before.step + 1)
        await lab.press("n")
        await lab.until(lambda: lab.frame.epoch == before.epoch + 1)
        assert lab.frame.step == lab.frame.epoch * 22
        await lab.press("space")
        await lab.until(lambda: lab.frame.state == "running" and lab.frame.epoch > before.epoch + 1)


async def test_comma_goes_back_in_the_film_and_a_branch_goes_on_from_there(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        whole = lab.frame
        parent = lab.app.feed.number
        await lab.press("less_than_sign")
        await lab.until(lambda: lab.frame.shown_epoch == 0)
        for _ in range(3):
            await lab.press(".")
        await lab.until(lambda: 0 < lab.frame.shown_epoch < 10)
        shown = lab.frame.shown_epoch
        await lab.says("b trains on from here")
        await lab.press("b")
        await lab.until(lambda: lab.app.feed.number > parent)
        branch = await lab.learned()
        assert branch.losses[1].y.tolist() == whole.losses[1].y.tolist()  # unchanged settings: the parent, bit for bit
        assert shown > 0
        await lab.says("A new run goes on")


async def test_a_branch_without_a_picture_chosen_says_what_to_do_until_the_next_key(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("b")
        await lab.says("First choose a picture")
        lab.app.laboratory._said_until += 1000.0
        await lab.press("u")
        await lab.until(lambda: "First choose a picture" not in lab.screen)


async def test_digits_are_shown_as_pictures_with_answers(tmp_path: Path) -> None:
    async with living(tmp_path, "journey/digits") as lab:
        frame = await lab.learned(dataset="digits")
        assert frame.metrics["test_accuracy"] > 0.9
        await lab.until(lambda: lab.frame.pictures is not None)
        await lab.says("what it reads")
        await lab.press("up")
        assert (await lab.learned()).net.widths == (64, 96, 10)


async def test_the_share_of_digits_read_right_counts_those_on_the_screen(tmp_path: Path) -> None:
    async with living(tmp_path, "journey/digits", size=(120, 40)) as lab:
        await lab.until(lambda: lab.frame.pictures is not None)
        answer = re.compile(r"(?:\d|\d≠\d) \d+%")
        await lab.until(lambda: f"of {len(answer.findall(lab.screen))} right" in lab.screen)
        assert "of 0 right" not in lab.screen


async def test_a_regression_is_shown_as_a_line(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        lab.app.choose_data("line")
        frame = await lab.learned(dataset="line")
        await lab.until(lambda: lab.frame.fit is not None)
        assert frame.task == "regression"
        await lab.says("Rows it never saw")


async def test_e_asks_for_epochs_refuses_nonsense_and_trains_that_many(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.press("e")
        await lab.asks()
        await lab.press(*"0", "enter")
        await lab.until(lambda: "epochs" in str(lab.app.screen.query_one("#hint").render()))
        assert lab.app.screen is not lab.app.laboratory  # still asking
        await lab.press("backspace", *"17", "enter")
        await lab.until(lambda: lab.app.screen is lab.app.laboratory)
        assert (await lab.learned(epochs=17)).epoch == 17
        await lab.press("right")
        assert (await lab.learned(dataset="moons")).epochs == 17


async def test_a_rate_typed_while_it_runs_takes_effect_without_a_new_run(tmp_path: Path) -> None:
    async with living(tmp_path, pace=SLOW) as lab:
        number = lab.app.feed.number
        await lab.press("L")
        await lab.asks()
        await lab.press(*"0.05", "enter")
        await lab.until(lambda: lab.frame.learning_rate == pytest.approx(0.05))
        assert lab.app.feed.number == number


async def test_every_parameter_is_in_the_form_and_changing_one_retrains(tmp_path: Path) -> None:
    async with living(tmp_path, size=(120, 40)) as lab:
        await lab.press("p", "p")
        await lab.until(lambda: [each.row_count for each in lab.app.screen.query(DataTable)] > [0])
        draft = lab.app.lab.draft
        assert draft is not None
        table = lab.app.screen.query_one("DataTable")
        assert table.row_count == len(mlcore.form.rows(draft.config))  # type: ignore[attr-defined]
        number = lab.app.feed.number
        for _ in range(3):
            await lab.press("down")
        await lab.press("left")  # epochs: half as many
        await lab.until(lambda: lab.app.feed.number > number)
        await lab.press("escape", "escape")
        assert (await lab.learned()).epochs == EPOCHS // 2


async def test_what_cannot_be_is_said_in_the_form_and_not_done(tmp_path: Path) -> None:
    async with living(tmp_path, size=(120, 40)) as lab:
        before = lab.app.lab.draft
        await lab.press("p", "p")
        await lab.until(lambda: [each.row_count for each in lab.app.screen.query(DataTable)] > [0])
        await lab.press("down", "enter")
        await lab.asks()
        await lab.press(*"8 rellu", "enter")
        await lab.until(lambda: "did you mean 'relu'?" in str(lab.app.screen.query_one("#hint").render()))
        assert lab.app.lab.draft == before


async def test_what_is_built_is_learned_behind_the_screen_and_shown_as_code_with_its_weights(tmp_path: Path) -> None:
    async with living(tmp_path, size=(120, 40)) as lab:
        number = lab.app.feed.number
        await lab.press("p")
        await lab.until(lambda: lab.app.acting is lab.app.screen is not lab.app.laboratory)
        assert {"Type the network", "Pre-flight"} <= {entry.title for entry in entries(lab.app)}
        await lab.press("right")
        moons = await lab.learned(dataset="moons")
        assert lab.app.feed.number == number + 1
        lab.app.choose_data("blobs")  # as the palette does
        await lab.until(lambda: lab.app.acting.data.line.value == "blobs")
        await lab.press("u")
        assert (await lab.learned(dataset="moons")).epochs == moons.epochs
        await lab.press("E")
        words = f"its weights of epoch {moons.epochs:,}"
        await lab.until(lambda: words in str(lab.app.screen.query("#about").last().render()))
        await lab.press("escape", "escape")
        await lab.until(lambda: lab.app.screen is lab.app.laboratory)
        number = lab.app.feed.number
        await lab.press("p", "escape")
        assert lab.app.feed.number == number  # looking changes nothing


async def test_what_is_edited_before_an_experiment_has_begun_is_not_taken_back_when_it_does(tmp_path: Path) -> None:
    async with living(tmp_path) as lab:
        await lab.until(lambda: lab.app.lab.recipes)
        lab.app.choose_data("blobs")
        sent = lab.app.lab.draft
        assert lab.app.lab.edit(lambda draft: draft.changed({"epochs": 7}))  # in Build: nothing is started by it
        await lab.learned(dataset="blobs")
        assert lab.app.lab.draft.config == sent.changed({"epochs": 7}).config and lab.app.lab.behind


async def test_being_kept_waiting_between_two_looks_at_the_time_stops_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(tmp_path) as lab:
        slow = itertools.count(monotonic(), 0.003)  # as on a machine that others use: 3 ms pass with every look
        monkeypatch.setattr("textual._time.get_time", lambda: next(slow))
        await lab.press("up")
        await lab.until(lambda: "▸12" in lab.screen, 20)  # the network is drawn by a timer, after the figures
