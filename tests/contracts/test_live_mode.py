"""Live mode, whatever the data: a change is learned at once, or takes half a second and more, or is refused in words.

The decision is examined, not the seconds: `python -m tools.live --timed` compares those.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

import mlcore
from mlcore.errors import BackendError, MljError, ShapeError
from tools import live
from tui import plan
from tui.draft import Draft

SLOW = ("backend", "precision")  # settings that choose another backend, on which nothing is quick
# What the penguins' file does not stand; tokens ask for another network.
OF_A_FILE = ("dataset.categories", "dataset.impute", "dataset.task", "dataset.format.header")
FORMAT = "dataset.format."  # says how another file is written
NUMBERS = ("line", "plane", "hills", "diabetes", "sine", "sales", "series", "adding")
# What asks for another network, or makes more rows or epochs than half a second has room for.
ASKED = {
    "sine": ("dataset.every_step",),
    "parity": ("dataset.every_step",),
    "mnist1d": ("epochs", "dataset.n_samples"),
    "series": ("dataset.lags",),
}
OF_CLASSES = ("loss.label_smoothing", "loss.class_weight", "loss.confidence_penalty")
CASES = {case.name: case.config for case in live.datasets() if case.name != "mnist"}  # which has to be fetched
AT_STEPS = ("copy", "names")  # what asks at every step, has tokens for inputs, and takes its network seconds to learn
PAGE = Path(__file__).parents[2] / "docs" / "live.md"


@pytest.fixture(scope="module", autouse=True)
def loaded_once() -> Iterator[None]:
    """The rows of every case are kept: each recipe is given all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "loaded", lru_cache(2 * len(CASES))(live.loaded.__wrapped__))
        yield


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind not in AT_STEPS])
def test_every_data_set_is_live_with_the_lab_s_network_and_so_is_every_change_of_one_setting(kind: str) -> None:
    config = CASES[kind]
    assert plan.live(live.outline(config))
    numbers = config.to_dict()["dataset"]["kind"] in NUMBERS
    allowed = (*SLOW, *(OF_A_FILE if kind == "file" else ()), *(OF_CLASSES if numbers else ()), *ASKED.get(kind, ()))
    made = list(live.changes(config))
    assert len(made) > 80
    for name, value, draft in made:
        said = live.verdict(draft)
        assert not said or name in allowed or name.startswith(FORMAT), f"{name} = {value}: {said}"


def refused(draft: Draft) -> ShapeError | None:
    """What is said of a network that does not fit its data; None where it takes some seconds to train."""
    try:
        assert live.outline(draft.config).seconds > 0
    except ShapeError as error:
        return error
    return None


@pytest.mark.parametrize("recipe", [*mlcore.recipes()])
def test_every_recipe_takes_every_data_set_or_says_what_its_layers_need(recipe: str) -> None:
    draft = Draft(mlcore.load_recipe(recipe))
    layers = draft.config.layers
    images = any(layer.takes_images for layer in layers)
    plain = not images and not any(layer.takes_sequences or layer.tokens for layer in layers)
    for kind, other in CASES.items():
        for moved in (draft.with_data(other), draft.changed({"dataset": other.to_dict()["dataset"]})):
            refusal = refused(moved)
            assert refusal is None or not plain or kind in AT_STEPS, f"{kind}: {refusal}"
            assert refusal is None or (refusal.hint and "layer" in str(refusal)), refusal


def test_tokens_bring_a_network_that_takes_them_and_leave_with_it() -> None:
    draft = Draft(mlcore.load_recipe("journey/circles"))
    named = draft.with_data(mlcore.load_recipe("journey/names-rnn"))
    assert live.outline(named.config).seconds > 0
    back = named.with_data(mlcore.load_recipe("journey/moons"))
    assert live.outline(back.config).seconds > 0 and not any(layer.tokens for layer in back.config.layers)


def test_what_is_larger_is_not_live_and_what_cannot_be_trained_says_why() -> None:
    config = CASES["circles"]
    for settings in ({"epochs": 100_000}, {"layers": "512 relu | 512 relu"}, {"batch_size": 1, "epochs": 1000}):
        assert not plan.live(live.outline(config.with_settings(settings))), settings
    assert plan.live(live.outline(config.with_settings({"repeats": 1000})))  # the Lab trains the first of them
    with pytest.raises(BackendError, match="cuda"):
        live.outline(config.with_settings({"device": "cuda:99"}))
    with pytest.raises(MljError, match="validation_r2"):
        live.outline(config.with_settings({"stopping.goal": "validation_r2 > 0.5"}))


def test_the_page_says_what_is_so() -> None:
    said = PAGE.read_text(encoding="utf-8").splitlines()
    assert live.HEAD.splitlines()[0] == said[0]
    for case in live.datasets():
        if case.name in CASES:
            assert live.line(case, timed=False) in said, "run: python -m tools.live > docs/live.md"
