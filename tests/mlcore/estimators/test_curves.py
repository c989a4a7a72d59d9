"""With scikit-learn's settings the estimators have its numbers: published digits, and whole curves in float64."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import datasets
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.preprocessing import MinMaxScaler

from mlcore import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
PLAIN, HEAVY = {"momentum": 0}, {"momentum": 0.9, "nesterovs_momentum": False}
SGD = {"solver": "sgd", "learning_rate_init": 0.2}
FALLING = {"learning_rate": "invscaling", "power_t": 0.5}
PUBLISHED = {  # scikit-learn's gallery, "Compare stochastic learning strategies": score, loss, epochs of each data set
    "constant": (SGD | PLAIN, (0.84, 0.601052, 400), (0.85, 0.341523, 231)),
    "constant + momentum": (SGD | HEAVY, (0.94, 0.157334, 400), (0.85, 0.336188, 63)),
    "constant + Nesterov": (SGD, (0.94, 0.154453, 400), (0.85, 0.335919, 61)),
    "invscaling": (SGD | FALLING | PLAIN, (0.50, 0.692470, 15), (0.50, 0.689015, 44)),
    "invscaling + momentum": (SGD | FALLING | HEAVY, (0.50, 0.689751, 19), (0.83, 0.513034, 400)),
    "invscaling + Nesterov": (SGD | FALLING, (0.50, 0.689143, 18), (0.83, 0.512595, 400)),
    "adam": ({"solver": "adam", "learning_rate_init": 0.01}, (0.94, 0.150527, 393), (0.93, 0.170087, 400)),
}


def circles() -> tuple[np.ndarray, np.ndarray]:
    return datasets.make_circles(noise=0.2, factor=0.5, random_state=1)


def moons() -> tuple[np.ndarray, np.ndarray]:
    return datasets.make_moons(noise=0.3, random_state=0)


@pytest.mark.parametrize("data", [circles, moons], ids=lambda data: data.__name__)
@pytest.mark.parametrize("strategy", PUBLISHED)
def test_the_digits_of_the_gallery(strategy: str, data) -> None:
    settings, *expected = PUBLISHED[strategy]
    score, loss, epochs = expected[data is moons]
    x, y = data()
    x = MinMaxScaler().fit_transform(x)
    found = MLPClassifier(random_state=0, max_iter=400, **settings).fit(x, y)
    assert found.score(x, y) == pytest.approx(score)
    assert f"{found.loss_:.6f}" == f"{loss:.6f}" and found.n_iter_ == epochs


# ---- the installed scikit-learn ----

IRIS, DIGITS = datasets.load_iris(return_X_y=True), datasets.load_digits(return_X_y=True)
DIABETES = tuple(part / 10 for part in datasets.load_diabetes(return_X_y=True, scaled=False))
LABELS = datasets.make_multilabel_classification(200, 8, random_state=0)
SHORT = {"max_iter": 25, "batch_size": 32, "n_iter_no_change": 3}
ADAPTIVE = {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1}
SETTINGS = {
    "adam": {"max_iter": 60},
    "sgd": {"solver": "sgd", **SHORT},
    "sgd without momentum": {"solver": "sgd", "momentum": 0, **SHORT},
    "sgd, momentum without Nesterov": {"solver": "sgd", "nesterovs_momentum": False, **SHORT},
    "sgd, momentum 1": {"solver": "sgd", "momentum": 1.0, "max_iter": 5},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1, **SHORT},
    "invscaling without momentum": {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0, **SHORT},
    "adaptive": ADAPTIVE | SHORT,
    "adaptive to its end": ADAPTIVE | {"n_iter_no_change": 1, "tol": 10, "max_iter": 60},
    "early stopping": {"early_stopping": True, "activation": "tanh", "max_iter": 40},
    "early stopping, adaptive": ADAPTIVE | {"early_stopping": True, "activation": "logistic", "max_iter": 30},
    "in order, without bends": {"shuffle": False, "activation": "identity", "hidden_layer_sizes": (9, 7), **SHORT},
    "no hidden layer": {"hidden_layer_sizes": (), **SHORT},
    "strong penalty": {"alpha": 3.0, **SHORT},
    "no penalty, other betas": {"alpha": 0, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3, **SHORT},
    "lbfgs": {"solver": "lbfgs", "max_iter": 15},
}


def fitted(kind: type, x, y, weights=None, **settings):
    """One of ours or theirs, fitted."""
    return kind(**({"random_state": 3} | settings)).fit(x, y, sample_weight=weights)


def assert_alike(ours, theirs, tolerance: float = 1e-8) -> None:
    """Every number of a fit of ours is theirs."""
    assert ours.n_iter_ == theirs.n_iter_ and ours.t_ == theirs.t_ and ours.n_layers_ == theirs.n_layers_
    assert ours.out_activation_ == theirs.out_activation_ and ours.n_outputs_ == theirs.n_outputs_
    assert ours.loss_ == pytest.approx(theirs.loss_, abs=tolerance) and type(ours.loss_) is type(theirs.loss_)
    for name in ("loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_"):
        expected = getattr(theirs, name, None)
        if expected is None:
            assert getattr(ours, name, None) is None
        else:
            np.testing.assert_allclose(getattr(ours, name), expected, rtol=0, atol=tolerance, err_msg=name)
    for mine, yours in zip((*ours.coefs_, *ours.intercepts_), (*theirs.coefs_, *theirs.intercepts_), strict=True):
        assert mine.shape == yours.shape and mine.dtype == yours.dtype
        np.testing.assert_allclose(mine, yours, rtol=0, atol=100 * tolerance)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("data", [IRIS, (DIGITS[0][:500] / 16, DIGITS[1][:500])], ids=["iris", "digits"])
def test_a_classifier_has_scikit_learn_s_curve(name: str, data) -> None:
    ours, theirs = (fitted(kind, *data, **SETTINGS[name]) for kind in (MLPClassifier, TheirClassifier))
    assert_alike(ours, theirs)
    np.testing.assert_allclose(ours.predict_proba(data[0]), theirs.predict_proba(data[0]), atol=1e-8)
    np.testing.assert_allclose(ours.predict_log_proba(data[0][:9]), theirs.predict_log_proba(data[0][:9]), atol=1e-6)
    assert np.array_equal(ours.predict(data[0]), theirs.predict(data[0]))


def test_all_digits_as_they_are_with_everything_at_its_default() -> None:
    assert_alike(*(fitted(kind, *DIGITS, max_iter=40) for kind in (MLPClassifier, TheirClassifier)))


@pytest.mark.parametrize("name", ["adam", "early stopping", "invscaling", "lbfgs"])
def test_two_classes_several_labels_and_texts(name: str) -> None:
    two = IRIS[0], np.where(IRIS[1] > 0, "wide", "narrow")
    for data in (two, LABELS):
        ours, theirs = (fitted(kind, *data, **SETTINGS[name]) for kind in (MLPClassifier, TheirClassifier))
        assert_alike(ours, theirs)
        assert np.array_equal(ours.predict(data[0]), theirs.predict(data[0]))
        np.testing.assert_allclose(ours.predict_proba(data[0]), theirs.predict_proba(data[0]), atol=1e-8)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("name", ["adam", "adaptive", "early stopping", "lbfgs", "no hidden layer"])
def test_a_regressor_has_scikit_learn_s_curve(name: str, loss: str) -> None:
    x, y = (DIABETES[0] - DIABETES[0].mean(axis=0)) / DIABETES[0].std(axis=0), DIABETES[1] / 10
    chosen = SETTINGS[name] | {"loss": loss, "learning_rate_init": 0.01}
    for targets in (y, np.stack([y, y[::-1] / 2], axis=1)):
        ours, theirs = (fitted(kind, x, targets, **chosen) for kind in (MLPRegressor, TheirRegressor))
        assert_alike(ours, theirs, 1e-6 if name == "lbfgs" else 1e-8)
        np.testing.assert_allclose(ours.predict(x), theirs.predict(x), atol=1e-5)


@pytest.mark.parametrize("name", ["adam", "sgd", "early stopping", "lbfgs"])
def test_weights_of_rows_count_as_in_scikit_learn(name: str) -> None:
    w = np.random.RandomState(0).random_sample(150) * 3
    assert_alike(*(fitted(kind, *IRIS, w, **SETTINGS[name]) for kind in (MLPClassifier, TheirClassifier)))


@pytest.mark.parametrize("name", ["adam", "invscaling", "adaptive to its end"])
def test_partial_fit_and_warm_start_go_on_as_scikit_learn_does(name: str) -> None:
    chosen = SETTINGS[name] | {"max_iter": 4, "random_state": 1}
    ours, theirs = MLPClassifier(**chosen), TheirClassifier(**chosen)
    for start in range(0, 400, 100):
        rows = slice(start, start + 250)
        for each in (ours, theirs):
            each.partial_fit(DIGITS[0][rows], DIGITS[1][rows], classes=np.arange(10))
        assert_alike(ours, theirs)
    for each in (ours.set_params(warm_start=True), theirs.set_params(warm_start=True)):
        each.fit(*DIGITS).fit(*DIGITS).partial_fit(*DIGITS)
    assert len(ours.loss_curve_) > 4 + 2
    assert_alike(ours, theirs)


def test_a_generator_that_is_shared_is_left_where_scikit_learn_leaves_it() -> None:
    after = []
    for kind in (MLPClassifier, TheirClassifier):
        shared = np.random.RandomState(5)
        for data, chosen in ((IRIS, {"max_iter": 7}), (IRIS, {"early_stopping": True}), (IRIS, {"batch_size": 20})):
            fitted(kind, *data, random_state=shared, **chosen)
        after.append(shared.randint(1 << 30))
    assert after[0] == after[1]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(1, 12), max_size=2),
    st.sampled_from(["identity", "logistic", "tanh", "relu"]),
    st.sampled_from(["sgd", "adam"]),
    st.integers(1, 60),
    st.floats(0, 2),
    st.integers(0, 2**31),
)
def test_any_settings_give_scikit_learn_s_curve(sizes, activation, solver, batch, alpha, seed) -> None:
    chosen = {"hidden_layer_sizes": sizes, "activation": activation, "solver": solver, "batch_size": batch}
    chosen |= {"alpha": alpha, "random_state": seed, "max_iter": 5}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_alike(*(fitted(kind, IRIS[0][::3], IRIS[1][::3], **chosen) for kind in (MLPClassifier, TheirClassifier)))


# ---- float32 ----


def test_in_float32_the_first_epochs_are_scikit_learn_s_and_the_rest_as_near_to_float64() -> None:
    x, y = DIGITS[0].astype(np.float32) / 16, DIGITS[1]
    ours, theirs = (fitted(kind, x, y, max_iter=60) for kind in (MLPClassifier, TheirClassifier))
    exact = np.array(fitted(MLPClassifier, x.astype(np.float64), y, max_iter=60).loss_curve_)
    assert all(w.dtype == np.float32 for w in (*ours.coefs_, *ours.intercepts_))
    assert ours.predict_proba(x).dtype == np.float32
    np.testing.assert_allclose(ours.loss_curve_[:20], theirs.loss_curve_[:20], rtol=1e-4)
    mine, yours = (np.abs(np.array(curve) / exact - 1).max() for curve in (ours.loss_curve_, theirs.loss_curve_))
    assert mine < 1e-3 and mine < 3 * yours + 1e-4
