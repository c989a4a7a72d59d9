"""The draft: every edit of the Lab is a new experiment that can be trained."""

from __future__ import annotations

import pytest

import mlcore
from mlcore.errors import ConfigError
from tui.draft import BENDS, LAYERS, Draft
from tui.words import UNITS


@pytest.fixture
def draft() -> Draft:
    return Draft(mlcore.load_recipe("journey/circles"))


def test_up_gives_only_the_selected_layer_more_neurons(draft: Draft) -> None:
    assert draft.with_units(1).hidden == (("12", "relu"), ("8", "relu"))
    assert draft.with_next_selected().with_units(1).hidden == (("8", "relu"), ("12", "relu"))


def test_up_and_down_are_each_others_way_back(draft: Draft) -> None:
    assert draft.with_units(1).with_units(-1).config == draft.config


def test_the_ladder_of_neurons_ends_at_both_ends(draft: Draft) -> None:
    smallest = draft.changed({"layers": "1 relu"})
    largest = draft.changed({"layers": f"{UNITS[-1]} relu"})
    assert smallest.with_units(-1).config == smallest.config
    assert largest.with_units(1).config == largest.config


def test_other_data_bring_their_own_loss_unless_one_is_named_with_them(draft: Draft) -> None:
    numbers = Draft(mlcore.load_recipe("diabetes"))
    moved = numbers.with_data(draft.config)
    assert (moved.config.setting("loss.kind"), moved.config.epochs) == ("auto", draft.config.epochs)
    assert numbers.changed({"dataset.kind": "iris"}).config.setting("loss.kind") == "auto"
    assert draft.changed({"dataset.kind": "iris", "loss.kind": "kl_div"}).config.setting("loss.kind") == "kl_div"
    smoothed = draft.changed({"loss.label_smoothing": 0.1})
    assert smoothed.changed({"dataset.noise": 0.2}).config.setting("loss.label_smoothing") == 0.1


def test_a_layer_is_carried_to_the_place_of_another_and_neurons_keep_their_bend(draft: Draft) -> None:
    deep = draft.changed({"layers": "8 relu | drop .2 | 4 tanh | 2 elu"})
    assert deep.words == ("8", "relu", "drop .2", "4", "tanh", "2", "elu")

    def carried(place: int, to: int) -> str:
        return " ".join(deep.with_carried(place, to).words)

    assert carried(0, 5) == carried(0, 6) == "drop .2 4 tanh 2 elu 8 relu"
    assert carried(5, 0) == carried(5, 1) == "2 elu 8 relu drop .2 4 tanh"
    assert carried(0, 2) == carried(2, 0) == "drop .2 8 relu 4 tanh 2 elu"
    assert carried(2, 4) == "8 relu 4 tanh drop .2 2 elu" and carried(2, 1) == "8 drop .2 relu 4 tanh 2 elu"
    assert carried(6, 1) == "8 elu relu drop .2 4 tanh 2"
    for place in range(len(deep.words)):
        assert deep.with_carried(place, place) == deep
        for to in range(len(deep.words)):
            assert sorted(deep.with_carried(place, to).words) == sorted(deep.words)
    assert deep.with_carried(0, 1) == deep


def test_a_number_of_neurons_between_the_rungs_goes_to_the_next_rung(draft: Draft) -> None:
    odd = draft.changed({"layers": "10 relu"})
    assert (odd.with_units(1).units, odd.with_units(-1).units) == (12, 8)


def test_the_bend_goes_round_through_none_and_changes_every_layer(draft: Draft) -> None:
    seen = [draft.bend]
    for _ in BENDS[1:]:
        draft = draft.with_bend()
        seen.append(draft.bend)
        assert {words[1:] for words in draft.hidden} == {(draft.bend,) if draft.bend else ()}
    assert tuple(seen) == BENDS
    assert draft.with_bend().bend == "relu"


def test_a_new_layer_is_like_the_last_and_becomes_the_selected_one(draft: Draft) -> None:
    deeper = draft.with_layer()
    assert deeper.hidden == (("8", "relu"),) * 3
    assert deeper.selected == 2


def test_layers_can_all_be_removed_and_come_back(draft: Draft) -> None:
    bare = draft.without_layer().without_layer().without_layer()
    assert bare.hidden == ()
    assert (bare.units, bare.bend, bare.selected) == (0, "", 0)
    assert bare.with_bend().config == bare.config
    assert bare.with_units(1).hidden == (("8", "relu"),)
    assert bare.with_next_selected() == bare


