"""What the estimators have beyond scikit-learn's, and what they say to what they cannot take."""

from __future__ import annotations

import doctest
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.neural_network
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlcore import MLPClassifier, MLPRegressor
from mlcore.errors import BackendError, MljError
from mlcore.layers.activations import LeakyReLU
from mlcore.schedules import Cosine, OneCycle

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
X32 = X.astype(np.float32)
QUICK = {"hidden_layer_sizes": (16,), "max_iter": 40, "batch_size": 32, "learning_rate_init": 0.02, "random_state": 0}


OTHERS = ("silu", "elu", "leaky_relu", "softplus", "relu6", "sigmoid", LeakyReLU(negative_slope=0.3))


@pytest.mark.parametrize(
    ("solver", "activation"),
    [
        *((solver, "gelu") for solver in ("sgd", "adam", "adamw", "rmsprop", "adagrad", "lbfgs")),
        *(("adam", activation) for activation in OTHERS),
    ],
)
def test_every_solver_and_every_activation_learns_on_every_backend(solver: str, activation) -> None:
    chosen = QUICK | {"solver": solver, "activation": activation}
    losses = [MLPClassifier(**chosen, backend=name).fit(X32, Y).loss_ for name in ("auto", "native", "reference")]
    exact = MLPClassifier(**chosen).fit(X, Y)
    np.testing.assert_allclose(losses, exact.loss_, rtol=1e-2 if solver != "lbfgs" else 0.1)
    assert exact.score(X, Y) > 0.8 and exact.coefs_[0].dtype == np.float64


def test_native_is_asked_for_by_name_and_then_computes_in_float32() -> None:
    events: list = []
    found = MLPClassifier(**QUICK, backend="native", events=events.append).fit(X, Y)
    assert (events[0].backend, events[0].precision) == ("native", "float32") and found.coefs_[0].dtype == np.float64
    with pytest.raises(BackendError, match="cuda was asked for"):
        MLPClassifier(**QUICK, backend="native", device="cuda").fit(X, Y)


def test_torch_has_the_curve_of_the_others() -> None:
    pytest.importorskip("torch")
    for kind in (np.float32, np.float64):
        curves = [MLPClassifier(**QUICK, backend=name).fit(X.astype(kind), Y).loss_curve_ for name in ("auto", "torch")]
        np.testing.assert_allclose(curves[0], curves[1], rtol=1e-3 if kind == np.float32 else 1e-6)


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_dropout_thins_training_alone_and_does_not_touch_the_first_weights(backend: str) -> None:
    plain, thinned = (MLPClassifier(**QUICK | {"max_iter": 1}, dropout=d, backend=backend) for d in (0.0, 0.5))
    losses = plain.fit(X32, Y).loss_, thinned.fit(X32, Y).loss_
    assert losses[0] != losses[1] and thinned.n_layers_ == 3
    assert np.array_equal(thinned.predict_proba(X32), thinned.predict_proba(X32))
    again = clone(thinned).fit(X32, Y)
    assert np.array_equal(again.coefs_[0], thinned.coefs_[0])


def test_weights_of_classes_are_weights_of_their_rows() -> None:
    uneven = np.r_[:50, 50:60, 100:105]
    x, y = X[uneven], Y[uneven]
    by_class = MLPClassifier(**QUICK, class_weight={0: 1.0, 1: 5.0, 2: 10.0}).fit(x, y)
    balanced = MLPClassifier(**QUICK, class_weight="balanced").fit(x, y)
    by_row = MLPClassifier(**QUICK).fit(x, y, sample_weight=np.array([1.0, 5.0, 10.0])[y])
    assert np.array_equal(by_class.coefs_[0], by_row.coefs_[0])
    assert balanced.loss_curve_[0] == pytest.approx(by_row.loss_curve_[0], rel=0.2)
    both = MLPClassifier(**QUICK, class_weight={0: 2.0}).fit(x, y, sample_weight=np.where(y == 0, 0.5, 1.0))
    assert np.allclose(both.coefs_[0], MLPClassifier(**QUICK).fit(x, y, sample_weight=np.ones(len(y))).coefs_[0])


