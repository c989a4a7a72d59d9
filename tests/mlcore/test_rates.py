"""The rate finder: its rule, and how near it comes to the best rate by training."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import optimizers, rates
from mlcore.config import Config, load_recipe
from mlcore.datasets.dataset import Data
from mlcore.errors import ConfigError
from mlcore.optimizers import SGD, Adam
from mlcore.training import train

TRIED = 10.0 ** np.arange(-4, 1.1, 0.5)
SWEEP = np.geomspace(1e-6, 10, 300)


def trained(config: Config, data: Data, rate: float) -> float:
    """The loss after training at a rate, as bad as can be where it diverges."""
    settings = {"optimizer.learning_rate": rate, "seed": 7, "stopping.restore_best": False}
    with np.errstate(over="ignore"):  # the loss of a network that has just diverged
        *_, ended = train(config.with_settings(settings), data=data)
    return ended.metrics.get("train_loss", np.inf) if ended.reason == "finished" else np.inf


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        ("blobs", {"epochs": 20}),
        ("digits", {"epochs": 8, "optimizer": "sgd", "optimizer.momentum": 0.9}),
        ("line-relu6", {"epochs": 200, "layers": "16 relu", "optimizer": "sgd", "loss": "mse"}),
    ],
    ids=["blobs by adam", "digits by momentum", "a line by gradient descent"],
)
def test_the_suggestion_is_within_three_times_the_best_rate_by_training(recipe: str, settings: dict) -> None:
    config = load_recipe(recipe).with_settings(settings)
    data = config.dataset.load()
    best = TRIED[np.argmin([trained(config, data, rate) for rate in TRIED])]
    found = rates.find(config, data)
    assert found.suggestion is not None and found.networks == rates.NETWORKS
    assert best / 3 <= found.suggestion <= 3 * best, f"suggested {found.suggestion:.3g}, best {best:.3g}"


def valley(at: float, depth: float) -> np.ndarray:
    """Losses that fall from 2 to a minimum at a rate, and then rise without end."""
    x = np.log10(SWEEP / at)
    return np.r_[2.0, np.where(x < 0, 2 - depth / (1 + np.exp(-6 * (x + 1))), 2 - depth + 4 * x**2)]


def test_the_rule_is_the_minimum_for_steps_that_shorten_and_nine_tenths_of_the_fall_for_others() -> None:
    curves = [valley(0.1, 1.5)] * 3
    plain, adaptive = rates.suggest(SWEEP, curves, SGD()), rates.suggest(SWEEP, curves, Adam())
    assert plain.suggestion == pytest.approx(0.1, rel=0.5) and "minimum" in plain.why
    assert 0.01 < adaptive.suggestion < 0.06 and "90% of the fall" in adaptive.why
    assert plain.first == 2.0 and plain.smoothed.min() == pytest.approx(0.5, rel=0.1)


def test_one_network_that_diverges_early_does_not_decide() -> None:
    unlucky = valley(0.1, 1.5)[:150]
    found = rates.suggest(SWEEP, [unlucky, *[valley(0.1, 1.5)] * 4], SGD())
    assert found.suggestion == pytest.approx(0.1, rel=0.5)


@pytest.mark.parametrize("curve", [np.full(301, 2.0), np.array([2.0]), np.linspace(2, 3, 301), np.full(301, np.nan)])
def test_a_loss_that_does_not_fall_speaks_for_no_rate(curve: np.ndarray) -> None:
    assert rates.suggest(SWEEP, [curve], SGD()).suggestion is None


def test_the_sweep_ends_where_it_diverges_and_changes_nothing() -> None:
    config = load_recipe("line-relu6").with_settings({"layers": "16 relu", "optimizer": "sgd", "loss": "mse"})
    data = config.dataset.load()
    before = data.train.x.copy()
    losses = rates.raised(config, data, np.geomspace(1e-3, 1e6, 60))
    assert 2 < len(losses) < 61 and np.array_equal(losses, rates.raised(config, data, np.geomspace(1e-3, 1e6, 60)))
    assert np.array_equal(before, data.train.x)


def test_only_plain_gradient_descent_makes_steps_as_long_as_the_gradient() -> None:
    found = {
        name: rates.proportional(optimizers.CATALOGUE.find(name).load()()) for name in optimizers.CATALOGUE.names()
    }
    assert found.pop("sgd") and rates.proportional(SGD(momentum=0.9, nesterov=True))
    assert not any(found.values())


@pytest.mark.parametrize("words", [{"low": 1.0, "high": 0.1}, {"low": 0.0}, {"high": np.inf}, {"steps": 5}])
def test_a_range_that_is_none_is_refused(words: dict) -> None:
    with pytest.raises(ConfigError):
        rates.find(Config(), **words)
