"""Recipes of images and sequences that train in seconds reach what they are to; the others: benchmarks.floors."""

import numpy as np

from mlcore import load_recipe, train
from mlcore.datasets.sales import seasonal_naive


def metrics(recipe: str, **settings) -> dict[str, float]:
    """Those of a recipe trained to its end."""
    for event in train(load_recipe(f"journey/{recipe}").with_settings(settings)):
        if event.kind == "ended":
            return event.metrics
    raise AssertionError("a run that did not end")


def test_convolutions_know_the_small_digits():
    assert metrics("digits-cnn")["test_accuracy"] >= 0.985


def test_a_recurrent_network_forecasts_sales_better_than_last_year_does():
    data = load_recipe("journey/sales-rnn").dataset.load()
    assert data.test is not None
    naive = np.square(seasonal_naive(data.test.x, 1) - data.test.y).mean()
    assert metrics("sales-rnn")["test_loss"] < 0.7 * naive


def test_on_mnist1d_who_looks_along_the_curve_beats_who_does_not():
    straight = metrics("mnist1d-logistic")["test_accuracy"]
    looking = metrics("mnist1d-cnn", epochs=30)["test_accuracy"]
    assert 0.25 < straight < 0.38 and looking > 0.85