def test_weights_of_several_labels_are_multiplied() -> None:
    labels = np.c_[Y > 0, Y > 1].astype(int)
    by_label = MLPClassifier(**QUICK, class_weight=[{0: 1, 1: 2}, {1: 3}]).fit(X, labels)
    by_row = MLPClassifier(**QUICK).fit(X, labels, np.array([1.0, 2.0, 6.0])[Y])
    assert np.array_equal(by_label.coefs_[0], by_row.coefs_[0])
    with pytest.raises(ValueError, match="elements in class_weight should match number of outputs"):
        MLPClassifier(**QUICK, class_weight=[{0: 1}]).fit(X, labels)


@pytest.mark.parametrize("rate", ["one_cycle", "cosine", "step", "exponential", "inverse_scaling", Cosine(warmup=3)])
def test_schedules_are_those_of_the_room_of_schedules(rate) -> None:
    rates: list[float] = []
    page = rate if isinstance(rate, Cosine) else {"one_cycle": OneCycle()}.get(rate)
    MLPClassifier(**QUICK, learning_rate=rate, tol=0, n_iter_no_change=np.inf, events=lambda e: rates.append(e)).fit(
        X32, Y
    )
    curve = MLPClassifier(**QUICK, learning_rate=rate, tol=0, n_iter_no_change=np.inf).fit(X32, Y).loss_curve_
    assert [e.metrics["train_loss"] for e in rates if e.kind == "epoch"] == curve
    constant = MLPClassifier(**QUICK, tol=0, n_iter_no_change=np.inf).fit(X32, Y).loss_curve_
    assert curve != constant
    if page:
        plain = {"solver": "sgd", "momentum": 0, "batch_size": 150}
        first = MLPClassifier(**QUICK | plain | {"max_iter": 2}, learning_rate=page)
        rate = float(page.rates(np.arange(2), 2, 1)[0]) * 0.02
        by_hand = MLPClassifier(**QUICK | plain | {"learning_rate_init": rate, "max_iter": 1})
        assert first.fit(X, Y).loss_curve_[1] == pytest.approx(_loss_after(by_hand.fit(X, Y)), rel=1e-12)


def _loss_after(network: MLPClassifier) -> float:
    """The loss of the first epoch that would follow."""
    network.set_params(warm_start=True)
    return network.fit(X, Y).loss_curve_[-1]


def test_a_plateau_falls_where_the_loss_does_not() -> None:
    chosen = QUICK | {"learning_rate_init": 1e-9, "max_iter": 30, "n_iter_no_change": np.inf}
    assert len(MLPClassifier(**chosen, learning_rate="plateau").fit(X, Y).loss_curve_) == 30


def test_events_tell_of_every_epoch_and_of_the_end() -> None:
    events: list = []
    found = MLPClassifier(**QUICK, early_stopping=True, events=events.append).fit(X, Y)
    kinds = [event.kind for event in events]
    assert kinds == ["started", *["epoch"] * found.n_iter_, "ended"]
    assert [e.metrics["train_loss"] for e in events[1:-1]] == found.loss_curve_
    assert [e.metrics["validation_accuracy"] for e in events[1:-1]] == found.validation_scores_
    assert events[-1].metrics["validation_accuracy"] == found.best_validation_score_
    assert events[0].parameters == sum(a.size for a in (*found.coefs_, *found.intercepts_))


def test_rows_of_your_own_judge_in_place_of_rows_held_back() -> None:
    held, train = np.arange(0, 150, 3), np.setdiff1d(np.arange(150), np.arange(0, 150, 3))
    watched = MLPClassifier(**QUICK).fit(X[train], Y[train], validation_data=(X[held], Y[held]))
    plain = MLPClassifier(**QUICK).fit(X[train], Y[train])
    assert watched.loss_curve_ == plain.loss_curve_ and plain.validation_loss_curve_ is None
    p = watched.predict_proba(X[held])
    assert watched.validation_loss_curve_[-1] == pytest.approx(-np.log(p[np.arange(50), Y[held]]).mean())
    stopped = MLPClassifier(**QUICK | {"max_iter": 400}, early_stopping=True, n_iter_no_change=5)
    stopped.fit(X[train], Y[train], validation_data=(X[held], Y[held], np.ones(50)))
    assert stopped.n_iter_ < 400 and stopped.t_ == 100 * stopped.n_iter_
    assert stopped.score(X[held], Y[held]) == stopped.best_validation_score_


