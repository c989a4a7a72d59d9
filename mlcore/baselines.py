"""Baselines: what is reached without a network to speak of, so that a score can be told from no score at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from mlcore import forecasting, metrics, rivals
from mlcore.config import Config
from mlcore.datasets.dataset import Array, Data, Rows
from mlcore.events import Ended
from mlcore.rivals import Rival
from mlcore.training import train

SECONDS = 2.0  # for training the linear one
EPOCHS = 60


class Baseline(NamedTuple):
    """Its name and what it reaches: an accuracy, or R² of a regression."""

    name: str
    score: float


def measure(config: Config, data: Data, split: str = "") -> tuple[str, tuple[Baseline, ...]]:
    """The rows that were judged on, validation where there are any, and the baselines.

    The first is one answer for every row: the class most training rows have, or their mean. Others are linear, of a
    table trees as well (`mlcore.rivals`), or what the data set itself is usually compared with; where each step has an
    answer, what follows from the step alone. `config` names the data; nothing else of it counts.
    split: judge by these rows instead. The test is left alone unless it is asked for.
    """
    split = split or ("train" if data.validation is None else "validation")
    rows: Rows = getattr(data, split)
    if rows.growth is not None:
        truth = rows.growth.values(rows.y)
        said = forecasting.naive(data, rows)
        return split, tuple(Baseline(name, forecasting.errors(truth, each).r2) for name, each in said.items())
    if tabular(data):
        return split, scores(rivals.fit(data), data, rows)
    found = [simplest(data, rows)]
    if not data.task.steps:
        found.append(linear(config, data, rows, split))
    elif data.sequence and data.sequence.vocabulary:
        found.append(pairs(data, rows))
    usual = config.dataset.usual(rows.x)
    if usual is not None:
        found.append(Baseline(usual[0], explained(rows.y, usual[1])))
    return split, tuple(found)


def tabular(data: Data) -> bool:
    """Whether the rows come from a table whose columns became features: then rivals are quickly fitted."""
    return bool(data.columns) and not data.task.steps


def scores(several: Iterable[Rival], data: Data, rows: Rows) -> tuple[Baseline, ...]:
    """What rivals reach on some rows."""
    return tuple(Baseline(each.name, score(each.answer(data.inputs(rows)), rows.y, data)) for each in several)


def score(answers: Array, y: Array, data: Data) -> float:
    """The accuracy of class numbers [n], or R² of numbers [n, outputs]."""
    return metrics.r2(answers, y) if data.task.kind == "regression" else float((answers == y).mean())


def simplest(data: Data, rows: Rows) -> Baseline:
    """One and the same answer for every row, or for every step."""
    y = data.train.y
    if data.task.kind == "regression":
        return Baseline("mean", explained(rows.y, np.broadcast_to(y.mean(axis=0), rows.y.shape)))
    commonest, asked = np.bincount(y[y >= 0]).argmax(), rows.y >= 0
    return Baseline("commonest class", float((rows.y[asked] == commonest).mean()))


def pairs(data: Data, rows: Rows) -> Baseline:
    """What has followed each token most often, said at each of its steps."""
    classes = data.task.outputs
    (known, after), (tokens, y) = (
        (each.x[:, -data.task.steps :][each.y >= 0].astype(np.int64), each.y[each.y >= 0])
        for each in (data.train, rows)
    )
    count = np.zeros((1 + int(max(known.max(), tokens.max())), classes), np.int64)
    np.add.at(count, (known, after), 1)
    return Baseline("commonest pair", float((count.argmax(axis=1)[tokens] == y).mean()))


def linear(config: Config, data: Data, rows: Rows, split: str) -> Baseline:
    """What a network without a hidden layer can do: logistic regression, trained for a moment, or least squares."""
    if data.task.kind == "regression":
        x, answers = (np.column_stack([data.inputs(each), np.ones(len(each))]) for each in (data.train, rows))
        return Baseline("linear regression", explained(rows.y, answers @ np.linalg.lstsq(x, data.train.y)[0]))
    settings = {"layers": "", "optimizer": "adam", "optimizer.learning_rate": 0.03, "schedule": "cosine"}
    settings |= {"epochs": EPOCHS, "batch_size": max(32, len(data.train) // 200), "stopping.max_seconds": SECONDS}
    watched = "train" if data.validation is None else "validation"
    found: dict[str, float] = {}
    for event in train(config.with_settings(settings | {"stopping.monitor": f"{watched}_loss"}), data=data):
        if isinstance(event, Ended):
            found = event.metrics
    return Baseline("logistic regression", found.get(f"{split}_accuracy", float("nan")))


def explained(y: Array, answers: Array) -> float:
    """R² of answers to targets [n, outputs]: the part of the targets' variation that they explain."""
    rest, spread = (float(np.square(y - each).sum()) for each in (answers, y.mean(axis=0)))
    return 1 - rest / spread if spread else 0.0
