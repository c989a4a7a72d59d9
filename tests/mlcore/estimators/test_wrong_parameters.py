"""Whatever a parameter is set to, a network is fitted, or the error names the parameter and what it got."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from mlcore import MLPClassifier, MLPRegressor

RANDOM = np.random.RandomState(0)
X, NUMBERS = RANDOM.normal(size=(40, 3)), RANDOM.uniform(1, 2, 40)
CLASSES, LABELS = np.array(["a", "b"] * 20), RANDOM.randint(0, 2, (40, 3))
QUICK = {"max_iter": 2, "hidden_layer_sizes": (4,)}
VALUES = (
    *(None, "text", "", math.nan, math.inf, -1, 0, 0.5, 1.5, True, [], {}, [1], ["a"], [None], (3, -1), (2.5,)),
    *(object(), b"x", 3 + 1j, int, 1e308, np.float64(0.3), np.array([1, 2])),
    *({"a": "x"}, {"a": math.nan, "b": 1}, {"zz": 1}, {"a": -1, "b": 1}, {"a": 10**400, "b": 1}),
)
ENDLESS = ("max_iter", "max_fun", "hidden_layer_sizes")  # which a huge number makes endless, or too large
WAYS = {
    "plain": {},
    "lbfgs": {"solver": "lbfgs"},
    "falling": {"solver": "sgd", "learning_rate": "invscaling"},
    "early": {"early_stopping": True},
    "thinned": {"batch_size": 7, "dropout": 0.3},
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["classes", "labels", "numbers"])
def test_a_parameter_that_cannot_be_is_named(kind: str, way: str) -> None:
    network, y = (MLPRegressor, NUMBERS) if kind == "numbers" else (MLPClassifier, globals()[kind.upper()])
    unclear = []
    for name in network().get_params():
        huge = () if name in ENDLESS else (10**30, 10**400)
        for value in (*VALUES, *huge) if name not in WAYS[way] else ():
            if name == "events" and value is int:  # a function that fails is its owner's
                continue
            try:
                network(**QUICK | WAYS[way] | {"verbose": False, name: value}).fit(X, y).predict(X)
            except (ValueError, TypeError) as error:
                if name not in str(error) and "non-finite parameter weights" not in str(error):
                    unclear.append((name, value, error))
            except Exception as error:
                unclear.append((name, value, error))
    assert not unclear


@pytest.mark.parametrize("wrong", [["a"], [None], [{"a": 1}, "x"], {"a": "x"}, {"a": -1}, {"a": math.nan}, {"a": None}])
def test_weights_of_classes_that_are_none_are_shown(wrong) -> None:
    with pytest.raises(ValueError, match=r"class_weight: expected finite weights from 0 .* got ") as caught:
        MLPClassifier(**QUICK, class_weight=wrong).fit(X, CLASSES)
    assert repr(wrong) in str(caught.value)


def test_a_power_that_is_too_large_stops_the_network_where_it_is() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.filterwarnings("ignore", message="Stochastic Optimizer")
        falling = MLPClassifier((4,), solver="sgd", learning_rate="invscaling", power_t=10**30, momentum=0, max_iter=3)
        found = falling.fit(X, CLASSES)
    assert found.loss_curve_[1] == found.loss_curve_[2]