def test_pipelines_grids_clones_and_pickles() -> None:
    frame = pd.DataFrame(X, columns=list("abcd"))
    grid = {"mlpclassifier__alpha": np.logspace(-4, -1, 2), "mlpclassifier__dropout": [0, 0.1]}
    search = GridSearchCV(make_pipeline(StandardScaler(), MLPClassifier(**QUICK)), grid, cv=2, n_jobs=2)
    assert search.set_params(cv=3).fit(frame, Y).best_score_ > 0.9
    found = MLPClassifier(**QUICK).fit(frame, Y)
    assert found.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        found.predict(frame[list("dcba")])
    copy = pickle.loads(pickle.dumps(found))
    assert np.array_equal(copy.predict_proba(frame), found.predict_proba(frame))
    copy.partial_fit(frame, Y)
    found.partial_fit(frame, Y)
    assert np.array_equal(copy.coefs_[0], found.coefs_[0])
    scaled = make_pipeline(StandardScaler(), MLPRegressor(max_iter=3)).set_output(transform="pandas")
    assert scaled.fit(frame, Y).predict(frame).shape == (150,)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "poisson"])
def test_losses_of_numbers(loss: str) -> None:
    x, y = load_diabetes(return_X_y=True)
    x, y = (x * 20).astype(np.float32), y / 100
    found = MLPRegressor(loss, (20,), max_iter=200, learning_rate_init=0.02, random_state=0).fit(x, y)
    assert found.score(x, y) > 0.45
    two = MLPRegressor(loss, (20,), max_iter=20, random_state=0).fit(x, np.stack([y, y + 1], axis=1))
    assert two.predict(x).shape == (len(x), 2) and two.predict(x).dtype == np.float32


# ---- what cannot be ----


