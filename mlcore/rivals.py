"""Rivals: what other models make of the prepared rows of a table, learnt from the very rows a network learns from.

The commonest class or the mean; a linear model, logistic regression or ridge regression with penalty 1; and gradient
boosting over histograms of the features, as scikit-learn has it by default (after Ke et al. 2017, LightGBM).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Array, Column, Data, Rows

WORK = 2_000_000  # rows x features x outputs learnt from: some seconds
FEWEST = 1000  # rows that are always taken, if there are as many
MOST = 30  # outputs up to which trees are grown for each
CATEGORIES = 250  # of a column of tokens up to which trees take it for one of categories; scikit-learn's limit is 255
ROUNDS = 300  # of the logistic regression, at most

Answering: TypeAlias = Callable[[Array], Array]


class Rival(NamedTuple):
    """What it is called, and what it answers for inputs [n, features]: class numbers [n], or numbers [n, outputs].

    note: what a person should know of it, nothing mostly.
    """

    name: str
    answer: Answering
    note: str = ""


def fit(data: Data) -> tuple[Rival, ...]:
    """The rivals of a network on a table, the simplest first; of trees none where too many outputs are asked for."""
    return (simplest(data), *_models(data))


def simplest(data: Data) -> Rival:
    """One and the same answer for every row."""
    y = data.train.y
    if data.task.kind == "regression":
        mean = y.mean(axis=0)
        return Rival("mean", lambda x: np.broadcast_to(mean, (len(x), *mean.shape)))
    commonest = np.bincount(y).argmax()
    return Rival("commonest class", lambda x: np.full(len(x), commonest))


def _models(data: Data) -> Iterator[Rival]:
    """The linear model and the trees. Raises what scikit-learn raises where it runs out of memory."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    numbers = data.task.kind == "regression"
    if not numbers and len(np.unique(data.train.y)) < 2:
        return
    name = "ridge regression" if numbers else "logistic regression"
    rows, note = _some(data, name)
    linear: Any = Ridge(random_state=0) if numbers else LogisticRegression(max_iter=ROUNDS, random_state=0)
    yield Rival(name, _fitted([linear], data, rows, seen=_one_hot(data)), note)
    if _outputs(data) > MOST:
        return
    rows, note = _some(data, "gradient boosting")
    named = [place for place, column in _tokens(data) if len(column.categories) <= CATEGORIES]
    settings: dict[str, Any] = {"random_state": 0, "categorical_features": named or None}
    if numbers:  # one model for each number that is asked for
        trees: list[Any] = [HistGradientBoostingRegressor(**settings) for _ in range(data.task.outputs)]
    else:
        trees = [HistGradientBoostingClassifier(**settings)]
    yield Rival("gradient boosting", _fitted(trees, data, rows, apart=numbers), note)


def _tokens(data: Data) -> list[tuple[int, Column]]:
    """The columns that are tokens, and the feature that each is."""
    found = [column for column in data.columns if column.way == "token"]
    return list(enumerate(found, start=len(data.feature_names) - len(found)))


def _one_hot(data: Data) -> Callable[[Array], Any]:
    """Inputs as a linear model takes them: a feature for each thing a token may name, as its number says nothing."""
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder

    named = [place for place, _ in _tokens(data)]
    if not named:
        return lambda x: x
    made = ColumnTransformer([("tokens", OneHotEncoder(handle_unknown="ignore"), named)], remainder="passthrough")
    found: Callable[[Array], Any] = made.fit(data.inputs(data.train)).transform
    return found


def _outputs(data: Data) -> int:
    return 1 if data.task.kind == "binary" else data.task.outputs


def _some(data: Data, name: str) -> tuple[Rows, str]:
    """The training rows a model learns from, all of them or as many as it takes some seconds for, and the sentence."""
    n, room = len(data.train), max(FEWEST, WORK // (max(1, data.train.x.shape[1]) * _outputs(data)))
    if n <= room:
        return data.train, ""
    picked = np.sort(np.random.RandomState(0).permutation(n)[:room])
    return data.train.take(picked), f"{name} learnt from {room:,} of {n:,} training rows, to take no more than seconds"


def _fitted(
    models: list[Any], data: Data, rows: Rows, apart: bool = False, seen: Callable[[Array], Any] = lambda x: x
) -> Answering:
    """What models answer that have learnt rows, as `seen` has these; apart: each a number of its own."""
    x = seen(data.inputs(rows))
    with _alone(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a linear model that has not converged is the rival all the same
        for place, model in enumerate(models):
            model.fit(x, rows.y[:, place] if apart else rows.y, sample_weight=rows.w)

    def answer(x: Array) -> Array:
        with _alone():
            found = [np.asarray(model.predict(seen(x))) for model in models]
        return np.column_stack(found) if apart else found[0].reshape(len(x), *rows.y.shape[1:])

    return answer


def _alone() -> AbstractContextManager[object]:
    """While it lasts scikit-learn works with one thread, for its threads wait for each other by spinning.

    700 rows on two cores that others use as well: 0.2 s with one, 9 s with two.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)  # type: ignore[no-any-return]
