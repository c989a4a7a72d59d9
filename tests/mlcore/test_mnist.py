"""Real digits: the recipes reach what they promise. Skipped, in words, where the files are not at hand."""

from __future__ import annotations

import os

import pytest

from mlcore import load_recipe, train
from mlcore.datasets.dataset import Rows
from mlcore.errors import DataError


def _end(recipe: str, every: int = 1, **settings):
    """The end of a recipe's training on every so many-th of its rows."""
    config = load_recipe(recipe).with_settings(settings)
    try:
        data = config.dataset.load()
    except DataError as error:
        pytest.skip(str(error))
    rows = Rows(data.train.x[::every].copy(), data.train.y[::every].copy())
    *_, end = train(config, data=data._replace(train=rows))
    return end


def test_mnist_mlp_is_right_on_97_of_100_test_digits_after_five_epochs() -> None:
    assert _end("journey/mnist-mlp", seed=1).metrics["test_accuracy"] >= 0.97


@pytest.mark.slow
def test_the_article_s_network_is_right_on_84_of_100_digits_within_a_thousand_iterations() -> None:
    end = _end("journey/relu", every=1 if os.environ.get("MLJ_EXHAUSTIVE") else 6)
    assert end.epoch == 1000
    assert end.metrics["train_accuracy"] >= 0.84


def test_the_digits_recipe_needs_no_download_and_is_right_on_96_of_100() -> None:
    assert _end("journey/digits").metrics["test_accuracy"] >= 0.96