def nan_in(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x[3, 1] = np.nan
    return x


WRONG = {
    "NaN": (lambda: MLPClassifier().fit(nan_in(X), Y), "NaN"),
    "NaN to be predicted": (lambda: MLPClassifier(**QUICK).fit(X, Y).predict(nan_in(X)), "NaN"),
    "fewer targets": (lambda: MLPClassifier().fit(X, Y[:9]), "inconsistent numbers of samples"),
    "no rows": (lambda: MLPClassifier().fit(X[:0], Y[:0]), "0 sample"),
    "one row as a list": (lambda: MLPClassifier().fit(X[0], Y), "Expected 2D array"),
    "texts": (lambda: MLPClassifier().fit(X.astype(str).astype(object) + "x", Y), "could not convert"),
    "numbers that are texts": (lambda: MLPRegressor().fit(X, ["a"] * 150), "could not convert"),
    "counts below 0": (lambda: MLPRegressor("poisson").fit(X, Y - 1), "counts from 0"),
    "no units": (lambda: MLPClassifier((5, 0)).fit(X, Y), "layer 2 has 0 units"),
    "half a unit": (lambda: MLPClassifier((5.5,)).fit(X, Y), "layer 1 has 5.5 units"),
    "an unknown activation": (lambda: MLPClassifier(activation="swish").fit(X, Y), "activation"),
    "all dropped": (lambda: MLPClassifier(dropout=1.0).fit(X, Y), "dropout"),
    "dropout in lbfgs": (lambda: MLPClassifier(solver="lbfgs", dropout=0.1).fit(X, Y), "dropout draws anew"),
    "an unknown class": (lambda: MLPClassifier(class_weight={9: 1}).fit(X, Y), "class_weight"),
    "other features": (lambda: MLPClassifier().fit(X, Y, validation_data=(X[:, :2], Y)), "2 features"),
    "other classes": (lambda: MLPClassifier().fit(X, Y, validation_data=(X, Y + 1)), "3 is no class"),
    "no pair": (lambda: MLPClassifier().fit(X, Y, validation_data=X), r"expected \(X, y\)"),
    "other weights": (lambda: MLPClassifier().fit(X, Y, sample_weight=np.ones(3)), "sample_weight"),
    "new classes": (lambda: MLPClassifier().partial_fit(X, Y, classes=[0, 1]), "there were 0, 1, `y` has 0, 1, 2"),
    "no classes": (lambda: MLPClassifier().partial_fit(X, Y), "classes must be passed"),
    "a step too far": (lambda: MLPClassifier(solver="sgd", learning_rate_init=1e10).fit(X32, Y), "loss of epoch"),
    "another network": (
        lambda: MLPClassifier(**QUICK, warm_start=True).fit(X, Y).set_params(hidden_layer_sizes=(5,)).fit(X, Y),
        "expected a network of 4-5-3, and that of the last fit is 4-16-3",
    ),
    "too few to judge by": (lambda: MLPRegressor(early_stopping=True).fit(X[:5], Y[:5]), "validation set is too small"),
    "balanced parts": (
        lambda: MLPClassifier(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2]),
        "needs all rows",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_is_a_value_error_in_one_sentence(what: str) -> None:
    wrong, said = WRONG[what]
    with pytest.raises(ValueError, match=said) as caught:
        wrong()
    if isinstance(caught.value, MljError):
        assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)


def test_other_settings_between_two_fits_begin_anew_what_they_cannot_go_on_from() -> None:
    network = MLPClassifier(**QUICK, solver="lbfgs", warm_start=True).fit(X, Y)
    for solver, stopping in (("adam", False), ("sgd", False), ("sgd", True), ("adamw", False), ("lbfgs", False)):
        network.set_params(solver=solver, early_stopping=stopping).fit(X, Y)
    for solver in ("adam", "sgd", "rmsprop", "adagrad", "sgd"):
        network.set_params(solver=solver).partial_fit(X, Y)
    assert network.score(X, Y) > 0.9 and len(network.loss_curve_) > 2


def test_partial_fit_is_not_there_without_batches() -> None:
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")
    assert hasattr(MLPRegressor(solver="adamw"), "partial_fit")


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_the_examples_of_the_docstrings_are_true(kind: type) -> None:
    runner, finder = doctest.DocTestRunner(), doctest.DocTestFinder(recurse=False)
    for test in finder.find(kind, kind.__name__, globs={}):
        assert test.examples and runner.run(test).failed == 0


PAGE = (Path(__file__).parents[3] / "docs" / "scikit-learn.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_every_program_of_the_page_of_the_docs_runs(program: str) -> None:
    done = subprocess.run((sys.executable, "-W", "ignore", "-c", program), capture_output=True, text=True, check=True)
    numbers = [float(word) for word in re.findall(r"\d+\.\d+$", done.stdout, re.MULTILINE)]
    assert numbers and all(0 < number <= 1 for number in numbers), done.stdout


@pytest.mark.parametrize("outputs", [1, 20])
def test_counts_are_trained_by_c_as_scikit_learn_does(outputs: int) -> None:
    random = np.random.default_rng(0)
    y, w = random.poisson(np.exp(X[:, [0]] * np.linspace(-1, 1, outputs))), random.integers(0, 3, 150)
    y, events, chosen = y.squeeze(), [], QUICK | {"loss": "poisson"}
    single = MLPRegressor(**chosen, events=events.append).fit(X32, y, w)
    theirs = sklearn.neural_network.MLPRegressor(**chosen).fit(X, y, w)
    assert events[0].backend == "native"
    np.testing.assert_allclose(single.loss_curve_, theirs.loss_curve_, rtol=1e-4)
    np.testing.assert_allclose(single.predict(X32), theirs.predict(X), rtol=0.05)


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_counts_that_outgrow_float32_are_a_value_error(backend: str) -> None:
    network = MLPRegressor("poisson", **QUICK | {"learning_rate_init": 99}, backend=backend)
    with pytest.raises(ValueError, match="loss of epoch"):
        network.fit(100 * X32, Y)


@pytest.mark.parametrize("solver", ["adam", "sgd", "adamw"])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_several_labels_and_several_numbers_are_trained_by_c_as_scikit_learn_does(kind, solver: str) -> None:
    x, y = make_multilabel_classification(100, 5, n_classes=7, random_state=0)
    y = y if kind is MLPClassifier else y @ np.random.default_rng(0).normal(size=(7, 9))
    events: list = []
    chosen, w = QUICK | {"solver": solver}, np.random.default_rng(1).random(100)
    single = kind(**chosen, events=events.append).fit(x.astype(np.float32), y, w)
    assert events[0].backend == "native" and single.predict(x.astype(np.float32)).shape == y.shape
    theirs = getattr(sklearn.neural_network, kind.__name__) if solver != "adamw" else kind
    np.testing.assert_allclose(single.loss_curve_, theirs(**chosen).fit(x, y, w).loss_curve_, rtol=1e-3)
