"""Recipes come near the best possible accuracy on fresh points, and never above it beyond chance."""

from __future__ import annotations

import math

import pytest

from mlcore import load_recipe, train

FRESH = 20_000


@pytest.mark.parametrize("seed", [1, 42])
@pytest.mark.parametrize("name", ["circles", "moons", "blobs", "spirals", "xor"])
def test_a_recipe_comes_within_a_point_and_a_half_of_the_ceiling_and_not_above_it(name: str, seed: int) -> None:
    config = load_recipe(f"journey/{name}").with_settings({"seed": seed})
    data = config.dataset.load()
    *_, end = train(config, data=data)
    rows = config.dataset.fresh(FRESH, seed=7)
    outputs, _ = end.model.network.forward(end.model.vector, rows.x)
    accuracy = float((end.model.loss.probabilities(outputs).argmax(axis=1) == rows.y).mean())
    ceiling = data.ceiling
    chance = 3 * math.sqrt(ceiling * (1 - ceiling) / FRESH)
    assert ceiling - 0.015 <= accuracy <= ceiling + chance