def test_there_are_never_more_layers_than_the_lab_draws(draft: Draft) -> None:
    for _ in range(20):
        draft = draft.with_layer()
    assert len(draft.hidden) == LAYERS


def test_the_selection_follows_when_its_layer_goes(draft: Draft) -> None:
    last = draft.with_next_selected()
    assert last.without_layer().selected == 0


def test_other_data_keep_the_network_and_bring_their_own_epochs(draft: Draft) -> None:
    moons = mlcore.load_recipe("journey/moons")
    changed = draft.with_units(1).with_data(moons)
    assert changed.dataset == "moons"
    assert changed.hidden == draft.with_units(1).hidden
    assert changed.config.epochs == moons.epochs


def test_epochs_a_person_named_stay_when_the_data_change(draft: Draft) -> None:
    assert draft.changed({"epochs": 7}).with_data(mlcore.load_recipe("journey/moons")).config.epochs == 7


def test_the_rate_is_doubled_halved_and_bounded(draft: Draft) -> None:
    rate = draft.config.optimizer.learning_rate
    assert draft.with_rate(2).config.optimizer.learning_rate == pytest.approx(2 * rate)
    assert draft.with_rate(0.5).config.optimizer.learning_rate == pytest.approx(rate / 2)
    for _ in range(60):
        draft = draft.with_rate(2)
    assert 50 < draft.config.optimizer.learning_rate <= 100


def test_a_new_seed_changes_the_seed_of_the_run_and_never_the_data(draft: Draft) -> None:
    other = draft.with_seed()
    assert other.config.seed == draft.config.seed + 1
    assert other.config.dataset == draft.config.dataset


def test_what_cannot_be_is_an_error_that_names_it(draft: Draft) -> None:
    with pytest.raises(ConfigError, match="epochs"):
        draft.changed({"epochs": 0})


def test_norms_dropout_and_numbers_of_their_own_stay_with_their_layer(draft: Draft) -> None:
    rich = draft.changed({"layers": "batch_norm | 8 batch_norm leaky_relu .1 | drop .2 | 8 | flatten | 4 gelu"})
    assert (rich.units, rich.bend, len(rich.hidden)) == (8, "leaky_relu", 3)
    assert (
        rich.with_units(1).config.setting("layers").startswith("batch_norm | 12 batch_norm leaky_relu .1 | drop .2 |")
    )
    bent = rich.with_bend().config.setting("layers")
    assert bent == "batch_norm | 8 batch_norm relu | drop .2 | 8 relu | flatten | 4 relu"
    straight = rich.changed({"layers": bent.replace("relu", "relu6")}).with_bend().config.setting("layers")
    assert straight == "batch_norm | 8 batch_norm | drop .2 | 8 | flatten | 4"
    assert rich.without_layer().with_layer().config.setting("layers").endswith("8 | flatten | 8 | flatten")


def test_a_skip_and_its_add_come_and_go_together(draft: Draft) -> None:
    for word in ("skip", "add"):
        assert draft.with_inserted(2, word).config.setting("layers") == "8 relu | skip | add | 8 relu"
    nested = draft.changed({"layers": "8 | skip | 8 relu | skip | 8 | add | add relu"})
    for place in (1, 7):
        assert nested.without_block(place).words == ("8", "8", "relu", "skip", "8", "add", "relu")
    for place in (4, 6):
        assert nested.without_block(place).words == ("8", "skip", "8", "relu", "8", "add", "relu")


def test_a_word_of_the_catalogue_is_put_into_the_selected_layer_and_taken_out_again(draft: Draft) -> None:
    deeper = draft.with_next_selected()
    for word, line in (
        ("batch_norm", "8 relu | 8 batch_norm relu"),
        ("dropout", "8 relu | 8 relu | drop .5"),
        ("flatten", "8 relu | 8 relu | flatten"),
    ):
        changed = deeper.with_word(word)
        assert changed.config.setting("layers") == line
        assert changed.with_word(word).config == draft.config
    assert draft.with_bends("gelu").config.setting("layers") == "8 gelu | 8 gelu"
    assert draft.with_word("dense").config.setting("layers") == "8 relu | 8 relu | 8 relu"
    both = draft.with_word("dropout").with_word("batch_norm").with_word("dropout")
    assert both.config.setting("layers") == "8 batch_norm relu | 8 relu"
