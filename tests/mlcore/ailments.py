"""Sick experiments, each with one planted fault, and healthy ones: small enough to train in milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows, Task

Change = Callable[[Data], Data]


class Patient(NamedTuple):
    """An experiment, what is done to its data, and the rule that must find it (of a healthy one, none)."""

    rule: str
    settings: dict[str, Any]
    change: Change = lambda data: data

    @property
    def config(self) -> Config:
        return Config().with_settings({"epochs": 40} | self.settings)

    @property
    def data(self) -> Data:
        return self.change(self.config.dataset.load())


def each(data: Data, change: Callable[[Rows], Rows]) -> Data:
    """Every part of some data, changed."""
    parts = {name: getattr(data, name) for name in ("train", "validation", "test")}
    changed = data._replace(**{name: change(rows) for name, rows in parts.items() if rows is not None})
    return changed._replace(feature_names=tuple(f"x{i + 1}" for i in range(changed.train.x.shape[1])))


def shuffled(data: Data) -> Data:
    random = np.random.RandomState(0)
    return each(data, lambda rows: Rows(rows.x, random.permutation(rows.y)))


def times(factor: float, plus: float = 0.0) -> Change:
    return lambda data: each(data, lambda rows: Rows((rows.x * factor + plus).astype(np.float32), rows.y))


def with_columns(data: Data, column: Callable[[Rows, np.random.RandomState], np.ndarray]) -> Data:
    """The data with columns of noise, and one more that is made from the rows."""
    random = np.random.RandomState(0)

    def wider(rows: Rows) -> Rows:
        noise = random.normal(size=(len(rows), 3))
        return Rows(np.column_stack([noise, column(rows, random)]).astype(np.float32), rows.y)

    return each(data, wider)


def giving_away(data: Data) -> Data:
    return with_columns(data, lambda rows, random: rows.y + random.normal(size=len(rows)) * 0.01)


def tested_on_training_rows(data: Data) -> Data:
    assert data.test is not None
    both = ((data.train.x, data.test.x), (data.train.y, data.test.y))
    return data._replace(test=Rows(*(np.concatenate([a[:30], b[30:]]) for a, b in both)))


def repeated(data: Data) -> Data:
    return data._replace(train=data.train.take(np.arange(len(data.train)) * 2 // 3))


def rare(data: Data) -> Data:
    keep = [np.flatnonzero((rows.y != 0) | (np.arange(len(rows)) % 25 == 0)) for rows in (data.train,)]
    return data._replace(train=data.train.take(keep[0]))


def as_numbers(data: Data) -> Data:
    numbers = each(data, lambda rows: Rows(rows.x, rows.y.astype(np.float32)[:, None]))
    return numbers._replace(task=Task("regression", 1))


MOONS, BLOBS, CIRCLES = {"dataset": "moons"}, {"dataset": "blobs"}, {"dataset": "circles"}
DIGITS = {"dataset": "digits", "epochs": 6}
for _settings in (MOONS, BLOBS, CIRCLES):
    _settings["dataset.n_samples"] = 400

SICK = {
    "a rate of 3": Patient("rate_too_high", MOONS | {"optimizer.learning_rate": 3.0}),
    "a rate at which a line diverges": Patient(
        "rate_too_high",
        {"dataset": "line", "dataset.n_samples": 100, "optimizer": "sgd", "optimizer.learning_rate": 100.0},
    ),
    "a rate of one millionth": Patient("rate_too_low", MOONS | {"optimizer.learning_rate": 1e-6}),
    "gradient descent at a ten thousandth": Patient(
        "rate_too_low", BLOBS | {"optimizer": "sgd", "optimizer.learning_rate": 1e-4}
    ),
    "squared errors for classes": Patient("wrong_loss", MOONS | {"loss": "mse"}),
    "classes learned as numbers": Patient("wrong_loss", BLOBS, as_numbers),
    "a sigmoid before the output": Patient("activation_on_logits", MOONS | {"layers": "16 tanh | 1 sigmoid"}),
    "first weights too large for the width": Patient(
        "bad_initial_loss", DIGITS | {"layers": "256 relu | 256 relu", "init": "article_uniform", "epochs": 2}
    ),
    "inputs a hundred times too large": Patient("unscaled_input", BLOBS | {"dataset.scale": "none"}, times(100)),
    "inputs far below zero": Patient("dead_units", MOONS | {"layers": "16 relu | 8 relu"}, times(1, -40)),
    "tanh pushed to its ends": Patient(
        "saturated_units", DIGITS | {"dataset.scale": "none", "layers": "32 tanh | 32 tanh"}
    ),
    "seven layers of sigmoid": Patient("vanishing", MOONS | {"layers": " | ".join(["8 sigmoid"] * 7)}),
    "weights that do not know their width": Patient(
        "exploding", DIGITS | {"layers": " | ".join(["256 relu"] * 4), "init": "article_uniform", "epochs": 1}
    ),
    "a large network on few rows": Patient(
        "overfitting",
        MOONS
        | {"dataset.n_samples": 300, "dataset.noise": 0.5, "layers": "64 relu | 64 relu", "epochs": 200}
        | {"dataset.split.validation": 0.3},
    ),
    "a straight line between two rings": Patient("plateau", CIRCLES | {"layers": ""}),
    "a column made from the target": Patient("leak", MOONS, giving_away),
    "test rows that were trained on": Patient("leak", BLOBS, tested_on_training_rows),
    "every third row twice": Patient("duplicates", BLOBS, repeated),
    "one row in a hundred of the first class": Patient("imbalance", BLOBS, rare),
    "five rows for validation": Patient("noisy_validation", MOONS | {"dataset.split.validation": 5}),
    "targets in another order": Patient("shuffled_labels", MOONS, shuffled),
}

HEALTHY = {
    "circles": {"dataset": "circles", "epochs": 80},
    "circles, tanh": {"dataset": "circles", "layers": "16 tanh | 16 tanh", "epochs": 80, "seed": 1},
    "moons": {"dataset": "moons", "epochs": 30},
    "moons with much noise": {"dataset": "moons", "dataset.noise": 0.5, "layers": "16 relu", "epochs": 30},
    "moons, sigmoid": {"dataset": "moons", "layers": "16 sigmoid", "epochs": 80, "seed": 3},
    "moons, few rows": {"dataset": "moons", "dataset.n_samples": 200, "layers": "8 tanh", "epochs": 60},
    "moons, dropout and batch_norm": {
        "dataset": "moons",
        "layers": "32 batch_norm leaky_relu dropout .1 | 16 gelu",
        "optimizer": "adamw",
        "schedule": "cosine",
    },
    "moons, two outputs": {"dataset": "moons", "loss": "softmax_cross_entropy", "layers": "8 relu | 8 relu"},
    "blobs": {"dataset": "blobs", "dataset.seed": 43},
    "blobs, as they are": {"dataset": "blobs", "dataset.scale": "none", "epochs": 60},
    "blobs, a straight line": {"dataset": "blobs", "dataset.centers": 2, "layers": "", "epochs": 60},
    "blobs, gradient descent": {"dataset": "blobs", "optimizer": "sgd", "optimizer.learning_rate": 0.1},
    "blobs, layer_norm": {"dataset": "blobs", "layers": "16 layer_norm silu", "optimizer": "rmsprop"},
    "blobs, momentum": {"dataset": "blobs", "optimizer": "sgd", "optimizer.momentum": 0.9, "init": "glorot_uniform"},
    "three spirals": {
        "dataset": "spirals",
        "dataset.classes": 3,
        "dataset.per_class": 200,
        "layers": "32 tanh | 32 tanh",
        "epochs": 80,
    },
    "two spirals, relu": {
        "dataset": "spirals",
        "dataset.classes": 2,
        "dataset.per_class": 200,
        "layers": "32 relu | 32 relu",
        "epochs": 120,
    },
    "digits": {"dataset": "digits", "layers": "64 relu", "epochs": 12, "optimizer.learning_rate": 0.002},
    "digits, the article's network": {"dataset": "digits", "layers": "10 relu | 10 relu", "init": "article_uniform"},
    "a line": {"dataset": "line", "layers": "8 tanh", "epochs": 100},
    "a line, absolute errors": {"dataset": "line", "loss": "mae", "layers": "32 relu | 16 relu", "epochs": 60},
}
